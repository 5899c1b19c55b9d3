"""Softmax of each row: in plain Python, by NumPy, and in compiled loops.

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

from accel_core.kernels.compiled import reordered
from accel_core.kernels.exponential import lifted_power_of_two
from accel_core.kernels.rows import each_row, each_row_threaded

PER_E = 1 / math.log(2)
"""e^t = 2^(PER_E t)."""


def python_loops(x: NDArray, y: NDArray) -> None:
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
    powers = np.exp(x - x.max(axis=-1, keepdims=True, initial=-math.inf))
    return powers / powers.sum(axis=-1, keepdims=True)


def in_place(x: NDArray, y: NDArray) -> None:
    np.subtract(x, x.max(axis=-1, keepdims=True, initial=-math.inf), out=y)
    np.exp(y, out=y)
    y /= y.sum(axis=-1, keepdims=True)


@reordered
def compiled(x: NDArray, y: NDArray) -> None:
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


def softmax_compiled(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (..., columns) -> same shape: all steps for a row before the next one."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    each_row(compiled, x, y)
    return y


def softmax_compiled_threads(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (..., columns) -> same shape: each thread with rows of its own."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    each_row_threaded(compiled, x, y)
    return y
