"""GELU in one compiled loop: with the tanh of the C library, with a tanh of arithmetic, over threads.

The contract is that of `interpreted`; nothing is allocated but the result. With tanh u = 1 - 2 / (1 + e^(2u))
the formula is x / (1 + e^(-2u)), u = √(2/π) (x + 0.044715 x³), which needs one power and one division.

Below -30 the result is -0.0 in either type (1 + tanh u is 0, or e^(-2u) infinite), so x is cut off there: that
keeps -inf from meeting 0, and a comparison that is false for NaN lets NaN through.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.chunks import SHARE, each_chunk, each_chunk_threaded
from accel_core.kernels.compiled import at_width, forked, streamed
from accel_core.kernels.exponential import power_of_two
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.gelu.interpreted import CUBIC, ROOT

LINEAR2 = -2 * ROOT / math.log(2)
CUBIC2 = LINEAR2 * CUBIC
"""e^(-2u) = 2^(LINEAR2 x + CUBIC2 x³)."""
LOWEST = -30.0


@streamed
def compiled_tanh(x: NDArray, y: NDArray) -> None:
    """Write GELU of x (n,) to y (n,)."""
    real = x.dtype.type
    half, one, root, cubic, lowest = real(0.5), real(1), real(ROOT), real(CUBIC), real(LOWEST)
    for i in range(x.size):
        v = lowest if x[i] < lowest else x[i]
        y[i] = half * v * (one + math.tanh(root * (v + cubic * (v * v * v))))


@streamed
def fused(x: NDArray, y: NDArray) -> None:
    """Write GELU of x (n,) to y (n,)."""
    real = x.dtype.type
    one, linear, cubic, lowest = real(1), real(LINEAR2), real(CUBIC2), real(LOWEST)
    for i in range(x.size):
        v = lowest if x[i] < lowest else x[i]
        y[i] = v / (one + power_of_two(v * (linear + cubic * (v * v))))


@forked
def forked_fused(x: NDArray, y: NDArray, threads: int) -> None:
    """`fused`, a part for each thread."""
    for thread in numba.prange(threads):
        part = even_share(y.size, threads, thread, SHARE)
        fused(x[part], y[part])


def gelu_compiled_tanh(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (any shape) -> same shape: the formula for one element after the other."""
    return each_chunk(compiled_tanh, (x,), np.empty_like(x) if out is None else out)


def gelu_fused(x: NDArray, out: NDArray | None = None, width: int = 0) -> NDArray:
    """x (any shape) -> same shape: one loop of vector instructions, of `width` bits where that is not 0."""
    loop = at_width(fused, width, x.dtype.name) if width else fused  # a name takes as long as a small array
    return each_chunk(loop, (x,), np.empty_like(x) if out is None else out)


def gelu_fused_threads(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (any shape) -> same shape: the same loop, each thread with a part of its own."""
    return each_chunk_threaded(fused, forked_fused, (x,), np.empty_like(x) if out is None else out)
