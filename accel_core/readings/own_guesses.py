"""One's own guesses in several lessons: how far each is from what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.readings.class_guesses import NEAR
from accel_core.readings.ratios import times
from accel_core.units import format_number


@dataclass(frozen=True)
class OwnGuess:
    """A number that was guessed in a lesson, and what was measured with its interval."""

    title: str
    unit: str
    said: float
    found: float
    low: float | None
    high: float | None

    @property
    def factor(self) -> float:
        """The guess over the measurement."""
        return self.said / self.found

    @property
    def text(self) -> str:
        """ "guessed 10, found 6190 times: 619 times too low"."""
        both = f"guessed {format_number(self.said)}, found {format_number(self.found)} {self.unit}"
        off = max(self.factor, 1 / self.factor)
        if format_number(off, 2) in ("1", "1.0"):
            return both
        return f"{both}: {times(off)} too {'low' if self.factor < 1 else 'high'}"


def own_guesses_alt(rows: Sequence[OwnGuess]) -> str:
    """Each lesson with its guess and measurement."""
    if not rows:
        return "No guess in numbers yet."
    return f"Guesses over measurements: {'; '.join(f'{row.title}: {row.text}' for row in rows)}."


def own_guesses_reading(rows: Sequence[OwnGuess]) -> str:
    """How many were near, and which was farthest."""
    if not rows:
        return ""
    near = sum(max(row.factor, 1 / row.factor) <= NEAR for row in rows)
    farthest = max(rows, key=lambda row: max(row.factor, 1 / row.factor))
    return (
        f"{near} of {len(rows)} within a factor of {NEAR:g}. The farthest: {farthest.title}, {farthest.text}."
    )
