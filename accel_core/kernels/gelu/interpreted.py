"""GELU by NumPy: in eight named steps, in one expression, and in place.

gelu(x) = 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), the tanh form of D. Hendrycks and K. Gimpel, Gaussian
Error Linear Units, arXiv:1606.08415 (2016).

The contract of every rung of this ladder: `gelu_<how>(x)` takes x of any shape and strides, float32 or float64,
and returns a new array of its shape and dtype; a rung that takes `out` writes there instead and returns it.
x is never written. NaN stays NaN, gelu(+inf) = +inf, gelu(-inf) = -0.0.

The constants are Python floats: a NumPy float64 scalar such as `np.sqrt(2 / np.pi)` would turn a float32 array
into a float64 one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715


def named_steps(x: NDArray) -> NDArray:
    """x (any shape) -> same shape: GELU."""
    cube = x**3
    scaled = CUBIC * cube
    inner = x + scaled
    argument = ROOT * inner
    tanh = np.tanh(argument)
    plus_one = 1 + tanh
    half = 0.5 * x
    return half * plus_one


def power_expression(x: NDArray) -> NDArray:
    """x (any shape) -> same shape: GELU."""
    return 0.5 * x * (1 + np.tanh(ROOT * (x + CUBIC * x**3)))


def expression(x: NDArray) -> NDArray:
    """x (any shape) -> same shape: GELU."""
    return 0.5 * x * (1 + np.tanh(ROOT * (x + CUBIC * (x * x * x))))


def in_place(x: NDArray, y: NDArray) -> None:
    """Write GELU of x (any shape) to y (same shape)."""
    np.multiply(x, x, out=y)
    y *= CUBIC
    y += 1
    y *= x
    y *= ROOT
    np.tanh(y, out=y)
    y += 1
    y *= 0.5  # before x comes in: 2 x would overflow where the result, x, does not
    y *= x


def gelu_named_steps(x: NDArray) -> NDArray:
    """x (any shape) -> same shape: eight statements, each with a name and an array of its own."""
    return _with_limits(named_steps, x)


def gelu_power_expression(x: NDArray) -> NDArray:
    """x (any shape) -> same shape: one expression, as the formula is printed."""
    return _with_limits(power_expression, x)


def gelu_expression(x: NDArray) -> NDArray:
    """x (any shape) -> same shape: the same expression with the cube as two multiplications."""
    return _with_limits(expression, x)


def gelu_in_place(x: NDArray, out: NDArray | None = None) -> NDArray:
    """x (any shape) -> same shape: every step writes into the result, which may not share memory with x."""
    y = np.empty(x.shape, x.dtype) if out is None else out
    _with_limits(in_place, x, y)
    return y


def _with_limits(formula: Callable[..., Any], x: NDArray, *out: NDArray) -> Any:
    """`formula(x, *out)`, and again where -inf met 1 + tanh = 0: the limit there is -0.0, the product is NaN.

    The processor's flag for an invalid operation tells, so finite input pays nothing for this. The smallest
    finite number takes the place of -inf: its cube overflows and the tanh is -1 all the same.
    """
    try:
        with np.errstate(all="ignore", invalid="raise"):
            return formula(x, *out)
    except FloatingPointError:
        with np.errstate(all="ignore"):
            return formula(np.maximum(x, np.finfo(x.dtype).min), *out)
