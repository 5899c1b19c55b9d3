"""Dot product of two vectors: by one running sum, by an array of products, by BLAS, by sums side by side.

The contract of every rung: `dot_<how>(x, y)` takes vectors (n,) of one dtype, float32 or float64, any strides,
and returns a scalar of that dtype. No vectors are written. An empty sum is 0.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.chunks import SHARE
from accel_core.kernels.compiled import reordered, streamed


def python_loop(x: NDArray, y: NDArray) -> Any:
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@streamed
def compiled(x: NDArray, y: NDArray) -> Any:
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@reordered
def compiled_lanes(x: NDArray, y: NDArray) -> Any:
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


def dot_python_loop(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: one product after the other."""
    return python_loop(x, y)


def dot_compiled(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: the same loop, compiled, with its additions in order."""
    return x.dtype.type(compiled(_plain(x), _plain(y)))


def dot_numpy_product(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: an array of products, then its sum."""
    return (x * y).sum()


def dot_numpy(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: one call of the library behind NumPy."""
    return x @ y


def dot_compiled_lanes(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: the compiled loop with many sums side by side."""
    return x.dtype.type(compiled_lanes(_plain(x), _plain(y)))


def dot_compiled_threads(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: each thread sums a part, then the parts are added."""
    x, y = _plain(x), _plain(y)
    parts = pool.shares(x.size, pool.thread_count(), SHARE)
    sums = np.zeros(len(parts), x.dtype)

    def one(at: int, part: slice) -> None:
        sums[at] = compiled_lanes(x[part], y[part])

    pool.run([partial(one, at, part) for at, part in enumerate(parts)])
    return sums.sum()


def _plain(x: NDArray) -> NDArray:
    """x in one piece, and without the right to write it: one machine code for all vectors."""
    view = np.ascontiguousarray(x).view()
    view.flags.writeable = False
    return view
