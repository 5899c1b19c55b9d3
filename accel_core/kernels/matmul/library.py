"""Matrix product by the library behind NumPy's `@`: in tiles that Python walks over, and in one call.

The contract is that of `interpreted`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def numpy_tiled(a: NDArray, b: NDArray, c: NDArray, block: int) -> None:
    m, k = a.shape
    n = b.shape[1]
    for i in range(0, m, block):
        for j in range(0, n, block):
            for p in range(0, k, block):
                tile_a = a[i : i + block, p : p + block]
                tile_b = b[p : p + block, j : j + block]
                tile_c = c[i : i + block, j : j + block]
                tile_c += tile_a @ tile_b


def matmul_numpy_tiled(a: NDArray, b: NDArray, block: int = 64) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): tiles of block x block, each product by NumPy's `@`."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    numpy_tiled(a, b, c, block)
    return c


def matmul_numpy(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): one call of the library behind NumPy."""
    return a @ b
