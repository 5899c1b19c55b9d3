"""What a room said, counted: how its guesses lie, how many met what was found, and who changed their mind."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

from accel_core.hall.hall import Asked
from accel_core.lessons import Choice, Form, Number, Order, Truth

NEAR = 2.0
"""A number counts as met within this factor."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Those who voted twice."""

    nearer: int
    further: int
    stayed: int
    """As far off as before, by another guess or by the same."""

    @property
    def both(self) -> int:
        """How many there are."""
        return self.nearer + self.further + self.stayed


def off(form: Form, said: str, truth: Truth) -> float:
    """How far off a guess is: by decades, by pairs that stand the other way round, or 0 or 1 for a choice."""
    if isinstance(form, Number):
        found = float(truth.value)
        return abs(math.log10(form.read(said) / found)) if found > 0 else math.inf
    if isinstance(form, Order):
        return float(form.swapped(form.read(said), str(truth.value)))
    return float(form.read(said) != truth.value)


def met(form: Form, said: str, truth: Truth) -> bool:
    """Whether a guess is what was found: a number within a factor of NEAR."""
    return off(form, said, truth) <= (math.log10(NEAR) if isinstance(form, Number) else 0)


def moved(form: Form, asked: Asked, truth: Truth) -> Moved:
    """How those who voted twice moved."""
    pairs = [
        (off(form, asked.first[one], truth), off(form, said, truth))
        for one, said in asked.second.items()
        if one in asked.first
    ]
    nearer = sum(after < before for before, after in pairs)
    further = sum(after > before for before, after in pairs)
    return Moved(nearer, further, len(pairs) - nearer - further)


def numbers(form: Number, votes: Mapping[str, str]) -> list[float]:
    """The guesses as numbers, in rising order."""
    return sorted(map(form.read, votes.values()))


def middle(values: list[float]) -> tuple[float, float, float]:
    """(lower quartile, median, upper quartile) of guesses, each of them once at least."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, _, high = quantiles(map(math.log10, values), n=4, method="inclusive")
    return 10**low, median(values), 10**high


def counted(form: Choice, votes: Iterable[str]) -> dict[str, int]:
    """How many said each answer, in the order of the answers."""
    said = Counter(votes)
    return {name: said[name] for name in form.answers}
