"""The smaller case that is run where one would take too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from accel_core import registry
from accel_core.model import Case


def stand_in(case: Case, budget_s: float) -> Case | None:
    """The largest smaller size of which four calls are predicted to fit the budget; None where none does."""
    smaller = (replace(case, size=size, shape=None) for size in smaller_sizes(case.size))
    return next((one for one in smaller if registry.predicted_s(one) <= budget_s / 4), None)


def smaller_sizes(size: int) -> Iterator[int]:
    """Powers of two and the halves between them, falling, all smaller than `size`: 96, 64, 48, 32 ..."""
    power = 1 << max(0, size - 1).bit_length()
    while power >= 1:
        if power < size:
            yield power
        half = power * 3 // 4
        if power >= 4 and half < size:
            yield half
        power //= 2
