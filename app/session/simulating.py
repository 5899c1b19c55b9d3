"""Simulations that pages ask for: one runs at a time, few wait, and what nobody waits for any more ends.

Sessions wait one at a time each, in the order in which they came; addresses take turns, as in the queue of
measurements, so many tabs of one visitor delay another visitor once.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from accel_core.errors import AccelError

MOST_WAITING = 64
Emit = Callable[[dict[str, Any]], None]
Work = Callable[[Emit], Any]
"""Computes an answer and tells every tenth of a second or so how far it is."""
Turn = Callable[[Callable[[], bool], Callable[[int], None]], AbstractContextManager[bool]]
"""turn(wanted, tell) waits while `wanted()` and tells how many jobs go first; True: it may run."""


class TooMany(AccelError):
    """More wait than may."""


class GivenUp(AccelError):
    """Nobody waits for it any more."""


@dataclass(eq=False)
class Request:
    """A simulation that a session waits for."""

    owner: str
    """A session."""
    group: str
    """Its address."""
    number: int
    """Order of entry."""
    turn: int
    """From when its address waits: `number`, or when the address last had its turn."""
    work: Work | None
    given_up: bool = False
    fraction: float | None = None
    """How much is done; None while it waits."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _value: Any = None
    _failure: Exception | None = None

    def wait(self, time_s: float) -> bool:
        """Whether it has ended within `time_s`."""
        return self._ended.wait(time_s)

    def answer(self) -> Any:
        """What was computed, once it has ended; raises what went wrong."""
        if self._failure is not None:
            raise self._failure
        return self._value

    def give_up(self) -> None:
        """Nobody waits for it: it leaves, or ends where it is."""
        self.given_up = True
        self.end(failure=GivenUp("This tab has asked for another simulation since."))

    def end(self, value: Any = None, failure: Exception | None = None) -> None:
        """Once: what comes later is too late."""
        if not self._ended.is_set():
            self._value, self._failure, self.work = value, failure, None
            self._ended.set()


@contextmanager
def at_once(wanted: Callable[[], bool], tell: Callable[[int], None]) -> Iterator[bool]:
    """The turn of what need not wait for anybody else on this host."""
    yield True


class Simulator:
    """Runs requests one after the other on a thread of its own, each in its `turn` on the host."""

    def __init__(self, turn: Turn = at_once, most_waiting: int = MOST_WAITING) -> None:
        self._turn = turn
        self._most = most_waiting
        self._lock = threading.Lock()
        self._waiting: list[Request] = []
        self._running: Request | None = None
        self._moments = itertools.count()
        self._works = False
        self.jobs_first = 0
        """Jobs in the host's queue that go before the next request."""

    def ask(self, owner: str, group: str, work: Work) -> Request:
        """Have `work` run for a session, instead of what it asked for before; TooMany where too many wait."""
        with self._lock:
            for other in [*self._waiting, *([self._running] if self._running else [])]:
                if other.owner == owner:
                    other.give_up()
            self._forget_given_up()
            if len(self._waiting) >= self._most:
                self._make_room(group)
            now = next(self._moments)
            request = Request(owner, group, now, now, work)
            self._waiting.append(request)
            if not self._works:
                self._works = True
                threading.Thread(target=self._serve_all, name="simulator", daemon=True).start()
        return request

    def ahead(self, request: Request) -> int:
        """How many other simulations go before `request`."""
        with self._lock:
            self._forget_given_up()
            before = sum(_order(other) < _order(request) for other in self._waiting)
            return before + (self._running is not None and self._running is not request)

    def _make_room(self, group: str) -> None:
        """Send the last of the address that has most away, if it has more than the newcomer's would have."""
        (largest, most), *_ = Counter(other.group for other in self._waiting).most_common(1)
        refused = TooMany(
            f"{self._most} simulations wait on this computer, as many as may: choose a smaller size, or "
            "reload this page in a minute."
        )
        if most <= 1 + sum(other.group == group for other in self._waiting):
            raise refused
        last = max((other for other in self._waiting if other.group == largest), key=_order)
        self._waiting.remove(last)
        last.end(failure=refused)

    def _forget_given_up(self) -> None:
        self._waiting = [other for other in self._waiting if not other.given_up]

    def _wanted(self) -> bool:
        with self._lock:
            self._forget_given_up()
            return bool(self._waiting)

    def _serve_all(self) -> None:
        while self._goes_on():
            with self._turn(self._wanted, self._tell) as mine:
                if mine and (request := self._take()) is not None:
                    self._serve(request)
                    with self._lock:
                        self._running = None

    def _goes_on(self) -> bool:
        """Whether anybody waits; where not, the next who asks starts a new thread."""
        with self._lock:
            self._forget_given_up()
            self._works = bool(self._waiting)
            return self._works

    def _tell(self, jobs: int) -> None:
        self.jobs_first = jobs

    def _take(self) -> Request | None:
        """The next request; the others of its address wait from now on."""
        with self._lock:
            self._forget_given_up()
            if not self._waiting:
                return None
            first = min(self._waiting, key=_order)
            self._waiting.remove(first)
            now = next(self._moments)
            for other in self._waiting:
                if other.group == first.group:
                    other.turn = now
            self._running = first
            return first

    def _serve(self, request: Request) -> None:
        def emit(event: dict[str, Any]) -> None:
            if request.given_up:
                raise GivenUp("given up")
            request.fraction = min(event["done"] / max(event["total"], 1), 1.0)

        work, request.fraction = request.work, 0.0
        try:
            request.end(work(emit) if work else None)
        except Exception as fault:
            request.end(failure=fault)


def _order(request: Request) -> tuple[int, int]:
    return request.turn, request.number
