"""Reading ahead: threads of their own fill slots while what lies in another is worked on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from types import TracebackType
from typing import Generic, Self, TypeVar

Slot = TypeVar("Slot")
Place = TypeVar("Place")


class Reader(Generic[Place, Slot]):
    """Each of `places` with a slot that `fill(slot, place)` has filled, in their order.

    A slot is filled anew once the next one has been asked for. What `fill` raises is raised where its place
    would have come. To be used as a context manager: at its end the threads have ended.
    """

    def __init__(
        self,
        fill: Callable[[Slot, Place], object],
        places: Iterable[Place],
        slots: Sequence[Slot],
        hands: int = 1,
    ) -> None:
        self._fill, self._places = fill, enumerate(places)
        self._free = list(slots)
        self._filled: dict[int, tuple[Place, Slot] | BaseException | None] = {}
        self._changed = threading.Condition()
        self._over, self._next = False, 0
        self._filling, self._since_s = 0, 0.0
        self._threads = [
            threading.Thread(target=self._run, name="reading ahead", daemon=True)
            for _ in range(min(hands, max(len(slots) - 1, 1)))
        ]
        self.waited_s = 0.0
        """How long the one who asks has waited for a slot."""
        self.filled_s = 0.0
        """For how long at least one thread has been filling a slot."""
        self.processor_s = 0.0
        """For how long the threads that have ended were on a processor."""

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def __iter__(self) -> Iterator[tuple[Place, Slot]]:
        for number in count():
            start_s = time.perf_counter()
            with self._changed:
                while number not in self._filled:
                    self._changed.wait()
                came = self._filled.pop(number)
            self.waited_s += time.perf_counter() - start_s
            if came is None:
                return
            if isinstance(came, BaseException):
                raise came
            yield came
            self._give_back(came[1])

    def _give_back(self, slot: Slot) -> None:
        with self._changed:
            self._free.append(slot)
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            self._fill_slots()
        finally:
            with self._changed:
                self.processor_s += time.thread_time()

    def _fill_slots(self) -> None:
        while (taken := self._take()) is not None:
            number, place, slot = taken
            try:
                self._fill(slot, place)
            except BaseException as error:
                self._put(number, error)
                return
            self._put(number, (place, slot))

    def _take(self) -> tuple[int, Place, Slot] | None:
        """The next place with a free slot; None at the end. Who is first has the lower number."""
        with self._changed:
            while not self._free and not self._over:
                self._changed.wait()
            if self._over:
                return None
            try:
                number, place = next(self._places)
            except BaseException as end:
                self._over = True
                self._filled[self._next] = None if isinstance(end, StopIteration) else end
                self._changed.notify_all()
                return None
            self._next = number + 1
            if not self._filling:
                self._since_s = time.perf_counter()
            self._filling += 1
            return number, place, self._free.pop()

    def _put(self, number: int, came: tuple[Place, Slot] | BaseException) -> None:
        with self._changed:
            self._filling -= 1
            if not self._filling:
                self.filled_s += time.perf_counter() - self._since_s
            self._filled[number] = came
            self._changed.notify_all()
