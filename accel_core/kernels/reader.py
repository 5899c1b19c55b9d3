"""Reading ahead: a thread of its own fills one slot while what lies in another is worked on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

Slot = TypeVar("Slot")
Place = TypeVar("Place")


class Reader(Generic[Place, Slot]):
    """Each of `places` with a slot that `fill(slot, place)` has filled, in their order.

    A slot is filled anew once the next one has been asked for. What `fill` raises is raised where its place
    would have come. To be used as a context manager: at its end the thread has ended.
    """

    def __init__(
        self, fill: Callable[[Slot, Place], object], places: Iterable[Place], slots: Sequence[Slot]
    ) -> None:
        self._fill, self._places = fill, places
        self._free: SimpleQueue[Slot | None] = SimpleQueue()
        self._filled: SimpleQueue[tuple[Place, Slot] | BaseException | None] = SimpleQueue()
        for slot in slots:
            self._free.put(slot)
        self._thread = threading.Thread(target=self._run, name="reading ahead", daemon=True)
        self.waited_s = 0.0
        """How long the one who asks has waited for a slot."""
        self.filled_s = 0.0
        """How long the thread has been filling slots."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._free.put(None)
        while self._thread.is_alive():
            self._thread.join(0.1)

    def __iter__(self) -> Iterator[tuple[Place, Slot]]:
        while True:
            start_s = time.perf_counter()
            came = self._filled.get()
            self.waited_s += time.perf_counter() - start_s
            if came is None:
                return
            if isinstance(came, BaseException):
                raise came
            yield came
            self._free.put(came[1])

    def _run(self) -> None:
        try:
            for place in self._places:
                slot = self._free.get()
                if slot is None:
                    return
                start_s = time.perf_counter()
                self._fill(slot, place)
                self.filled_s += time.perf_counter() - start_s
                self._filled.put((place, slot))
        except BaseException as error:
            self._filled.put(error)
        else:
            self._filled.put(None)
