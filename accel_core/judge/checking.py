"""Whether an output is right, as a share of the error that is allowed: over 1 it is wrong.

A product is checked with random signs (R. Freivalds, Probabilistic machines can use less running time, IFIP
Congress 1977): with x of ±1, drawn after the answer is there, C x is held against A (B x), in float64. Where
one entry of a row of C is off by e, that row of the difference is ±e, for every x; where several are, they
cancel for half of all x at the most, and each of `VECTORS` is drawn anew for every call.

How much a row may differ: the errors δ of a right answer do not know the signs, so |Σ x_j δ_ij| is over t |δ_i|
with a probability of 2 exp(-t²/2) at the most (W. Hoeffding, Journal of the American Statistical Association
58(301), 1963), and a rounding error is at most u times a partial sum. Partial sums of p products of a row have
a mean square of Σ a²b² over them (signs are random), so |δ_i| stays under u √k s_i, with s_i² = Σ_p a_ip² Σ_j
b_pj²; the order of the additions changes only how far under it. The check rounds too, in sums of n and of k
terms. t = 8 lets a right answer fail once in 10^13 rows.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.verify import max_relative_error
from accel_core.model import Shape, Workload
from accel_core.model.words import UNIT_ROUNDOFF

VECTORS = 8
SIGNS = 8.0
"""t: standard deviations that the sum of errors with random signs may come to."""
PRODUCT = "matmul"
FULLY_ONE_IN = 4
"""Every so many-th checked product, drawn by lot, is compared in all its entries too."""


def share_of_allowed(
    workload: Workload,
    shape: Shape,
    inputs: Sequence[NDArray[Any]],
    out: NDArray[Any],
    expected: NDArray[Any] | None,
) -> float:
    """The largest error over what is allowed; infinite for NaN or infinity anywhere.

    `expected` is the float64 reference; None where a product is checked by random signs alone.
    """
    if not np.isfinite(out).all():
        return math.inf
    shares = []
    if workload.name == PRODUCT:
        shares.append(product_share(inputs[0], inputs[1], out))
    if expected is not None:
        shares.append(max_relative_error(out, expected) / workload.tolerance(shape, str(out.dtype)))
    return max(shares)


def needs_reference(workload: Workload, always: bool = False) -> bool:
    """Whether this call is compared with the reference in all entries."""
    return always or workload.name != PRODUCT or secrets.randbelow(FULLY_ONE_IN) == 0


def product_share(a: NDArray[Any], b: NDArray[Any], c: NDArray[Any]) -> float:
    """Largest |C x - A (B x)| over what rounding explains; infinite where C is not finite."""
    signs = random_signs(b.shape[1])
    left, right, result = (one.astype(np.float64) for one in (a, b, c))
    with np.errstate(all="ignore"):
        difference = np.abs(result @ signs - left @ (right @ signs)).max(axis=1)
        scale = np.sqrt((left * left) @ (right * right).sum(axis=1))
    k, n = b.shape
    return share_of_rounding(difference, scale, k, n, str(c.dtype))


def random_signs(length: int) -> NDArray[Any]:
    """VECTORS columns of ±1, as float64."""
    bits = np.frombuffer(secrets.token_bytes(length), np.uint8)
    return np.unpackbits(bits[:, None], axis=1)[:, :VECTORS].astype(np.float64) * 2 - 1


def share_of_rounding(difference: NDArray[Any], scale: NDArray[Any], k: int, n: int, dtype: str) -> float:
    """The largest of each row's `difference` over what rounding explains, given its `scale` s_i; infinite where
    one is not finite."""
    if not np.isfinite(difference).all():
        return math.inf
    own = UNIT_ROUNDOFF["float64"] * (math.sqrt(k) + 2 * math.sqrt(n))
    allowed = SIGNS * (UNIT_ROUNDOFF[dtype] * math.sqrt(k) + own) * scale
    with np.errstate(all="ignore"):
        shares = np.where(difference == 0, 0.0, difference / allowed)
    return float(shares.max(initial=0.0))
