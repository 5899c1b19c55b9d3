"""Layer norm of each row: in plain Python, by NumPy, and in compiled loops.

The contract of every rung: `layer_norm_<how>(x, gamma, beta)` takes x (rows, columns), gamma and beta
(columns,), all float32 or all float64, any strides, and returns gamma (x - mean) / √(variance + eps) + beta of
each row in that dtype, in a new array or in `out` where the rung takes one, which is no part of the inputs.
These are never written.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.compiled import reordered
from accel_core.kernels.rows import each_row, each_row_threaded

EPS = 1e-5


def python_loops(x: NDArray, gamma: NDArray, beta: NDArray, y: NDArray) -> None:
    rows, columns = x.shape
    for i in range(rows):
        mean = 0.0
        for j in range(columns):
            mean += x[i, j] / columns
        variance = 0.0
        for j in range(columns):
            variance += (x[i, j] - mean) ** 2 / columns
        scale = 1 / math.sqrt(variance + EPS)
        for j in range(columns):
            y[i, j] = gamma[j] * (x[i, j] - mean) * scale + beta[j]


def expression(x: NDArray, gamma: NDArray, beta: NDArray) -> Any:
    mean = x.mean(axis=-1, keepdims=True)
    variance = x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + EPS) + beta


def in_place(x: NDArray, gamma: NDArray, beta: NDArray, y: NDArray, eps: float) -> None:
    np.subtract(x, x.mean(axis=-1, keepdims=True), out=y)
    variance = np.vecdot(y, y)[..., np.newaxis] / max(y.shape[-1], 1)
    y /= np.sqrt(variance + eps)
    y *= gamma
    y += beta


@reordered
def compiled(x: NDArray, gamma: NDArray, beta: NDArray, eps: Any, y: NDArray) -> None:
    one, columns = x.dtype.type(1), x.dtype.type(x.shape[1])
    for i in range(x.shape[0]):
        row, result = x[i], y[i]
        total = one - one
        for j in range(row.size):
            total += row[j]
        mean = total / columns
        squares = one - one
        for j in range(row.size):
            squares += (row[j] - mean) * (row[j] - mean)
        scale = one / np.sqrt(squares / columns + eps[0])
        for j in range(row.size):
            result[j] = gamma[j] * ((row[j] - mean) * scale) + beta[j]


def layer_norm_python_loops(x: NDArray, gamma: NDArray, beta: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns): three Python loops a row."""
    y = np.empty(x.shape, x.dtype)
    python_loops(x, gamma, beta, y)
    return y


def layer_norm_numpy(x: NDArray, gamma: NDArray, beta: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns): whole arrays at a time."""
    if x.shape[-1] == 0:
        return np.empty(x.shape, x.dtype)
    with np.errstate(all="ignore"):
        return np.asarray(expression(x, gamma, beta))


def layer_norm_in_place(
    x: NDArray, gamma: NDArray, beta: NDArray, out: NDArray | None = None, eps: float = EPS
) -> NDArray:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns): in the memory of the result."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    if x.size:
        with np.errstate(all="ignore"):
            in_place(x, gamma, beta, y, eps)
    return y


def layer_norm_compiled(
    x: NDArray, gamma: NDArray, beta: NDArray, out: NDArray | None = None, eps: float = EPS
) -> NDArray:
    """x (..., columns), gamma (columns,), beta (columns,) -> (..., columns): row after row."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    each_row(compiled, x, y, gamma, beta, np.array([eps], x.dtype))
    return y


def layer_norm_compiled_threads(
    x: NDArray, gamma: NDArray, beta: NDArray, out: NDArray | None = None, eps: float = EPS
) -> NDArray:
    """x (..., columns), gamma (columns,), beta (columns,) -> (..., columns): each thread with rows of its
    own."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    each_row_threaded(compiled, x, y, gamma, beta, np.array([eps], x.dtype))
    return y
