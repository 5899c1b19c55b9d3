"""Layer norm of the rows whose plain sums are not right: near the limits of the type, or all but constant.

The plain formula squares: differences beyond √largest (1.8e19 in float32) have infinite squares, those below
√smallest squares of 0; a sum of the row itself may pass the largest number; and a mean that was rounded hides
differences of its own last digits. All of this shows in what the sums came to, so a row costs a comparison, and
only a row that fails it is done again (J. W. Demmel and X. Li, Faster numerical algorithms via exception
handling, IEEE Trans. Comput. 43(8), 1994): in float64, and scaled by the power of two that brings its largest
number near 1. That is exact, for it changes the exponent alone (J. L. Blue, A portable Fortran program to find
the Euclidean norm of a vector, ACM TOMS 4(1), 1978; E. Anderson, Algorithm 978: safe scaling in the level 1
BLAS, ACM TOMS 44(1), 2017). PyTorch sums in float64 (pull request 178123), which leaves float64 itself open.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from accel_core.kernels.compiled import reordered, streamed
from accel_core.kernels.rows import each_row

Moments = tuple[NDArray[Any], NDArray[Any]]
"""Mean and variance of each row, both (rows, 1)."""
SPREAD = 1 / 256
"""The variance is at least this share of mean²: the rounding of the mean is then enlarged at most 16 times."""


@register_jitable
def least_variance(dtype: Any) -> Any:
    """Smallest normal number over eps²: squares that underflow are then beyond the last digit of their sum."""
    kind = np.finfo(dtype)
    return kind.tiny / kind.eps**2


@register_jitable
def most_squares(dtype: Any) -> Any:
    """Of gamma, and of beta: their product with a normalised entry is then far from the largest number."""
    return np.finfo(dtype).max ** 0.75


@register_jitable
def is_usual(mean: Any, variance: Any, eps: Any, least: Any) -> Any:
    """Whether the mean and variance of a row can be trusted; False for NaN."""
    return least <= variance - mean * mean * SPREAD and variance + eps < math.inf


def redo_strange_rows(
    x: NDArray, gamma: NDArray, beta: NDArray, eps: float, moments: Moments, y: NDArray
) -> None:
    """Write those rows of y (rows, columns) anew whose mean and variance cannot be trusted."""
    mean, variance = moments[0][:, 0], moments[1][:, 0]
    least, most = _limits(x.dtype)
    spread = variance - mean * mean * SPREAD
    plain = gamma @ gamma < most and beta @ beta < most
    if plain and np.minimum.reduce(spread) >= least and variance @ variance + eps < most:
        return
    usual = plain & (spread >= least) & (variance + eps < math.inf)
    again = np.ascontiguousarray(x[~usual])
    result = np.empty_like(again)
    each_row(scaled, again, result, gamma, beta, np.array([eps]))
    y[~usual] = result


@cache
def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    return float(least_variance(dtype)), float(most_squares(dtype))


@streamed
def scaled(x: NDArray, gamma: NDArray, beta: NDArray, eps: Any, y: NDArray) -> None:
    """x (rows, columns), gamma (columns,), beta (columns,), eps (1,) float64 -> y (rows, columns).

    With 2^own above the row and 2^both above it and √eps: what is centred is x / 2^own, and what is under the
    root is variance + eps over 2^(2 both), at most 5. The mean is taken off twice: the second is what rounding
    left of the first. Gamma and beta come in as their halves, so that only the result itself can overflow.
    """
    columns, root = x.shape[1], math.sqrt(eps[0])
    centred = np.empty(columns, np.float64)
    for i in range(x.shape[0]):
        row, result = x[i], y[i]
        top = _largest_magnitude(row)
        both = _exponent(max(top, root))
        own = _exponent(top) if top > 0 else both
        up, more = _power_of_two(-own)
        for j in range(columns):
            centred[j] = row[j] * up * more
        for _ in range(2):
            mean = _sum(centred) / columns
            for j in range(columns):
                centred[j] -= mean
        up, more = _power_of_two(own - both)
        deviation = math.sqrt(squares_of(centred) / columns) * up * more
        up, more = _power_of_two(-both)
        under = deviation * deviation + (root * up * more) ** 2
        inverse = 0.0 if under == 0 and root > 0 else 1 / math.sqrt(under)  # all equal, eps too small to see
        up, more = _power_of_two(own - both - 1)
        for j in range(columns):
            half = (gamma[j] * up * more) * (centred[j] * inverse) + np.float64(beta[j]) / 2
            result[j] = 2 * half


@streamed
def _exponent(number: float) -> int:
    """The smallest e with number < 2^e; 0 for what is not finite."""
    return math.frexp(number)[1] if number < math.inf else 0


@streamed
def _power_of_two(exponent: int) -> tuple[float, float]:
    """Two numbers whose product is 2^exponent, which may itself be more or less than float64 holds."""
    return math.ldexp(1.0, exponent // 2), math.ldexp(1.0, exponent - exponent // 2)


@reordered
def _largest_magnitude(row: NDArray) -> Any:
    top = 0.0
    for j in range(row.size):
        top = max(top, abs(np.float64(row[j])))
    return top


@reordered
def _sum(row: NDArray) -> Any:
    total = row.dtype.type(0)
    for j in range(row.size):
        total += row[j]
    return total


@reordered
def squares_of(row: NDArray) -> Any:
    """row (columns,) -> scalar: the sum of its squares, in any order."""
    total = row.dtype.type(0)
    for j in range(row.size):
        total += row[j] * row[j]
    return total
