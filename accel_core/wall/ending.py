"""How a child ended, in a sentence."""

from __future__ import annotations

import os
import signal

from accel_core.errors import AccelError
from accel_core.wall.limits import Limits


class ChildEnded(AccelError):
    """The process of a child is gone; the message says why."""


class ChildLate(AccelError):
    """A child took longer than it had; it was ended."""


class NoWall(AccelError):
    """The wall cannot be put up here; the message says why, and what to do."""


MOST_SAID = 300
"""Characters of a line that the child printed."""
_SIGNALS = {
    "SIGSEGV": "It used memory that it does not have, or a library ended it",  # which looks so behind the wall
    "SIGBUS": "It used memory that it does not have",
    "SIGILL": "It ran an instruction that this processor does not have",
    "SIGFPE": "It divided a whole number by zero",
    "SIGABRT": "A library ended it",
    "SIGSYS": "It made a system call that the wall does not allow",
}


def ended(status: int, cpu_s: float, limits: Limits, last_line: str) -> str:
    """Why a process ended, from its wait `status`, the processor time it used and the last line it printed."""
    code = os.waitstatus_to_exitcode(status)
    said = f": {last_line[:MOST_SAID]}" if last_line else "."
    if code >= 0:
        return f"It ended by itself with status {code}{said}"
    if -code == getattr(signal, "SIGKILL", 9):
        if cpu_s >= limits.cpu_s - 0.5:
            return f"It used more than {limits.cpu_s} s of processor time."
        return "It was ended by the system, which may lack memory."
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"{_SIGNALS.get(name, 'It was ended')} ({name}){said}"
