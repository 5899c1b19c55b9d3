"""NaiveBackend: every operation as its definition reads, in plain Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.backends.checked import CheckedBackend, Row, scale_and_shift
from accel_core.kernels.gelu.interpreted import CUBIC, ROOT
from accel_core.kernels.layer_norm.scaled import redo_strange_rows
from accel_core.kernels.matmul.interpreted import matmul_python_loops


class NaiveBackend(CheckedBackend):
    """Python loops, one number at a time: what the other backends are held against. Sums are taken in
    double."""

    interpreted = True

    def plain_matmul(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """a (m, k), b (k, n) -> (m, n): three loops."""
        with np.errstate(all="ignore"):  # NumPy's scalars warn where its arrays and compiled code do not
            return matmul_python_loops(a, b)

    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (any shape) -> same shape: one number at a time."""
        return _array([_gelu(value) for value in x.ravel().tolist()], x)

    def plain_add(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """x, y (same shape) -> same shape: one number at a time."""
        pairs = zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)
        return _array([left + right for left, right in pairs], x)

    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (rows, columns) -> same shape: row by row."""
        return _array([_softmax(row) for row in x.tolist()], x)

    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        """x (rows, columns), gamma, beta (columns,) or None -> like x: row by row."""
        scale, shift = scale_and_shift(x, gamma, beta)
        each, weights = x.tolist(), (scale.tolist(), shift.tolist())
        moments = [_moments(row) for row in each]
        pairs = zip(each, moments, strict=True)
        y = _array([_layer_norm(row, *moment, eps, *weights) for row, moment in pairs], x)
        mean, variance = np.array(moments).T[..., np.newaxis]
        with np.errstate(all="ignore"):
            redo_strange_rows(x, scale, shift, eps, (mean, variance), y)
        return y


def _array(values: list[Any], like: NDArray[Any]) -> NDArray[Any]:
    """`values` rounded once, to the dtype of `like` and in its shape."""
    with np.errstate(over="ignore"):
        return np.array(values, like.dtype).reshape(like.shape)


def _gelu(x: float) -> float:
    if x == -math.inf:
        return -0.0  # the limit; the formula says -inf times 0
    cube = x * x * x  # unlike x**3 it overflows to infinity instead of raising
    return 0.5 * x * (1 + math.tanh(ROOT * (x + CUBIC * cube)))


def _softmax(row: list[float]) -> list[float]:
    most = max(row)
    if math.isinf(most) or any(math.isnan(value) for value in row):
        return [math.nan] * len(row)  # infinity - infinity is NaN, and so is each quotient of a sum with NaN
    powers = [math.exp(value - most) for value in row]
    total = sum(powers)
    return [power / total for power in powers]


def _moments(row: list[float]) -> tuple[float, float]:
    mean = sum(row) / len(row)
    return mean, sum((value - mean) * (value - mean) for value in row) / len(row)


def _layer_norm(
    row: list[float], mean: float, variance: float, eps: float, gamma: list[float], beta: list[float]
) -> list[float]:
    deviation = math.sqrt(variance + eps)
    if deviation == 0:  # all entries equal and eps 0: 0 / 0, which NumPy calls NaN and Python an error
        return [math.nan] * len(row)
    return [(v - mean) / deviation * g + b for v, g, b in zip(row, gamma, beta, strict=True)]
