"""Workload softmax: each row of an n x n array turned into shares that add up to 1, and its ladder of
kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.row_ladder import row_workload
from accel_core.model import Operator, Shape
from accel_core.model.words import UNIT_ROUNDOFF, sum_tolerance


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray]:
    """x (rows, columns), uniform in [-5, 5): the smallest share of a row is not lost beside the largest."""
    return (np.random.default_rng(seed).uniform(-5.0, 5.0, shape).astype(dtype),)


def _reference(x: NDArray) -> NDArray:
    """x (rows, columns) -> same shape, float64, at all finite numbers; held against exact arithmetic by the
    tests.

    What lies farther below the largest number than float64 holds is a share of 0 as it should be: e^-inf.
    """
    if x.size == 0:
        return np.empty(x.shape, np.float64)
    x = x.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _tolerance(shape: Shape, dtype: str) -> float:
    """That of a sum of a row, and no less than 64 u, with u the unit roundoff, relative to the largest share.

    x - max is off by 10 u, which moves its power by that much; the power by a few u more. The sum of a row is
    of positive terms, and moves all its shares alike.
    """
    return max(sum_tolerance(shape[-1], dtype), 64 * UNIT_ROUNDOFF[dtype])


_MAXIMUM, _SUM = Operator("maximum of x", writes=0), Operator("sum of powers", writes=0)

_LOOPS = """
for i in prange(rows):
    top = x[i, 0]
    for j in range(columns):
        top = max(top, x[i, j])
    total = 0.0
    for j in range(columns):
        out[i, j] = math.exp(x[i, j] - top)
        total += out[i, j]
    for j in range(columns):
        out[i, j] /= total
"""

SOFTMAX = row_workload(
    "softmax",
    "Softmax",
    "side of a square array, each row of which is one softmax",
    _make_inputs,
    _reference,
    _tolerance,
    (
        "The maximum of the row is taken off first, because e^100 is more than a float32 holds. Each step "
        "makes Python objects for single numbers.",
        "Five passes over the array, and two arrays of its size at a time: the differences and their "
        "powers, then the powers and the quotients.",
        "As many passes, but no new memory: what the system did for it in each call is gone.",
        "A row stays in the nearest cache for all its passes, so the memory sees one read and one write. "
        "The power is arithmetic, as in the fused GELU, and the sum may be split over vector lanes.",
    ),
    loops_flop_per_s=6e6,
    passes=(_MAXIMUM, Operator("x - maximum"), Operator("exp(...)"), _SUM, Operator("powers / sum")),
    passes_in_place=(_MAXIMUM, Operator("y = x - maximum"), Operator("exp(y)"), _SUM, Operator("y /= sum")),
    arrays=2,
    parameters=(),
    formula="out[i, j] is exp(x[i, j] - top) over the sum of these in its row, top being the largest x there",
    loops=_LOOPS,
)
