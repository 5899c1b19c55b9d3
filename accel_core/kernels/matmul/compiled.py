"""Matrix product in loops that Numba compiles: ijk, the same over tiles, and ikj.

The contract is that of `interpreted`. Inputs that are not C-contiguous are copied once, which costs
O(N^2) beside the O(N^3) of the product: Numba compiles for the memory layout, and a nest for any strides
would be another machine code under the same name.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.compiled import compiled


@compiled
def compiled_ijk(a: NDArray, b: NDArray, c: NDArray) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
    m, k = a.shape
    n = b.shape[1]
    for i in range(m):
        for j in range(n):
            total = c[i, j]
            for p in range(k):
                total += a[i, p] * b[p, j]
            c[i, j] = total


@compiled
def compiled_tiled(a: NDArray, b: NDArray, c: NDArray, block: int) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
    m, k = a.shape
    n = b.shape[1]
    for i in range(0, m, block):
        for j in range(0, n, block):
            for p in range(0, k, block):
                tile_a = a[i : i + block, p : p + block]
                tile_b = b[p : p + block, j : j + block]
                tile_c = c[i : i + block, j : j + block]
                compiled_ijk(tile_a, tile_b, tile_c)


@compiled
def compiled_ikj(a: NDArray, b: NDArray, c: NDArray) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
    m, k = a.shape
    n = b.shape[1]
    for i in range(m):
        for p in range(k):
            for j in range(n):
                c[i, j] += a[i, p] * b[p, j]


def matmul_compiled_ijk(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): the three loops, compiled."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    compiled_ijk(np.ascontiguousarray(a), np.ascontiguousarray(b), c)
    return c


def matmul_compiled_tiled(a: NDArray, b: NDArray, block: int = 16) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): the compiled ijk nest over tiles of block x block, in ijk order too."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    compiled_tiled(np.ascontiguousarray(a), np.ascontiguousarray(b), c, block)
    return c


def matmul_compiled_ikj(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): the compiled loops with j innermost, so all but a[i, p] run along rows."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    compiled_ikj(np.ascontiguousarray(a), np.ascontiguousarray(b), c)
    return c
