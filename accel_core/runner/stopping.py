"""Ctrl-Z: a command stops at a moment at which it keeps nobody else from the queue."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from accel_core.runner.tickets import unlocked


@contextmanager
def stops_outside_the_queue() -> Iterator[None]:
    """While the block runs, Ctrl-Z waits until no thread of this process holds the queue's lock.

    A process that is stopped while it looks at the queue would keep the lock until somebody wakes it, and it
    looks five times a second. Only a program's main thread can say so; elsewhere nothing is changed.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTSTP)
    if before is not signal.SIG_DFL:  # a shell without job control ignores it, or somebody has other plans
        yield
        return
    signal.signal(signal.SIGTSTP, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)


def _stop(number: int, frame: FrameType | None) -> None:
    if sys.platform != "win32":
        with unlocked():
            os.kill(os.getpid(), signal.SIGSTOP)
