"""Who is faster where: seconds at any lengths, from races measured on a grid. Pure: races in, seconds out.

Between measured lengths the logarithm of each backend's time is interpolated linearly in the logarithms of the
lengths: a time that is a power of the lengths, as work is, comes out exactly. Corners of the grid that were not
measured (the budget had ended) leave their weight to the others.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from accel_core.model import Shape
from accel_core.operations import OPERATIONS
from accel_core.race import Calibration, Race

Key = tuple[str, str, str]
"""(operation, dtype, layout)."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of one call under each backend, and how they are known."""

    times_s: Mapping[str, float]
    source: str
    """"measured", "interpolated" or, past the measured lengths, "nearest"."""


class Crossovers:
    """Races by operation, dtype and layout. Of two at the same lengths the later one counts."""

    def __init__(self, calibrations: Iterable[Calibration]) -> None:
        self._races: dict[Key, dict[Shape, Race]] = {}
        for calibration in calibrations:
            key = (calibration.operation, calibration.dtype, calibration.layout)
            races = self._races.setdefault(key, {})
            races.update((race.lengths, race) for race in calibration.contests)

    def races(self, operation: str, dtype: str, layout: str = "C") -> tuple[Race, ...]:
        """All races of one operation, dtype and layout, in the order of their lengths."""
        found = self._races.get((operation, dtype, layout), {})
        return tuple(found[lengths] for lengths in sorted(found))

    def measured(self, operation: str, dtype: str, layout: str, lengths: Sequence[int]) -> Times | None:
        """The times measured at just these lengths; None where there are none."""
        race = self._races.get((operation, dtype, layout), {}).get(tuple(lengths))
        if race is None:
            return None
        return Times({name: time.median for name, time in race.times_s.items()}, "measured")

    def near(self, operation: str, dtype: str, layout: str, lengths: Sequence[float]) -> Times | None:
        """Times at any lengths from the races of the grid around them; None where there are none."""
        races = self._races.get((operation, dtype, layout))
        axes = OPERATIONS[operation].grid(layout, lengths)
        if not races or axes is None or min(lengths) <= 0:
            return None
        inside = [min(max(length, axis[0]), axis[-1]) for length, axis in zip(lengths, axes, strict=True)]
        corners = [(weight, races[at]) for weight, at in _corners(inside, axes) if at in races]
        if not corners:
            return None
        known = set.intersection(*(set(race.times_s) for _, race in corners))
        times = {name: _between(name, corners) for name in known}
        return Times(times, "interpolated" if inside == list(lengths) else "nearest") if times else None


def _corners(lengths: Sequence[float], axes: Sequence[Sequence[int]]) -> Iterator[tuple[float, Shape]]:
    """The corners of the cell of the grid around `lengths`, each with its weight; none of weight 0."""
    sides = []
    for length, axis in zip(lengths, axes, strict=True):
        at = min(max(bisect_right(axis, length) - 1, 0), max(len(axis) - 2, 0))
        low, high = axis[at], axis[min(at + 1, len(axis) - 1)]
        share = math.log(length / low) / math.log(high / low) if high > low else 0.0
        sides.append([(weight, end) for weight, end in ((1 - share, low), (share, high)) if weight > 0])
    for corner in itertools.product(*sides):
        yield math.prod(weight for weight, _ in corner), tuple(end for _, end in corner)


def _between(name: str, corners: Sequence[tuple[float, Race]]) -> float:
    total = sum(weight for weight, _ in corners)
    logs = sum(weight * math.log(race.times_s[name].median) for weight, race in corners)
    return math.exp(logs / total)
