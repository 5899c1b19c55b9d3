"""Softmax of each row in loops that Numba compiles.

The contract is that of `interpreted`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.ahead import ask_for, line_of, piece_of
from accel_core.kernels.compiled import forked, reordered
from accel_core.kernels.exponential import PER_E, lifted_power_of_two
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.largest import largest
from accel_core.kernels.rows import each_row, each_row_threaded


@reordered
def compiled(x: NDArray, y: NDArray) -> None:
    """Write softmax of the rows of x to y, both (rows, columns)."""
    one, per_e = x.dtype.type(1), x.dtype.type(PER_E)
    rows, columns = x.shape
    piece, line = piece_of(x), line_of(x[0])
    for i in range(rows):
        row, result = x[i], y[i]
        next_row, next_result = x[min(i + 1, rows - 1)], y[min(i + 1, rows - 1)]
        top = largest(row)
        total = one - one
        for start in range(0, columns, piece):
            stop = min(start + piece, columns)
            ask_for(next_row, start, stop, line)
            part, out = row[start:stop], result[start:stop]
            for j in range(part.size):
                power = lifted_power_of_two(per_e * (part[j] - top))
                out[j] = power
                total += power
        share = one / total
        for start in range(0, columns, piece):
            stop = min(start + piece, columns)
            ask_for(next_result, start, stop, line)
            out = result[start:stop]
            for j in range(out.size):
                out[j] *= share


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
