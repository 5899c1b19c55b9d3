"""The worker seen from its parent: starting it, sending it its job, hearing its events, ending it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from accel_core.folders import PACKAGE, numba_cache
from accel_core.machine.overrides import compiler_overrides, overridden
from accel_core.machine.thread_settings import without_thread_settings
from accel_core.runner import processes
from accel_core.runner.kinds import KINDS
from accel_core.runner.queue import Process

Event = dict[str, Any]
COMMAND = (sys.executable, "-P", "-m", "accel_core.runner.worker")
"""-P: a student's own `random.py` in the current folder must not stand in for Python's."""
BESIDE_OTHERS = "beside_others"
TAIL_LINES = 60
LINE_BYTES = 1 << 26
CLOSE_WAIT_S = 2.0
log = logging.getLogger(__name__)


def worker_environment(kind: str = "") -> tuple[dict[str, str], tuple[str, ...]]:
    """(environment variables of a worker for a job of `kind`, what to warn of)."""
    environment = without_thread_settings(os.environ)
    aside = compiler_overrides(environment) if kind in KINDS and KINDS[kind].own_compiler else {}
    for name in aside:
        del environment[name]
    cache, uncached = numba_cache(environment)
    environment.pop("NUMBA_CACHE_DIR", None)
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    if PACKAGE.parent.name not in ("site-packages", "dist-packages"):  # a checkout, installed or not
        path = [str(PACKAGE.parent), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(part for part in path if part)
    left = "A roof is what the machine can do, so it is measured without." if aside else ""
    return environment, tuple(filter(None, (uncached, f"{overridden(aside, None)} {left}".strip())))


class Worker:
    """A running worker process; `sink` is called with each of its events, on a thread of the worker's own.

    `kind` is that of the job that it will be sent.
    """

    def __init__(self, command: Sequence[str], sink: Callable[[Event], None], kind: str = "") -> None:
        environment, self.warnings = worker_environment(kind)
        self._sink = sink
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
        self._popen = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C goes to the parent, which then ends the worker
            creationflags=flags,
        )
        self.pid = self._popen.pid
        self.process = processes.process(self.pid) or Process(self.pid, 0.0)
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        assert self._popen.stdout is not None and self._popen.stderr is not None
        self._readers = [
            threading.Thread(target=self._read_events, args=(self._popen.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self._popen.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def send(self, job: Mapping[str, Any], *, beside_others: bool = False) -> None:
        """Give it its job; `beside_others`: without the host's turn."""
        assert self._popen.stdin is not None
        with suppress(OSError, ValueError):  # it is dead, or was ended, already: its return code tells
            self._popen.stdin.write(json.dumps({**job, BESIDE_OTHERS: beside_others}).encode() + b"\n")
            self._popen.stdin.flush()

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._popen.poll()

    @property
    def last_words(self) -> str:
        """The end of what it printed."""
        return "\n".join(self._tail.copy())

    def resident_bytes(self) -> int | None:
        """Resident memory of its process; None where it is gone or may not be asked."""
        return processes.resident_bytes(self.pid)

    def drain(self, timeout_s: float) -> bool:
        """Wait until everything that a dead worker wrote was read; False while events are left after that."""
        for reader in self._readers:
            reader.join(timeout_s)
        return not self._readers[0].is_alive()

    def stop(self) -> None:
        """End it now, in the middle of whatever it does."""
        if self.returncode is None:
            processes.stop(self.process)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(CLOSE_WAIT_S)
        self._close_input()

    def close(self) -> None:
        """Wait for the end of a worker that is done."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(CLOSE_WAIT_S)
        self.stop()

    def _close_input(self) -> None:
        assert self._popen.stdin is not None
        with suppress(OSError):
            self._popen.stdin.close()

    def _read_events(self, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(LINE_BYTES):
                event = _event(line)
                if event is None:
                    self._tail.append(line.decode(errors="replace").rstrip()[:500])
                    continue
                try:
                    self._sink(event)
                except Exception:  # the pipe must be read on, or the worker would block
                    log.exception("event %s of worker %d", event.get("event"), self.pid)

    def _read_errors(self, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(4096):
                self._tail.append(line.decode(errors="replace").rstrip())


def _event(line: bytes) -> Event | None:
    """The event in a line; None where it is something else that got into the pipe."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
