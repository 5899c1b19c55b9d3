"""What is done once more: a reading that came upon damage, and whatever a server that restarts cut short."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from accel_core.errors import StoreUnavailable

Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")
PAUSE_S = 0.2
READ_S = 3.0
"""How long a reader tries a server that went away: a page waits for it."""


class DamageFound(StoreUnavailable):
    """A reader came upon damage; whoever reads again reads what could be saved."""


class ServerGone(StoreUnavailable):
    """The connection to a server was cut, or it did not answer; another try may do. `hopeless` where one that
    took long did not."""

    hopeless = False


def read_again(read: Callable[Arguments, Found]) -> Callable[Arguments, Found]:
    """`read`, done once more where it came upon damage, and for READ_S where its server went away."""

    @wraps(read)
    def twice(*given: Arguments.args, **named: Arguments.kwargs) -> Found:
        def once() -> Found:
            return read(*given, **named)

        try:
            return persistently(once, READ_S)
        except DamageFound:
            return read(*given, **named)

    return twice


def persistently(act: Callable[[], Found], most_s: float) -> Found:
    """What `act` gives, done anew for at most `most_s` where its server went away.

    `act` must be one that can be done twice: whether a cut transaction was committed is not known.
    """
    until_s = time.monotonic() + most_s
    while True:
        try:
            return act()
        except ServerGone as fault:
            if fault.hopeless or time.monotonic() + PAUSE_S > until_s:
                raise
        time.sleep(PAUSE_S)
