"""Workload softmax: each row of an n x n array turned into shares that add up to 1, and its ladder of
kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import late
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.model import Kernel, Shape, Workload

if TYPE_CHECKING:
    from accel_core.kernels import rows
    from accel_core.kernels.softmax import compiled, interpreted
else:
    compiled, interpreted, rows = late("softmax.compiled", "softmax.interpreted", "rows")


SIZES = (32, 64, 128, 256, 512, 1000, 2000, 4000)


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
    """16 u √columns, and no less than 64 u, with u the unit roundoff of `dtype`, relative to the largest share.

    x - max is off by 10 u, which moves its power by that much; the power by a few u more. The sum of a row is
    of positive terms, off by a small constant times √columns u with high probability (Higham and Mary, SIAM J.
    Sci. Comput. 42(5), 2020, A3427), and moves all its shares alike.
    """
    return max(16 * math.sqrt(max(shape[-1], 1)), 64) * float(np.finfo(dtype).eps) / 2


_KERNELS = (
    Kernel(
        name="python_loops",
        title="Python loops",
        function=interpreted.softmax_python_loops,
        core=interpreted.python_loops,
        family="interpreted",
        idea="The definition, row by row and element by element.",
        explanation=(
            "The maximum of the row is taken off first, because e^100 is more than a float32 holds. Each step "
            "makes Python objects for single numbers."
        ),
        typical_flop_per_s=6e6,
    ),
    Kernel(
        name="numpy",
        title="NumPy, one expression a step",
        function=interpreted.softmax_numpy,
        core=interpreted.expression,
        family="numpy",
        idea="Each step is done for the whole array at once.",
        explanation=(
            "Five passes over the array, and two arrays of its size at a time: the differences and their "
            "powers, then the powers and the quotients."
        ),
        typical_flop_per_s=3e8,
    ),
    Kernel(
        name="in_place",
        title="NumPy, in place (out=)",
        function=interpreted.softmax_in_place,
        core=interpreted.in_place,
        family="numpy",
        idea="Every step writes into the array of the result, which is given.",
        explanation="As many passes, but no new memory: what the system did for it in each call is gone.",
        typical_flop_per_s=3e8,
        writes_out=True,
    ),
    Kernel(
        name="compiled",
        title="Compiled loops",
        function=compiled.softmax_compiled,
        core=compiled.compiled.py_func,
        family="compiled",
        idea="All steps are done for one row before the next row is touched.",
        explanation=(
            "A row stays in the nearest cache for all its passes, so the memory sees one read and one write. "
            "The power is arithmetic, as in the fused GELU, and the sum may be split over vector lanes."
        ),
        typical_flop_per_s=2e9,
        writes_out=True,
    ),
    Kernel(
        name="compiled_threads",
        title="Compiled loops, threads",
        function=compiled.softmax_compiled_threads,
        core=rows.each_row_threaded,
        family="compiled",
        idea="Each thread does the same for rows of its own.",
        explanation="Rows do not depend on each other, so they may be done at once.",
        typical_flop_per_s=2e9,
        threaded=True,
        writes_out=True,
    ),
)

SOFTMAX = Workload(
    name="softmax",
    title="Softmax",
    size_means="side of a square array, each row of which is one softmax",
    axes=("rows", "columns"),
    shape=lambda size: (size, size),
    make_inputs=_make_inputs,
    reference=_reference,
    flop=flop_of("softmax"),
    least_bytes=least_bytes_of("softmax"),
    tolerance=_tolerance,
    kernels=_KERNELS,
    sizes=SIZES,
    default_size=1000,
)
