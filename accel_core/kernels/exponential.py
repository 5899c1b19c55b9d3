"""2^t by arithmetic alone, so that a loop which calls it becomes vector instructions.

The exponential of the C library is a call for each element: a loop with such a call stays scalar. Here t is
split into the nearest whole number n and the rest f in [-1/2, 1/2]; 2^f is a polynomial, and 2^n is made by
writing n into the exponent bits of a floating-point number (IEEE 754-2019, section 3.4).

The polynomials are 1 at 0 and have the least largest relative error that a degree allows (minimax), found by
least squares whose weights grow where the error is large (Lawson's algorithm). That of degree 5 is within
1.1e-7 of 2^f in float32, that of degree 10 within 8e-16 in float64, near the rounding of the types.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

PER_E = 1 / math.log(2)
"""e^t = 2^(PER_E t)."""
_C32 = tuple(
    map(np.float32, (1.0, 0.6931470036506653, 0.2402224242687226, 0.05550733953714371, 0.009671520441770554,
                     0.0013264745939522982))
)  # fmt: skip
_C64 = (
    1.0, 0.6931471805599492, 0.24022650695909054, 0.05550410866449234, 0.00961812910794847,
    0.0013333558224210386, 0.00015403530090158727, 1.5252660292501203e-05, 1.3215585353253087e-06,
    1.0208177755318287e-07, 7.052454720740875e-09,
)  # fmt: skip
"""Coefficients of the polynomials for 2^f, from the lowest power on."""
_ROUND32, _ROUND64 = np.float32(1.5 * 2**23), 1.5 * 2.0**52
"""Added to a small number, these leave no bits after the point: the sum is rounded to a whole number."""
_LIFT32, _LIFT64 = 32, 64
"""More than the 23 and 52 steps from the smallest normal number down to the smallest of all."""


def power_of_two(t: Any) -> Any:
    """2^t for a float32 or float64 number, in compiled code; NaN stays NaN.

    Less than the smallest normal number (within a half of t) is 0, more than the largest is infinity.
    """
    return np.exp2(t)


def lifted_power_of_two(t: Any) -> Any:
    """2^(t + 32) in float32, 2^(t + 64) in float64: the power of two of a t up to 0 with room below.

    For quotients of powers, which the lift leaves as they are: a power that would itself be subnormal is held
    in full, and only the quotient is rounded. It costs nothing: another number is added to the exponent bits.
    """
    return np.exp2(t + (_LIFT32 if t.dtype == np.float32 else _LIFT64))


def _power_32(lift: int) -> Callable[[Any], Any]:
    """The exponent bits of 2^low are those of zero, the exponent bits of 2^high those of infinity."""
    low, high, one = np.float32(-127 - lift), np.float32(128 - lift), np.int32((127 + lift) << 23)

    def power(t: Any) -> Any:
        t = high if t > high else t
        t = low if t < low else t
        shifted = np.float32(t + _ROUND32)
        f = t - (shifted - _ROUND32)
        series = _C32[5]
        series = series * f + _C32[4]
        series = series * f + _C32[3]
        series = series * f + _C32[2]
        series = series * f + _C32[1]
        series = series * f + _C32[0]
        bits = np.int32((shifted.view(np.int32) << np.int32(23)) + one)
        return series * bits.view(np.float32)

    return power


def _power_64(lift: int) -> Callable[[Any], Any]:
    """As in float32, with 52 bits of fraction and 11 of exponent."""
    low, high, one = -1023.0 - lift, 1024.0 - lift, np.int64((1023 + lift) << 52)

    def power(t: Any) -> Any:
        t = high if t > high else t
        t = low if t < low else t
        shifted = np.float64(t + _ROUND64)
        f = t - (shifted - _ROUND64)
        series = _C64[10]
        series = series * f + _C64[9]
        series = series * f + _C64[8]
        series = series * f + _C64[7]
        series = series * f + _C64[6]
        series = series * f + _C64[5]
        series = series * f + _C64[4]
        series = series * f + _C64[3]
        series = series * f + _C64[2]
        series = series * f + _C64[1]
        series = series * f + _C64[0]
        bits = np.int64((shifted.view(np.int64) << np.int64(52)) + one)
        return series * bits.view(np.float64)

    return power


_POWER = {types.float32: _power_32(0), types.float64: _power_64(0)}
_LIFTED = {types.float32: _power_32(_LIFT32), types.float64: _power_64(_LIFT64)}
_INSIDE: Any = {"forceinline": True, "error_model": "numpy", "fastmath": {"contract"}}


@overload(power_of_two, jit_options=_INSIDE)
def _compiled_power_of_two(t: Any) -> Any:
    return _POWER.get(t)


@overload(lifted_power_of_two, jit_options=_INSIDE)
def _compiled_lifted_power_of_two(t: Any) -> Any:
    return _LIFTED.get(t)
