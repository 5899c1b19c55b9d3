"""Layer norm of each row in loops that Numba compiles.

The contract is that of `interpreted`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.ahead import ask_for, line_of, piece_of
from accel_core.kernels.compiled import forked, reordered
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.layer_norm import EPS
from accel_core.kernels.layer_norm.scaled import is_usual, least_variance, most_squares, scaled, squares_of
from accel_core.kernels.rows import each_row, each_row_threaded


@reordered
def compiled(x: NDArray, gamma: NDArray, beta: NDArray, eps: Any, y: NDArray) -> None:
    """Write layer norm of the rows of x to y, both (rows, columns); gamma, beta (columns,), eps (1,)."""
    real, least, most = x.dtype.type, least_variance(x.dtype), most_squares(x.dtype)
    one, columns, small = real(1), real(x.shape[1]), real(eps[0])
    rows, piece, line = x.shape[0], piece_of(x), line_of(x[0])
    plain = squares_of(gamma) < most and squares_of(beta) < most
    for i in range(rows):
        row, result, next_row = x[i], y[i], x[min(i + 1, rows - 1)]
        total = one - one
        for j in range(row.size):
            total += row[j]
        mean = total / columns
        squares = one - one
        for start in range(0, row.size, piece):
            stop = min(start + piece, row.size)
            ask_for(result, start, stop, line)
            part = row[start:stop]
            for j in range(part.size):
                squares += (part[j] - mean) * (part[j] - mean)
        variance = squares / columns
        if not (plain and is_usual(mean, variance, small, least)):
            scaled(x[i : i + 1], gamma, beta, eps, y[i : i + 1])
            continue
        scale = one / np.sqrt(variance + small)
        for start in range(0, row.size, piece):
            stop = min(start + piece, row.size)
            ask_for(next_row, start, stop, line)
            part, out, times, plus = row[start:stop], result[start:stop], gamma[start:stop], beta[start:stop]
            for j in range(part.size):
                out[j] = times[j] * ((part[j] - mean) * scale) + plus[j]


@forked
def forked_rows(x: NDArray, gamma: NDArray, beta: NDArray, eps: Any, y: NDArray, threads: int) -> None:
    """`compiled`, rows for each thread."""
    for thread in numba.prange(threads):
        part = even_share(x.shape[0], threads, thread, 1)
        compiled(x[part], gamma, beta, eps, y[part])


def layer_norm_compiled(
    x: NDArray, gamma: NDArray, beta: NDArray, out: NDArray | None = None, eps: float = EPS
) -> NDArray:
    """x (..., columns), gamma (columns,), beta (columns,) -> (..., columns): row after row."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    return each_row(compiled, x, y, gamma, beta, np.array([eps]))


def layer_norm_compiled_threads(
    x: NDArray, gamma: NDArray, beta: NDArray, out: NDArray | None = None, eps: float = EPS
) -> NDArray:
    """x (..., columns), gamma (columns,), beta (columns,) -> (..., columns): each thread with rows of its
    own."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    return each_row_threaded(compiled, forked_rows, x, y, gamma, beta, np.array([eps]))
