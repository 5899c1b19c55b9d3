"""Memory for a block's arrays: one after another on huge pages, as those of the roofs lie.

On pages of 4 KiB an addition of three arrays of 3 MiB took 2.4 ms after a product of a block, on huge pages 1.1
(a core of a virtual machine with AVX-512 and 480 MiB of L3).
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.pages import fresh

CHUNK_BYTES = 32 << 20
"""Taken from the system at a time, at least; what is never touched costs nothing."""
LINE_BYTES = 64
APART_LINES = 17
"""Between two arrays: with the same place in a page, a load may wait for a store of the other (Intel 64 and
IA-32 Architectures Optimization Reference Manual, on 4 KByte aliasing)."""


class Room:
    """Hands out arrays that have not been written."""

    def __init__(self, dtype: str) -> None:
        self._dtype: Any = np.dtype(dtype)
        self._left = np.empty(0, np.uint8)

    def array(self, *dims: int) -> NDArray[Any]:
        """A C-contiguous array of `dims`, on a line of its own. MemoryError where there is no room."""
        size_bytes = prod(dims) * self._dtype.itemsize
        taken = (-(-size_bytes // LINE_BYTES) + APART_LINES) * LINE_BYTES
        if taken > self._left.size:
            self._left = fresh(max(taken, CHUNK_BYTES))
        piece, self._left = self._left[:size_bytes], self._left[taken:]
        return piece.view(self._dtype).reshape(dims)
