"""Workload layer_norm: each row of an n x n array brought to mean 0 and variance 1, and its ladder of
kernels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.layer_norm import EPS
from accel_core.kernels.row_ladder import row_workload
from accel_core.model import Operator, Shape
from accel_core.model.words import sum_tolerance


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray, NDArray, NDArray]:
    """x (rows, columns), uniform in [-0.5, 1.5): its mean is not 0; gamma in [0.5, 1.5) and beta in [1, 2)."""
    random = np.random.default_rng(seed)
    x = random.uniform(-0.5, 1.5, shape).astype(dtype)
    gamma = random.uniform(0.5, 1.5, shape[1]).astype(dtype)
    beta = random.uniform(1.0, 2.0, shape[1]).astype(dtype)
    return x, gamma, beta


def _reference(x: NDArray, gamma: NDArray, beta: NDArray) -> NDArray:
    """x (rows, columns), gamma (columns,), beta (columns,) -> (rows, columns), float64, at all finite numbers.

    Each row is first divided by the power of two above its largest number, which only changes exponents, so
    no square overflows or vanishes (J. L. Blue, ACM TOMS 4(1), 1978). The mean is taken off twice, for the
    first one was rounded (T. F. Chan, G. H. Golub and R. J. LeVeque, The American Statistician 37(3), 1983, on
    the corrected two-pass algorithm). What the division took is given back with gamma, and the sum with beta is
    of halves, so that it overflows only where the result does. The tests hold it against exact fractions.
    """
    if x.size == 0:
        return np.empty(x.shape, np.float64)
    x, gamma, beta = x.astype(np.float64), gamma.astype(np.float64), beta.astype(np.float64)
    with np.errstate(all="ignore"):
        top = np.abs(x).max(axis=-1, keepdims=True)
        own, both = (np.frexp(number)[1] for number in (top, np.maximum(top, math.sqrt(EPS))))
        own = np.minimum(own, both)  # frexp gives 0 an exponent of 0
        centred = np.ldexp(x, -own)
        for _ in range(2):
            centred -= centred.mean(axis=-1, keepdims=True)
        deviation = np.ldexp(np.sqrt((centred * centred).mean(axis=-1, keepdims=True)), own - both)
        centred /= np.hypot(deviation, np.ldexp(math.sqrt(EPS), -both))
        weight, power = np.frexp(gamma)
        return 2 * (np.ldexp(weight * centred, power + own - both - 1) + beta / 2)


def _tolerance(shape: Shape, dtype: str) -> float:
    """That of a sum of a row, with 64 for 16, relative to the largest entry, which is at least 1.

    Mean and variance are sums. Their errors are divided by the standard deviation, which is 0.58 for long rows;
    a short row may have a smaller one, and 64 leaves room for a tenth of it.
    """
    return sum_tolerance(shape[-1], dtype, 64)


_MEAN = Operator("mean of x", writes=0)

_LOOPS = f"""
for i in prange(rows):
    mean = 0.0
    for j in range(columns):
        mean += x[i, j] / columns
    variance = 0.0
    for j in range(columns):
        variance += (x[i, j] - mean) ** 2 / columns
    for j in range(columns):
        out[i, j] = gamma[j] * (x[i, j] - mean) / math.sqrt(variance + {EPS}) + beta[j]
"""

LAYER_NORM = row_workload(
    "layer_norm",
    "Layer norm",
    "side of a square array, each row of which is normalised",
    _make_inputs,
    _reference,
    _tolerance,
    (
        "Three loops a row, because the mean must be known before the variance, and the variance before "
        "the result. Each step makes Python objects for single numbers.",
        "The variance subtracts the mean in a pass of its own, the result subtracts it once more; every "
        "operator reads and writes an array of the size of x.",
        "The mean is subtracted once, and the sum of the squares is a dot product of each row with itself, "
        "so no array of squares is made.",
        "A row stays in the nearest cache for its three passes, so the memory sees one read and one write. "
        "The sums may be split over vector lanes.",
    ),
    loops_flop_per_s=8e6,
    passes=(
        _MEAN,
        Operator("mean of x, for the variance", writes=0),
        Operator("x - mean, for the variance"),
        Operator("its square"),
        Operator("sum of squares", writes=0),
        Operator("x - mean"),
        Operator("... / root"),
        Operator("gamma * ..."),
        Operator("... + beta"),
    ),
    passes_in_place=(
        _MEAN,
        Operator("y = x - mean"),
        Operator("y · y, row by row", writes=0),
        Operator("y /= root"),
        Operator("y *= gamma"),
        Operator("y += beta"),
    ),
    arrays=2,
    parameters=("gamma", "beta"),
    formula=f"out[i, j] is gamma[j] * (x[i, j] - mean) / sqrt(variance + {EPS}) + beta[j], with mean and "
    "variance of row i of x",
    loops=_LOOPS,
)
