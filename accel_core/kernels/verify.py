"""How wrong a result is: one number to hold against `Workload.tolerance`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def max_relative_error(result: ArrayLike, reference: ArrayLike) -> float:
    """Largest deviation over the largest entry: max |result - reference| / max |reference|.

    Relative to the scale of the whole result, because one entry may cancel to almost nothing and still be
    right. 0 for an empty result; infinity for another shape, for NaN or infinity anywhere, and for a non-zero
    entry where all of the reference is zero, so `error <= tolerance` is false for each of them.
    """
    computed, expected = np.asarray(result), np.asarray(reference)
    if computed.shape != expected.shape:
        return math.inf
    if expected.size == 0:
        return 0.0
    deviation, scale = _largest(computed - expected), _largest(expected)
    if not (math.isfinite(deviation) and math.isfinite(scale)):
        return math.inf
    if scale == 0.0:
        return 0.0 if deviation == 0.0 else math.inf
    return deviation / scale


def _largest(values: NDArray[Any]) -> float:
    """Greatest absolute value, NaN where one is; an array of all would take longer to get than to read."""
    return max(float(values.max()), -float(values.min()))
