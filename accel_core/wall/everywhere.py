"""A child where no signal stops a process, as on Windows: psutil suspends and resumes its threads."""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from accel_core.wall.child import Child
from accel_core.wall.ending import ChildEnded, ChildLate
from accel_core.wall.limits import Limits
from accel_core.wall.printing import shown

START_S = 60.0


class SuspendedChild(Child):
    """The same calls as a Child's, of a plain process. No wall stands around it."""

    def __init__(self, line: list[str], limits: Limits, folder: Path | None) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        self._threads = psutil.Process(self._process.pid)
        self.pid, self.limits, self._folder, self._reason = self._process.pid, limits, folder, ""
        self._said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._kept = bytearray()
        self._flood = False
        for work in (self._listen, self._keep):
            threading.Thread(target=work, daemon=True).start()
        for _ in range(2):
            self._hear(START_S)
            self._tell()

    def ready(self, timeout_s: float) -> None:
        """Wait until its `prepare` has returned; from then on it is stopped."""
        self._living()
        self._hear(timeout_s)
        self._threads.suspend()

    def call(self, timeout_s: float) -> int:
        """Nanoseconds from before it went on to when all of it had stopped again."""
        self._living()
        self._tell()
        start = time.perf_counter_ns()
        self._threads.resume()
        self._hear(timeout_s)
        self._threads.suspend()
        return time.perf_counter_ns() - start

    def output(self) -> str:
        """What it printed so far, cut at the limit, with its control characters replaced."""
        return shown(bytes(self._kept[: self.limits.output_bytes]))

    def _tell(self) -> None:
        assert self._process.stdin
        with suppress(OSError):
            self._process.stdin.write(b"g")

    def _hear(self, timeout_s: float) -> None:
        """Wait for its word; raise where it ends, is late or floods its output instead."""
        try:
            word = self._said.get(timeout=timeout_s)
        except queue.Empty:
            self._end(ChildLate, f"It was not done after {timeout_s:g} s.")
        if self._flood:
            self._end(ChildEnded, f"It printed more than {self.limits.output_bytes} bytes.")
        if not word:
            status = self._process.wait()
            time.sleep(0.05)  # for what it printed last
            lines = self.output().strip().splitlines()
            said = f": {lines[-1]}" if lines else "."
            self._end(ChildEnded, f"It ended by itself with status {status}{said}")

    def _listen(self) -> None:
        assert self._process.stdout
        while word := self._process.stdout.read(1):
            self._said.put(word)
        self._said.put(b"")

    def _keep(self) -> None:
        assert self._process.stderr
        while piece := self._process.stderr.read(4096):
            self._kept += piece[: self.limits.output_bytes + 1 - len(self._kept)]
            if len(self._kept) > self.limits.output_bytes and not self._flood:
                self._flood = True
                self._said.put(b"f")

    def _kill(self, reason: str) -> None:
        self._reason = reason
        with suppress(psutil.Error, OSError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
