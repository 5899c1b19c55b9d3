"""2^t by arithmetic alone: how far its polynomials are from the truth."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest

from accel_core.kernels import exponential


@pytest.mark.parametrize(
    ("coefficients", "bound"), [(exponential._C32, Decimal("1.1e-7")), (exponential._C64, Decimal("8e-16"))]
)
def test_the_polynomials_are_as_near_as_they_say(coefficients: tuple[Any, ...], bound: Decimal) -> None:
    with localcontext() as context:
        context.prec = 40
        worst = Decimal(0)
        for step in range(-200, 201):
            f, value = Decimal(step) / 400, Decimal(0)
            for coefficient in reversed(coefficients):
                value = value * f + Decimal(float(coefficient))
            worst = max(worst, abs(value / Decimal(2) ** f - 1))
    assert bound * 3 / 4 < worst <= bound
