"""Running the app as a reader does: `streamlit run`, on a free port, with its data in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 90


@contextlib.contextmanager
def serve(script: Path, home: Path, **variables: str) -> Iterator[str]:
    """The URL of `script` while it is served; its whole process tree is gone afterwards.

    Its records go to `home`, unless the environment `variables` name another store.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = {"server.headless": "true", "server.port": port, "browser.gatherUsageStats": "false"}
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    own = dict.fromkeys(("ACCEL_HOME", "ACCEL_QUEUE", "ACCEL_HOST_LOCK"), str(home))
    environment = {**os.environ, **own}
    environment.pop("ACCEL_STORE_URL", None)  # the store lies in `home`
    environment.update(variables)
    log = home / "server.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://localhost:{port}"
            wait_until_healthy(url, process, log)
            yield url
        finally:
            kill_tree(process)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; fail with what it printed if it ends or stays silent."""
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        if answers(f"{url}/_stcore/health"):
            return
        time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    pytest.fail(f"The app's server did not start within {START_S} s; it said:\n{said}", pytrace=False)


def answers(url: str) -> bool:
    """True where `url` is answered with 200; False while it is refused, reset or silent."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End `process` and all that it started, gently first."""
    try:
        root = psutil.Process(process.pid)
        family = [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        family = []
    for signal in ("terminate", "kill"):
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                getattr(member, signal)()
        _, family = psutil.wait_procs(family, timeout=5)
    process.wait(timeout=5)
