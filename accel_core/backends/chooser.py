"""Choosing: the measured crossovers where there are any, the rule where there are none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from accel_core.backends.choice import Choice
from accel_core.backends.crossovers import Crossovers, Times
from accel_core.backends.rule import by_rule

PREFERRED = ("numpy", "compiled", "compiled_threads", "blocked", "naive")
NEAR = 1.02
"""Twice what a contest is measured to (1 %)."""
Load = Callable[[], tuple[Crossovers, int]]
"""() -> (the crossovers of this machine, threads that it may use); called at the first choice."""


class Chooser:
    """Chooses by operation, lengths, dtype and layout.

    Lengths that were measured themselves are answered by that measurement, all others by their class: each
    length rounded to half an octave, so that each class is worked out once. Nothing is read before the first
    choice, and nothing after it until `reload`.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loaded: tuple[Crossovers, int] | None = None
        self._classes: dict[tuple[str, tuple[float, ...], str, str], Times | None] = {}

    def reload(self) -> None:
        """Forget everything: the next choice reads the crossovers anew."""
        self._loaded = None
        self._classes = {}

    def choose(self, operation: str, lengths: Sequence[int], dtype: str, layout: str) -> Choice:
        """The choice for operands of `lengths` (contest.LENGTHS) that lie in memory as `layout` says."""
        if self._loaded is None:
            self._loaded = self._load()
        crossovers, threads = self._loaded
        measured = crossovers.measured(operation, dtype, layout, lengths)
        found = measured or self._of_class(crossovers, operation, lengths, dtype, layout)
        if found is None:
            backend, sentence = by_rule(operation, lengths, layout, threads)
            return Choice(operation, tuple(lengths), dtype, layout, backend, "rule", sentence, {})
        backend = best_of(found.times_s)
        return Choice(operation, tuple(lengths), dtype, layout, backend, found.source, "", found.times_s)

    def _of_class(
        self, crossovers: Crossovers, operation: str, lengths: Sequence[int], dtype: str, layout: str
    ) -> Times | None:
        middle = shape_class(lengths)
        key = (operation, middle, dtype, layout)
        if key not in self._classes:
            self._classes[key] = crossovers.near(operation, dtype, layout, middle)
        return self._classes[key]


def best_of(times_s: Mapping[str, float]) -> str:
    """The fastest; of those within NEAR of it the first in PREFERRED, so that noise chooses nothing
    far-fetched."""
    most_s = NEAR * min(times_s.values())
    known = [name for name in (*PREFERRED, *times_s) if times_s.get(name, math.inf) <= most_s]
    return known[0]


def shape_class(lengths: Sequence[int]) -> tuple[float, ...]:
    """`lengths` rounded to half an octave (1, 1.41, 2, 2.83, 4 ...); 0 stays 0."""
    return tuple(2 ** (round(2 * math.log2(length)) / 2) if length else 0.0 for length in lengths)
