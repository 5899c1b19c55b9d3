"""Softmax of each row in plain Python and by NumPy.

The contract of every rung: `softmax_<how>(x)` takes x (rows, columns) of float32 or float64 and any strides,
and returns exp(x - max) / sum exp(x - max) of each row in that dtype, in a new array or in `out` where the rung
takes one, which is no part of x. x is never written. A row with NaN or +inf is NaN; -inf among finite numbers
gives 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def python_loops(x: NDArray, y: NDArray) -> None:
    """Write softmax of the rows of x to y, both (rows, columns)."""
    rows, columns = x.shape
    for i in range(rows):
        top = max((x[i, j] for j in range(columns)), default=0.0)
        total = 0.0
        for j in range(columns):
            y[i, j] = math.exp(x[i, j] - top)
            total += y[i, j]
        for j in range(columns):
            y[i, j] /= total


def expression(x: NDArray) -> Any:
    """x (rows, columns) -> same shape: softmax of each row."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True, initial=-math.inf))
    return powers / powers.sum(axis=-1, keepdims=True)


def in_place(x: NDArray, y: NDArray) -> None:
    """Write softmax of the rows of x to y, both (rows, columns)."""
    np.subtract(x, x.max(axis=-1, keepdims=True, initial=-math.inf), out=y)
    np.exp(y, out=y)
    y /= y.sum(axis=-1, keepdims=True)


def softmax_python_loops(x: NDArray) -> NDArray:
    """x (rows, columns) -> same shape: three Python loops a row."""
    y = np.empty(x.shape, x.dtype)
    with np.errstate(all="ignore"):
        python_loops(x, y)
    return y


def softmax_numpy(x: NDArray) -> NDArray:
    """x (rows, columns) -> same shape: whole arrays at a time."""
    with np.errstate(all="ignore"):
        return np.asarray(expression(x))


def softmax_in_place(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (rows, columns) -> same shape: whole arrays at a time, in the memory of the result."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    with np.errstate(all="ignore"):
        in_place(x, y)
    return y
