"""The access stream of a traversal itself, in arrays, a part at a time: for traces and other simulators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_core.cache.engine.running import collect
from accel_core.cache.stream.nest import open_nest
from accel_core.cache.stream.traversal import Traversal

PART = 1 << 20
"""Accesses that are held at once."""


@dataclass(frozen=True)
class Accesses:
    """Neighbouring accesses of a stream, in their order."""

    address: NDArray[np.int64]
    operand: NDArray[np.uint8]
    """0 A, 1 B, 2 C."""
    is_write: NDArray[np.bool_]
    text_line: NDArray[np.int64]
    """Line of the nest's text (text.nest_text)."""
    index: NDArray[np.int64]
    """(n, 3): i, j and k."""


def accesses(traversal: Traversal, part: int = PART) -> Iterator[Accesses]:
    """The whole stream, at most `part` accesses at a time (never less than the 8 of one step)."""
    stream, place = open_nest(traversal), np.zeros(3, np.int64)
    addresses, kinds = np.empty(part, np.int64), np.empty(part, np.uint8)
    steps = np.empty((part, 4), np.int64)
    while True:
        filled = int(collect(*stream.arguments, place, addresses, kinds, steps))
        if filled == 0:
            return
        kind, step = kinds[:filled].copy(), steps[:filled].copy()
        yield Accesses(addresses[:filled].copy(), kind // np.uint8(2), (kind & 1) == 1, step[:, 0], step[:, 1:])
