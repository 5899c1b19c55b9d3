"""A child: a process that runs only between a signal to go on and a confirmed stop."""

from __future__ import annotations

import math
import os
import select
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from accel_core.wall.ending import ChildEnded, ChildLate, ended
from accel_core.wall.guarding import Guard
from accel_core.wall.limits import Limits
from accel_core.wall.printing import Printed
from accel_core.wall.watching import overgrown

WATCH_MS = 250
"""How often a child that runs long is looked at; one that is done sooner is left alone."""


class Child:
    """A process that stands still except in `call`. Leaving its block kills it and everything in it."""

    def __init__(
        self, pid: int, go: int, done: int, printed: int, limits: Limits, folder: Path | None = None
    ) -> None:
        """`go`, `done`, `printed`: this side's ends of its pipes; `folder`: of its files, which is deleted."""
        self.pid = pid
        self.limits = limits
        self._go, self._done, self._folder = go, done, folder
        self._printed = Printed(printed, limits.output_bytes)
        self._reason = ""
        self._guard = Guard(pid)
        self._poll = select.poll()
        for descriptor in (done, printed):
            self._poll.register(descriptor, select.POLLIN)
        for descriptor in (go, done):  # a child can fill the one and empty the other, by their names in /proc
            os.set_blocking(descriptor, False)

    def ready(self, timeout_s: float) -> None:
        """Wait until its `prepare` has returned; from then on it is stopped."""
        self._living()
        self._guard.deadline = deadline = time.monotonic() + timeout_s
        self._wait(timeout_s, deadline, [])
        os.kill(self.pid, signal.SIGSTOP)
        self._after_stop(os.wait4(self.pid, os.WUNTRACED))

    def call(self, timeout_s: float) -> int:
        """Nanoseconds from before it went on to when all of it had stopped again.

        ChildEnded where it ended instead, ChildLate where it was not done after `timeout_s`.
        """
        self._living()
        self._guard.deadline = deadline = time.monotonic() + timeout_s
        pid, kill, wait, poll, done = self.pid, os.kill, os.wait4, self._poll.poll, self._done
        clock, go_on, stop, untraced = time.perf_counter_ns, signal.SIGCONT, signal.SIGSTOP, os.WUNTRACED
        with suppress(BrokenPipeError, BlockingIOError):  # it is gone or does not listen, as will show
            os.write(self._go, b"g")
        start = clock()
        kill(pid, go_on)
        found = poll(WATCH_MS)
        if len(found) != 1 or found[0][0] != done:
            self._wait(timeout_s, deadline, found)
        kill(pid, stop)
        gone = wait(pid, untraced)
        end = clock()
        self._after_stop(gone)
        return end - start

    def output(self) -> str:
        """What it printed so far, cut at the limit, with its control characters replaced."""
        self._printed.take()
        return self._printed.text()

    def libraries(self) -> frozenset[str]:
        """The files that it has mapped as code, by the paths that it sees; none known but on Linux."""
        self._living()
        if sys.platform != "linux":
            return frozenset()
        lines = Path(f"/proc/{self.pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines()
        parts = (part for line in lines if len(part := line.split(maxsplit=5)) == 6 and part[5][0] == "/")
        return frozenset(part[5] for part in parts if "x" in part[1] or ".so" in part[5])

    def kill(self) -> None:
        """End it and everything in it; more than once does no harm."""
        if not self._reason:
            self._kill("It was ended.")

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    # -- within ------------------------------------------------------------------------------------------------

    def _living(self) -> None:
        if self._reason:
            raise ChildEnded(self._reason)

    def _wait(self, timeout_s: float, deadline: float, found: list[tuple[int, int]]) -> None:
        """Return when it says that it is done, or has closed that pipe; take what it prints meanwhile."""
        while True:
            names = {name for name, _ in found}
            if self._done in names:
                return
            if names and not self._printed.take():
                self._end(ChildEnded, f"It printed more than {self.limits.output_bytes} bytes.")
            if names and self._printed.closed:
                self._poll.unregister(self._printed.descriptor)
            if not names and (said := overgrown(self.pid, self.limits)):
                self._end(ChildEnded, said)
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                self._end(ChildLate, f"It was not done after {timeout_s:g} s.")
            found = self._poll.poll(min(WATCH_MS, 1000 * left_s))

    def _after_stop(self, gone: tuple[int, int, Any]) -> None:
        """Take its word that it is done, now that it has stopped; raise where it has ended instead."""
        _, status, used = gone
        self._guard.deadline = math.inf
        if os.WIFSTOPPED(status):
            with suppress(BlockingIOError):
                os.read(self._done, 4096)
            if said := overgrown(self.pid, self.limits):  # many short calls make much too
                self._end(ChildEnded, said)
            return
        lines = self.output().strip().splitlines()
        last = lines[-1] if lines else ""
        used_s = used.ru_utime + used.ru_stime
        stuck = "It could not be stopped." if self._guard.killed else ""
        self._reason = stuck or ended(status, used_s, self.limits, last)
        self._close()
        raise ChildEnded(self._reason)

    def _end(self, error: type[ChildEnded] | type[ChildLate], reason: str) -> NoReturn:
        self._kill(reason)
        raise error(reason)

    def _kill(self, reason: str) -> None:
        self._reason = reason
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.wait4(self.pid, 0)
        self._close()

    def _close(self) -> None:
        self._guard.end()
        os.close(self._go)
        os.close(self._done)
        self._printed.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
