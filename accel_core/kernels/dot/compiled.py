"""Dot product of two vectors in loops that Numba compiles: by one running sum, by sums side by side.

The contract is that of `interpreted`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.chunks import SHARE
from accel_core.kernels.compiled import forked, reordered, streamed
from accel_core.kernels.fork_join import can_fork, even_share, even_shares, fork


@streamed
def compiled(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: the sum of x[i] y[i]."""
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@reordered
def compiled_lanes(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: the sum of x[i] y[i]."""
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@forked
def forked_lanes(x: NDArray, y: NDArray, sums: NDArray, threads: int) -> None:
    """Write the sum of x[i] y[i] over each thread's part of x (n,) and y (n,) to sums (threads,)."""
    for thread in numba.prange(threads):
        part = even_share(x.size, threads, thread, SHARE)
        sums[thread] = compiled_lanes(x[part], y[part])


def dot_compiled(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: the same loop, compiled, with its additions in order."""
    return x.dtype.type(compiled(_plain(x), _plain(y)))


def dot_compiled_lanes(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: the compiled loop with many sums side by side."""
    return x.dtype.type(compiled_lanes(_plain(x), _plain(y)))


def dot_compiled_threads(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: each thread sums a part, then the parts are added."""
    x, y = _plain(x), _plain(y)
    threads = pool.thread_count()
    sums = np.zeros(threads, x.dtype)
    if can_fork(threads):
        fork(forked_lanes, threads, x, y, sums)
    else:
        parts = even_shares(x.size, threads, SHARE)
        pool.run([partial(_one, x[part], y[part], sums[at : at + 1]) for at, part in enumerate(parts)])
    return sums.sum()


def _one(x: NDArray, y: NDArray, sums: NDArray) -> None:
    sums[0] = compiled_lanes(x, y)


def _plain(x: NDArray) -> NDArray:
    """x in one piece, and without the right to write it: one machine code for all vectors."""
    view = np.ascontiguousarray(x).view()
    view.flags.writeable = False
    return view
