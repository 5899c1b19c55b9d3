"""The child that runs a submitted order of triples, and what comes from it: numbers that nobody has checked."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from math import prod
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from accel_core.judge.asked import Refused, foreign
from accel_core.judge.inside import triples
from accel_core.judge.staging import keep_length
from accel_core.wall import Child, ChildEnded, ChildLate, Limits, start

SCRIPT = Path(__file__).parent / "inside" / "order.py"
FILE = "order.py"
START_S = 60.0
ORDER_S = 20.0
"""For one order: a generator of three plain loops takes half a second for a million triples."""
ALL_S = 120
"""Of processor time for all orders."""
LIMITS = Limits(cpu_s=ALL_S, memory_bytes=1 << 30, threads=False)


class Order:
    """A submission that yields triples, in a process of its own; a context manager."""

    def __init__(self, code: str, *, walled: bool, order_s: float = ORDER_S) -> None:
        self.order_s = order_s
        self._descriptor = _shared(triples.SIZE)
        self._map = mmap.mmap(self._descriptor, triples.SIZE)
        self._memory = memoryview(self._map)
        try:
            self._child: Child = start(
                SCRIPT,
                [str(self._descriptor)],
                files={FILE: code.encode("utf-8")},
                shared=[self._descriptor],
                limits=LIMITS,
                walled=walled,
            )
            self._child.ready(START_S)
        except BaseException:
            self._close()
            raise

    def pieces(self, shape: tuple[int, int, int]) -> Iterator[NDArray[np.int32]]:
        """The triples (count, 3) of `order(m, k, n)`, a piece at a time; Refused where it fails or is late."""
        name = f"order{shape}"
        left_s, begin = self.order_s, True
        # two pieces in a row hold more triples than fit in one: many small ones cost their reader time
        for _ in range(2 * (prod(shape) // triples.MOST) + 3):
            triples.ask(self._memory, begin, *shape)
            begin = False
            try:
                left_s -= self._child.call(max(left_s, 0.001)) / 1e9
            except ChildLate:
                raise Refused(f"{name} took longer than {self.order_s:g} s for its triples.") from None
            except ChildEnded as ended:
                raise Refused(f"{name} ended its process. {foreign(str(ended))}") from None
            what, count, words = triples.said(self._memory)
            if what == triples.FAILED:
                raise Refused(foreign(words))
            if what == triples.END:
                return
            if what != triples.PIECE or not count:
                break
            length = triples.TRIPLES + count * triples.BYTES
            yield np.frombuffer(bytes(self._memory[triples.TRIPLES : length]), np.int32).reshape(-1, 3)
        raise Refused(f"{name} ended its process or wrote where it has no business.")

    def __enter__(self) -> Order:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._close()

    def _close(self) -> None:
        self._memory.release()
        self._map.close()
        os.close(self._descriptor)


def _shared(size: int) -> int:
    """A descriptor of `size` bytes that a child may map too."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("order", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    keep_length(descriptor)  # else the child could cut what its parent is about to read, which ends the parent
    return descriptor
