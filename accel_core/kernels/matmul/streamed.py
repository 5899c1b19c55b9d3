"""Matrix product by tiles that a thread of its own reads ahead, for operands in files (`numpy.memmap`).

The contract is that of `interpreted`. Three tiles and the two that are read meanwhile are in memory at once,
whatever the operands are; operands in memory are copied too, which shows what the copying costs. Where the
operands lie in files of tiles, past the page cache, `accel_core.out_of_core` does the same with many tiles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.reader import Reader


def out_of_core(a: NDArray, b: NDArray, c: NDArray, block: int) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
    m, k = a.shape
    n = b.shape[1]
    starts = [(i, j, p) for i in range(0, m, block) for j in range(0, n, block) for p in range(0, k, block)]
    rooms = np.empty((2, 2, min(block, max(m, k)), min(block, max(k, n))), a.dtype)

    def read(room: NDArray, start: tuple[int, int, int]) -> None:
        i, j, p = start
        for tile, part in zip(
            room, (a[i : i + block, p : p + block], b[p : p + block, j : j + block]), strict=True
        ):
            tile[: part.shape[0], : part.shape[1]] = part

    with Reader(read, starts, list(rooms)) as tiles:
        for (i, j, p), (tile_a, tile_b) in tiles:
            tile_c = c[i : i + block, j : j + block]
            high, wide, deep = *tile_c.shape, min(block, k - p)
            tile_c += tile_a[:high, :deep] @ tile_b[:deep, :wide]


def matmul_out_of_core(a: NDArray, b: NDArray, block: int = 512) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): tiles that a thread copies while those before are multiplied."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    out_of_core(a, b, c, block)
    return c
