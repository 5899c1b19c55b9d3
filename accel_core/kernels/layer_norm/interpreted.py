"""Layer norm of each row in plain Python and by NumPy.

The contract of every rung: `layer_norm_<how>(x, gamma, beta)` takes x (rows, columns), gamma and beta
(columns,), all float32 or all float64, any strides, and returns gamma (x - mean) / √(variance + eps) + beta of
each row in that dtype, in a new array or in `out` where the rung takes one, which is no part of the inputs.
These are never written.

All finite numbers give the right result, or infinity where it rounds to that: each rung tells the mean and
variance that it found, and rows where these cannot be trusted are done again by `scaled`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.layer_norm import EPS
from accel_core.kernels.layer_norm.scaled import Moments, redo_strange_rows


def python_loops(x: NDArray, gamma: NDArray, beta: NDArray, y: NDArray) -> Moments:
    """Write layer norm of the rows of x to y, both (rows, columns); return the moments of x."""
    rows, columns = x.shape
    means, variances = np.empty((2, rows, 1), x.dtype)
    for i in range(rows):
        mean = 0.0
        for j in range(columns):
            mean += x[i, j] / columns
        variance = 0.0
        for j in range(columns):
            variance += (x[i, j] - mean) ** 2 / columns
        scale = 1 / math.sqrt(variance + EPS)
        for j in range(columns):
            y[i, j] = gamma[j] * ((x[i, j] - mean) * scale) + beta[j]
        means[i], variances[i] = mean, variance
    return means, variances


def expression(x: NDArray, gamma: NDArray, beta: NDArray) -> tuple[NDArray, Moments]:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns), and the moments of x."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = x.var(axis=-1, keepdims=True)
    return gamma * ((x - mean) / np.sqrt(variance + EPS)) + beta, (mean, variance)


def in_place(x: NDArray, gamma: NDArray, beta: NDArray, y: NDArray, eps: float) -> Moments:
    """Write layer norm of the rows of x to y, both (rows, columns); return the moments of x."""
    mean = x.mean(axis=-1, keepdims=True)
    np.subtract(x, mean, out=y)
    variance = np.vecdot(y, y)[..., np.newaxis] / y.shape[-1]
    y /= np.sqrt(variance + eps)
    y *= gamma
    y += beta
    return mean, variance


def layer_norm_python_loops(x: NDArray, gamma: NDArray, beta: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns): three Python loops a row."""
    y = np.empty(x.shape, x.dtype)
    if x.size:
        with np.errstate(all="ignore"):
            moments = python_loops(x, gamma, beta, y)
            redo_strange_rows(x, gamma, beta, EPS, moments, y)
    return y


def layer_norm_numpy(x: NDArray, gamma: NDArray, beta: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns): whole arrays at a time."""
    if not x.size:
        return np.empty(x.shape, x.dtype)
    with np.errstate(all="ignore"):
        y, moments = expression(x, gamma, beta)
        redo_strange_rows(x, gamma, beta, EPS, moments, y)
    return y


def layer_norm_in_place(
    x: NDArray, gamma: NDArray, beta: NDArray, out: NDArray | None = None, eps: float = EPS
) -> NDArray:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns): in the memory of the result."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    if out is not None and np.may_share_memory(x, out):  # a row that is done again is read again
        x = x.copy()
    if x.size:
        with np.errstate(all="ignore"):
            moments = in_place(x, gamma, beta, y, eps)
            redo_strange_rows(x, gamma, beta, eps, moments, y)
    return y
