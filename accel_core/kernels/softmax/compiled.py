"""Softmax of each row in loops that Numba compiles.

The contract is that of `interpreted`.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.compiled import forked, reordered
from accel_core.kernels.exponential import lifted_power_of_two
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.rows import each_row, each_row_threaded

PER_E = 1 / math.log(2)
"""e^t = 2^(PER_E t)."""


@reordered
def compiled(x: NDArray, y: NDArray) -> None:
    """Write softmax of the rows of x to y, both (rows, columns)."""
    one, per_e = x.dtype.type(1), x.dtype.type(PER_E)
    for i in range(x.shape[0]):
        row, result = x[i], y[i]
        top = largest(row)
        total = one - one
        for j in range(row.size):
            power = lifted_power_of_two(per_e * (row[j] - top))
            result[j] = power
            total += power
        share = one / total
        for j in range(row.size):
            result[j] *= share


@reordered
def largest(row: NDArray) -> Any:
    """The largest number of a row, by four comparisons that do not wait for each other; NaN is passed over."""
    first = second = third = fourth = row.dtype.type(-math.inf)
    whole = row.size // 4 * 4
    for j in range(0, whole, 4):
        first = max(first, row[j])
        second = max(second, row[j + 1])
        third = max(third, row[j + 2])
        fourth = max(fourth, row[j + 3])
    for j in range(whole, row.size):
        first = max(first, row[j])
    return max(max(first, second), max(third, fourth))


@forked
def forked_rows(x: NDArray, y: NDArray, threads: int) -> None:
    """`compiled`, rows for each thread."""
    for thread in numba.prange(threads):
        part = even_share(x.shape[0], threads, thread, 1)
        compiled(x[part], y[part])


def softmax_compiled(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (..., columns) -> same shape: all steps for a row before the next one."""
    return each_row(compiled, x, np.empty(x.shape, x.dtype) if out is None else out)


def softmax_compiled_threads(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (..., columns) -> same shape: each thread with rows of its own."""
    return each_row_threaded(compiled, forked_rows, x, np.empty(x.shape, x.dtype) if out is None else out)
