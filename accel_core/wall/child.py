"""A child: a process that runs only between a signal to go on and a confirmed stop."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from accel_core.wall.ending import ChildEnded, ChildLate, ended
from accel_core.wall.limits import Limits
from accel_core.wall.printing import Printed

WATCH_MS = 250
"""How often a child that runs long is looked at."""


class Child:
    """A process that stands still except in `call`. Leaving its block kills it and everything in it."""

    def __init__(
        self, pid: int, go: int, done: int, printed: int, limits: Limits, folder: Path | None = None
    ) -> None:
        self.pid = pid
        self.limits = limits
        self._go, self._done = go, done
        self._printed = Printed(printed, limits.output_bytes)
        self._folder = folder
        self._reason = ""
        self._poll = select.poll()
        self._poll.register(done, select.POLLIN)
        self._poll.register(printed, select.POLLIN)

    def ready(self, timeout_s: float) -> None:
        """Wait until its `prepare` has returned; from then on it is stopped."""
        deadline = time.monotonic() + timeout_s
        self._wait(deadline)
        os.kill(self.pid, signal.SIGSTOP)
        self._after_stop(os.wait4(self.pid, os.WUNTRACED))

    def call(self, timeout_s: float) -> int:
        """Nanoseconds from before it went on to when all of it had stopped again.

        ChildEnded where it ended instead, ChildLate where it was not done after `timeout_s`.
        """
        self._living()
        deadline = time.monotonic() + timeout_s
        pid, kill, wait, poll, done = self.pid, os.kill, os.wait4, self._poll.poll, self._done
        clock, go_on, stop, untraced = time.perf_counter_ns, signal.SIGCONT, signal.SIGSTOP, os.WUNTRACED
        with suppress(BrokenPipeError):  # it is gone, as the wait will tell
            os.write(self._go, b"g")
        start = clock()
        kill(pid, go_on)
        found = poll(WATCH_MS)
        if len(found) != 1 or found[0][0] != done:
            self._wait(deadline, found)
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
        """The files that it has mapped as code, by the paths that it sees."""
        self._living()
        lines = Path(f"/proc/{self.pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines()
        fields = (line.split(maxsplit=5) for line in lines)
        return frozenset(
            part[5]
            for part in fields
            if len(part) == 6 and part[5][0] == "/" and ("x" in part[1] or ".so" in part[5])
        )

    def kill(self) -> None:
        """End it and everything in it; more than once does no harm."""
        if self.pid > 0 and not self._reason:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._reap()
        self._close()

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

    def _wait(self, deadline: float, found: list[tuple[int, int]] | None = None) -> None:
        """Return when it says that it is done, or has closed that pipe; look after it meanwhile."""
        while True:
            names = [name for name, _ in found or []]
            if self._done in names:
                return
            if not names and time.monotonic() >= deadline:
                self._end("It was not done in time.", ChildLate)
            if names and not self._printed.take():
                self._end(f"It printed more than {self.limits.output_bytes} bytes.", ChildEnded)
            if self._printed.closed:
                with suppress(KeyError):
                    self._poll.unregister(self._printed.descriptor)
            if time.monotonic() >= deadline:
                self._end("It was not done in time.", ChildLate)
            found = self._poll.poll(max(1, min(WATCH_MS, 1000 * (deadline - time.monotonic()))))

    def _after_stop(self, gone: tuple[int, int, object]) -> None:
        """Take its word that it is done, now that it has stopped; raise where it has ended instead."""
        _, status, used = gone
        if os.WIFSTOPPED(status):
            os.read(self._done, 4096)
            return
        self._ended(status, used)

    def _ended(self, status: int, used: object) -> None:
        cpu_s = used.ru_utime + used.ru_stime  # type: ignore[attr-defined]
        self._printed.take()
        lines = self._printed.text().strip().splitlines()
        self._reason = ended(status, cpu_s, self.limits, lines[-1][:300] if lines else "")
        self._close()
        raise ChildEnded(self._reason)

    def _end(self, reason: str, error: type[ChildEnded] | type[ChildLate]) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._reap()
        self._reason = reason
        self._close()
        raise error(reason)

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            os.wait4(self.pid, 0)
        self._reason = self._reason or "It was ended."

    def _close(self) -> None:
        for name in ("_go", "_done"):
            descriptor = getattr(self, name)
            setattr(self, name, -1)
            if descriptor >= 0:
                os.close(descriptor)
        self._printed.close()
        if self._folder is not None:
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)
