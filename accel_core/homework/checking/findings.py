"""What a check finds, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from accel_core.codec import PlainData
from accel_core.homework.assignment import Assignment
from accel_core.homework.pack import Pack
from accel_core.homework.shared import nanoseconds, starts
from accel_core.model import Comparison, Measurement
from accel_core.model.packed import unpacked

OK, LOOK, IMPOSSIBLE = "ok", "look", "impossible"
GRADES = (OK, LOOK, IMPOSSIBLE)


@dataclass(frozen=True, slots=True)
class Finding(PlainData):
    """One sentence of a check."""

    check: str
    """Its name."""
    grade: str
    """ "look": somebody should look at it; "impossible": no run of the program brings that."""
    sentence: str


@dataclass(frozen=True)
class Timed:
    """Samples of a measurement, or of one side of a comparison, in whole nanoseconds."""

    of: Measurement | Comparison
    name: str
    """For a sentence: "matmul/numpy at N=256"."""
    repetitions: int
    took: tuple[int, ...]
    starts: tuple[int, ...]
    """By the monotonic clock; none where the record does not say."""

    @property
    def spent_ns(self) -> int:
        """From the start of the first sample to the end of the last, at least as long as all of them."""
        return max(sum(self.took), self.starts[-1] + self.took[-1] - self.starts[0] if self.starts else 0)


@dataclass(frozen=True)
class Subject:
    """One pack and its assignment."""

    pack: Pack
    assignment: Assignment

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Those of its lessons."""
        return [c for done in self.pack.lessons for c in done.run.every(Comparison)]

    @cached_property
    def measurements(self) -> list[Measurement]:
        """All of them, each once."""
        return self.pack.measurements()

    @cached_property
    def timed(self) -> list[Timed]:
        """All samples."""
        found = [Timed(m, named(m), m.repetitions, nanoseconds(m), starts(m)) for m in self.measurements]
        return found + [side for c in self.comparisons for side in sides(c)]


def named(measurement: Measurement) -> str:
    """A measurement in a sentence."""
    return f"{measurement.kernel} at N={measurement.size}"


def sides(comparison: Comparison) -> Iterator[Timed]:
    """The samples of a and of b; nothing where they were not kept."""
    for kernel, series in zip((comparison.a, comparison.b), comparison.series, strict=False):
        began: list[int] = []
        for step in unpacked(series.starts):
            began.append(step + (began[-1] if began else 0))
        name = f"{kernel} at N={comparison.size} in a comparison"
        yield Timed(comparison, name, series.repetitions, unpacked(series.samples), tuple(began))


Says = Iterable[tuple[str, str]]
"""(grade, sentence) of each thing found; nothing where all is well."""
Alone = Callable[[Subject], Says]
"""A check of one pack."""


def worst(findings: Iterable[Finding]) -> str:
    """The gravest grade; OK where nothing was found."""
    return max((finding.grade for finding in findings), key=GRADES.index, default=OK)
