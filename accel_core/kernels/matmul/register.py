"""Matrix product with a tile of c in registers: 4 x 4 scalars, and the same idea in vectors.

The contract is that of `interpreted`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.compiled import compiled
from accel_core.kernels.matmul.compiled import compiled_ijk
from accel_core.kernels.matmul.micro_kernel import ROWS, columns_of, tile_product


@compiled
def register_tile(a: NDArray, b: NDArray, c: NDArray) -> None:
    """Add a (m, k) @ b (k, n) to c (m, n)."""
    m, k = a.shape
    n = b.shape[1]
    tall, wide = m // 4 * 4, n // 4 * 4
    for i in range(0, tall, 4):
        for j in range(0, wide, 4):
            c00, c01, c02, c03 = c[i, j], c[i, j + 1], c[i, j + 2], c[i, j + 3]
            c10, c11, c12, c13 = c[i + 1, j], c[i + 1, j + 1], c[i + 1, j + 2], c[i + 1, j + 3]
            c20, c21, c22, c23 = c[i + 2, j], c[i + 2, j + 1], c[i + 2, j + 2], c[i + 2, j + 3]
            c30, c31, c32, c33 = c[i + 3, j], c[i + 3, j + 1], c[i + 3, j + 2], c[i + 3, j + 3]
            for p in range(k):
                a0, a1, a2, a3 = a[i, p], a[i + 1, p], a[i + 2, p], a[i + 3, p]
                b0, b1, b2, b3 = b[p, j], b[p, j + 1], b[p, j + 2], b[p, j + 3]
                c00, c01, c02, c03 = c00 + a0 * b0, c01 + a0 * b1, c02 + a0 * b2, c03 + a0 * b3
                c10, c11, c12, c13 = c10 + a1 * b0, c11 + a1 * b1, c12 + a1 * b2, c13 + a1 * b3
                c20, c21, c22, c23 = c20 + a2 * b0, c21 + a2 * b1, c22 + a2 * b2, c23 + a2 * b3
                c30, c31, c32, c33 = c30 + a3 * b0, c31 + a3 * b1, c32 + a3 * b2, c33 + a3 * b3
            c[i, j], c[i, j + 1], c[i, j + 2], c[i, j + 3] = c00, c01, c02, c03
            c[i + 1, j], c[i + 1, j + 1], c[i + 1, j + 2], c[i + 1, j + 3] = c10, c11, c12, c13
            c[i + 2, j], c[i + 2, j + 1], c[i + 2, j + 2], c[i + 2, j + 3] = c20, c21, c22, c23
            c[i + 3, j], c[i + 3, j + 1], c[i + 3, j + 2], c[i + 3, j + 3] = c30, c31, c32, c33
    compiled_ijk(a[:tall, :], b[:, wide:], c[:tall, wide:])  # what is left at the right
    compiled_ijk(a[tall:, :], b, c[tall:, :])  # and at the bottom


@compiled
def vector_tile(a: NDArray, b: NDArray, c: NDArray) -> None:
    """Write a (m, k) @ b (k, n) to c (m, n)."""
    m, k = a.shape
    n = b.shape[1]
    wide = columns_of(c)
    for i in range(0, m, ROWS):
        for j in range(0, n, wide):
            tile_product(a, b, j, c, i, j, k, min(ROWS, m - i), min(wide, n - j), False)


def matmul_register_tile(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): 4 x 4 elements of c in scalar registers while k runs."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    register_tile(np.ascontiguousarray(a), np.ascontiguousarray(b), c)
    return c


def matmul_vector_tile(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): some vectors in each of ROWS rows of c in registers, straight from a and
    b."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    if a.shape[1]:
        vector_tile(np.ascontiguousarray(a), np.ascontiguousarray(b), c)
    return c
