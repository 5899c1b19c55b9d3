"""RMS norm and the gate of a SwiGLU, the parts of a gated feed-forward that no ladder has.

RMS norm: B. Zhang and R. Sennrich, Root Mean Square Layer Normalization, arXiv:1910.07467 (2019). SwiGLU: N.
Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202 (2020). Arrays are float32 or float64, of one type
and C-contiguous. Squares that the type does not hold are not guarded against.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.chunks import SHARE, each_chunk, each_chunk_threaded
from accel_core.kernels.compiled import forked, reordered, streamed
from accel_core.kernels.exponential import power_of_two
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.rows import each_row, each_row_threaded

EPS = 1e-5
"""As in Llama 2 (norm_eps in github.com/meta-llama/llama, llama/model.py)."""
PER_MINUS_E = -1 / math.log(2)
"""e^-t = 2^(PER_MINUS_E t)."""


def rms_norm_numpy(x: NDArray, gamma: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,) -> (rows, columns): whole arrays at a time."""
    return np.asarray(gamma * (x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS)))


def swiglu_numpy(gate: NDArray, up: NDArray) -> NDArray:
    """gate (any shape), up (same) -> same: whole arrays at a time."""
    with np.errstate(over="ignore"):  # e^-gate may be infinite: the quotient is then 0, as it should be
        return np.asarray(gate / (1 + np.exp(-gate)) * up)


@reordered
def rms_norm(x: NDArray, gamma: NDArray, y: NDArray) -> None:
    """Write RMS norm of the rows of x to y, both (rows, columns); gamma (columns,)."""
    real = x.dtype.type
    columns, small = real(x.shape[1]), real(EPS)
    for i in range(x.shape[0]):
        row, result = x[i], y[i]
        squares = real(0)
        for j in range(row.size):
            squares += row[j] * row[j]
        scale = real(1) / np.sqrt(squares / columns + small)
        for j in range(row.size):
            result[j] = gamma[j] * (row[j] * scale)


@streamed
def swiglu(gate: NDArray, up: NDArray, y: NDArray) -> None:
    """Write gate (n,) / (1 + e^-gate) · up (n,) to y (n,)."""
    one, per_minus_e = gate.dtype.type(1), gate.dtype.type(PER_MINUS_E)
    for i in range(gate.size):
        y[i] = gate[i] / (one + power_of_two(per_minus_e * gate[i])) * up[i]


@forked
def forked_rms_norm(x: NDArray, gamma: NDArray, y: NDArray, threads: int) -> None:
    """`rms_norm`, rows for each thread."""
    for thread in numba.prange(threads):
        part = even_share(x.shape[0], threads, thread, 1)
        rms_norm(x[part], gamma, y[part])


@forked
def forked_swiglu(gate: NDArray, up: NDArray, y: NDArray, threads: int) -> None:
    """`swiglu`, a part for each thread."""
    for thread in numba.prange(threads):
        part = even_share(y.size, threads, thread, SHARE)
        swiglu(gate[part], up[part], y[part])


def rms_norm_compiled(x: NDArray, gamma: NDArray, out: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,) -> (rows, columns): row after row."""
    return each_row(rms_norm, x, out, gamma)


def rms_norm_compiled_threads(x: NDArray, gamma: NDArray, out: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,) -> (rows, columns): each thread with rows of its own."""
    return each_row_threaded(rms_norm, forked_rms_norm, x, out, gamma)


def swiglu_compiled(gate: NDArray, up: NDArray, out: NDArray) -> NDArray:
    """gate (any shape), up (same) -> same: one loop of vector instructions."""
    return each_chunk(swiglu, (gate, up), out)


def swiglu_compiled_threads(gate: NDArray, up: NDArray, out: NDArray) -> NDArray:
    """gate (any shape), up (same) -> same: the same loop, each thread with a part of its own."""
    return each_chunk_threaded(swiglu, forked_swiglu, (gate, up), out)
