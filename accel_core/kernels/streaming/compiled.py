"""Sums of long vectors in loops that Numba compiles: add, scale and triad.

The contract is that of `interpreted`; shapes other than (n,) are welcome, and sources that broadcast.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.chunks import SHARE, each_chunk, each_chunk_threaded
from accel_core.kernels.compiled import forked, streamed
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.streaming.interpreted import SCALAR


@streamed
def compiled_add(x: NDArray, y: NDArray, z: NDArray) -> None:
    """Write x (n,) + y (n,) to z (n,)."""
    for i in range(z.size):
        z[i] = x[i] + y[i]


@streamed
def compiled_scale(x: NDArray, y: NDArray) -> None:
    """Write SCALAR x (n,) to y (n,)."""
    scalar = y.dtype.type(SCALAR)
    for i in range(y.size):
        y[i] = scalar * x[i]


@streamed
def compiled_triad(x: NDArray, y: NDArray, z: NDArray) -> None:
    """Write x (n,) + SCALAR y (n,) to z (n,)."""
    scalar = z.dtype.type(SCALAR)
    for i in range(z.size):
        z[i] = x[i] + scalar * y[i]


@forked
def forked_add(x: NDArray, y: NDArray, z: NDArray, threads: int) -> None:
    """`compiled_add`, a part for each thread."""
    for thread in numba.prange(threads):
        part = even_share(z.size, threads, thread, SHARE)
        compiled_add(x[part], y[part], z[part])


@forked
def forked_scale(x: NDArray, y: NDArray, threads: int) -> None:
    """`compiled_scale`, a part for each thread."""
    for thread in numba.prange(threads):
        part = even_share(y.size, threads, thread, SHARE)
        compiled_scale(x[part], y[part])


@forked
def forked_triad(x: NDArray, y: NDArray, z: NDArray, threads: int) -> None:
    """`compiled_triad`, a part for each thread."""
    for thread in numba.prange(threads):
        part = even_share(z.size, threads, thread, SHARE)
        compiled_triad(x[part], y[part], z[part])


def add_compiled(x: NDArray, y: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,), y (n,) -> (n,): one compiled loop."""
    return each_chunk(compiled_add, (x, y), np.empty(x.shape, x.dtype) if out is None else out)


def scale_compiled(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,) -> (n,): one compiled loop."""
    return each_chunk(compiled_scale, (x,), np.empty(x.shape, x.dtype) if out is None else out)


def triad_compiled(x: NDArray, y: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,), y (n,) -> (n,): one compiled loop for both operators."""
    return each_chunk(compiled_triad, (x, y), np.empty(x.shape, x.dtype) if out is None else out)


def add_compiled_threads(x: NDArray, y: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,), y (n,) -> (n,): the same loop, each thread with a part of its own."""
    out = np.empty(x.shape, x.dtype) if out is None else out
    return each_chunk_threaded(compiled_add, forked_add, (x, y), out)


def scale_compiled_threads(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,) -> (n,): the same loop, each thread with a part of its own."""
    out = np.empty(x.shape, x.dtype) if out is None else out
    return each_chunk_threaded(compiled_scale, forked_scale, (x,), out)


def triad_compiled_threads(x: NDArray, y: NDArray, out: NDArray | None = None) -> NDArray:
    """x (n,), y (n,) -> (n,): the same loop, each thread with a part of its own."""
    out = np.empty(x.shape, x.dtype) if out is None else out
    return each_chunk_threaded(compiled_triad, forked_triad, (x, y), out)
