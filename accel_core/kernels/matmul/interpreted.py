"""Matrix product in plain Python, and by NumPy's `@` over tiles and in one call.

The contract of every rung of this ladder: `matmul_<how>(a, b, **parameters)` takes a (m, k) and b (k, n),
both float32 or both float64, and returns a new array (m, n) of that dtype. Any strides, read-only arrays and
empty dimensions are allowed (k = 0 gives zeros), a block larger than the size means one tile, and the inputs
are never written. Sums are accumulated in the dtype of the inputs, except where a rung says otherwise.

Each rung's loop nest adds the product a @ b to c, which arrives as zeros. The nest is what a page shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = list[list[float]]


def python_loops(a: NDArray, b: NDArray, c: NDArray) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
    m, k = a.shape
    n = b.shape[1]
    for i in range(m):
        for j in range(n):
            total = c[i, j]
            for p in range(k):
                total += a[i, p] * b[p, j]
            c[i, j] = total


def matmul_python_loops(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): three Python loops that pick single elements out of the arrays."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    python_loops(a, b, c)
    return c


def python_lists(a: Rows, b: Rows, c: Rows) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
    m, k = len(a), len(b)
    n = len(c[0]) if c else 0
    for i in range(m):
        for j in range(n):
            total = c[i][j]
            for p in range(k):
                total += a[i][p] * b[p][j]
            c[i][j] = total


def matmul_python_lists(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): the same loops over lists, with the conversion to lists and back included.

    Python has one float, the double: float32 input is accumulated in double and rounded once, at the end.
    """
    shape = (a.shape[0], b.shape[1])
    c = np.zeros(shape).tolist()
    python_lists(a.tolist(), b.tolist(), c)
    return np.array(c, a.dtype).reshape(shape)


def numpy_tiled(a: NDArray, b: NDArray, c: NDArray, block: int) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
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
