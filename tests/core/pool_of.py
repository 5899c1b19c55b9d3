"""Pools for tests: started as a reader starts them, and gone afterwards whatever happens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
ACCEL = (sys.executable, "-P", "-m", "accel_core")
PATIENCE_S = 120.0


def until(happened: Callable[[], Any]) -> Any:
    """What `happened` says once it is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a pool that keeps to `folder`."""
    own = {name: str(folder) for name in ("ACCEL_HOME", "ACCEL_QUEUE", "ACCEL_HOST_LOCK")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ACCEL_")}
    return {**inherited, "PYTHONPATH": str(ROOT), **own, **more}


@contextmanager
def running(
    words: Sequence[str], said: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """`accel WORDS` while the block runs; what it says goes to the file `said`."""
    with said.open("wb") as out:
        process = subprocess.Popen([*ACCEL, *words], stdout=out, stderr=out, env=dict(environment))
    try:
        yield process
    finally:
        with suppress(psutil.Error):
            family = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            _, left = psutil.wait_procs(family, timeout=10)
            for one in left:
                one.kill()
        process.kill()
        process.wait()


def joined(said: Path, *names: str) -> bool:
    """Whether a pool has said that all of `names` are there; fails where it said that one is not."""
    text = said.read_text(encoding="utf-8")
    assert "could not be started" not in text, text
    return all(f"The host {name} has joined." in text for name in names)
