"""Sums of long vectors in plain Python and by NumPy: add, scale and triad, as STREAM calls them.

The operations are those of J. D. McCalpin, STREAM (stream.c 5.10), with its scalar 3. The contract of every
rung: vectors (n,) of one dtype, float32 or float64, any strides; a new vector of that dtype, or `out` where the
rung takes one. The inputs are never written.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALAR = 3.0


def add_loop(x: NDArray, y: NDArray, z: NDArray) -> None:
    """Write x (n,) + y (n,) to z (n,)."""
    for i in range(z.size):
        z[i] = x[i] + y[i]


def scale_loop(x: NDArray, y: NDArray) -> None:
    """Write SCALAR x (n,) to y (n,)."""
    for i in range(y.size):
        y[i] = SCALAR * x[i]


def triad_loop(x: NDArray, y: NDArray, z: NDArray) -> None:
    """Write x (n,) + SCALAR y (n,) to z (n,)."""
    for i in range(z.size):
        z[i] = x[i] + SCALAR * y[i]


def add_python_loop(x: NDArray, y: NDArray) -> NDArray:
    """x (n,), y (n,) -> (n,): one element after the other."""
    z = np.empty(x.shape, x.dtype)
    add_loop(x, y, z)
    return z


def scale_python_loop(x: NDArray) -> NDArray:
    """x (n,) -> (n,): one element after the other."""
    y = np.empty(x.shape, x.dtype)
    scale_loop(x, y)
    return y


def triad_python_loop(x: NDArray, y: NDArray) -> NDArray:
    """x (n,), y (n,) -> (n,): one element after the other."""
    z = np.empty(x.shape, x.dtype)
    triad_loop(x, y, z)
    return z


def add_numpy(x: NDArray, y: NDArray) -> NDArray:
    """x (n,), y (n,) -> (n,): one expression, which allocates its result."""
    return x + y


def scale_numpy(x: NDArray) -> NDArray:
    """x (n,) -> (n,): one expression, which allocates its result."""
    return SCALAR * x


def triad_numpy(x: NDArray, y: NDArray) -> NDArray:
    """x (n,), y (n,) -> (n,): one expression of two operators, which allocates."""
    return x + SCALAR * y


def add_in_place(x: NDArray, y: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,), y (n,) -> (n,): into an array that is there."""
    return np.add(x, y, out=out)


def scale_in_place(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,) -> (n,): into an array that is there."""
    return np.multiply(x, SCALAR, out=out)


def triad_in_place(x: NDArray, y: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,), y (n,) -> (n,): both operators write into an array that is there, other than x."""
    z = np.multiply(y, SCALAR, out=out)
    z += x
    return z
