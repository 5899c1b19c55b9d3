"""How often visitors ask for a verdict: counted by browser and by network address, in memory, for an hour.

A new nickname begins anew, and so does a browser without its cookies; so what all of one address ask for is
counted too. That may be more, because a class behind one router has one address. Addresses are written nowhere:
each server counts by itself, and has forgotten them when it is started anew.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from accel_core.errors import QueueFull
from accel_core.limits import TRIES_PER_ADDRESS, limit
from accel_core.runner.visitors import Visitor, network

HOUR_S = 3600.0
MOST_KEYS = 10_000


class Limit:
    """At most `most` of something within `within_s`, each key by itself."""

    def __init__(self, most: int, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._within_s, self._clock = most, within_s, clock
        self._lock = threading.Lock()
        self._seen: dict[object, deque[float]] = {}

    def reached(self, key: object, most: int | None = None) -> bool:
        """Whether there were as many as may be."""
        return self.wait_s(key, most) > 0

    def wait_s(self, key: object, most: int | None = None) -> float:
        """In how many seconds one more is taken: 0 where it is now."""
        most = self._most if most is None else most
        with self._lock:
            seen = self._recent(key)
            if len(seen) < most:
                return 0.0
            return max(seen[len(seen) - most] + self._within_s - self._clock(), math.ulp(0.0))

    def count(self, key: object) -> None:
        """One more."""
        with self._lock:
            self._recent(key).append(self._clock())
            if len(self._seen) > MOST_KEYS:
                for known in list(self._seen):
                    if not self._recent(known):
                        del self._seen[known]

    def _recent(self, key: object) -> deque[float]:
        seen = self._seen.setdefault(key, deque())
        while seen and self._clock() - seen[0] > self._within_s:
            seen.popleft()
        return seen


class Tries:
    """What visitors asked for within the last hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        usual = TRIES_PER_ADDRESS[1]
        self._browsers, self._addresses = Limit(usual, HOUR_S, clock), Limit(usual, HOUR_S, clock)

    def check_browser(self, visitor: Visitor, most: int) -> None:
        """QueueFull where this browser tried `most` times within the hour; without cookies, this tab."""
        if wait_s := self._browsers.wait_s(_browser(visitor), most):
            raise QueueFull(f"You tried {most} times within an hour, the most: {_next(wait_s)}")

    def check_address(self, visitor: Visitor) -> None:
        """QueueFull where all of this network address asked for as many verdicts within the hour as may be."""
        variable, most = TRIES_PER_ADDRESS[0], limit(*TRIES_PER_ADDRESS)
        if wait_s := self._addresses.wait_s(network(visitor.address), most):
            raise QueueFull(
                f"{most} tries and entries came from your network address within an hour, the most "
                f"({variable}): {_next(wait_s)}"
            )

    def count_try(self, visitor: Visitor) -> None:
        """One more try."""
        self._browsers.count(_browser(visitor))
        self.count_entry(visitor)

    def count_entry(self, visitor: Visitor) -> None:
        """One more entry; those of a nickname are counted in the store."""
        self._addresses.count(network(visitor.address))


def _browser(visitor: Visitor) -> str:
    return visitor.browser or visitor.session


def _next(wait_s: float) -> str:
    return f"the next is taken in {math.ceil(wait_s / 60)} min."
