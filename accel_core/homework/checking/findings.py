"""What a check finds, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from accel_core.codec import PlainData
from accel_core.homework.assignment import Assignment
from accel_core.homework.checking.samples import (
    BlockPart,
    Roof,
    Timed,
    named,
    operations_of,
    roofs_of,
    sides,
    ways,
    whole_of,
)
from accel_core.homework.pack import Pack
from accel_core.homework.shared import nanoseconds, starts
from accel_core.model import BlockRun, Comparison, Measurement, Trial

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
    def trials(self) -> list[Trial]:
        """Those of its lessons."""
        return [t for done in self.pack.lessons for t in done.run.every(Trial)]

    @cached_property
    def blocks(self) -> list[BlockRun]:
        """The transformer blocks of its lessons."""
        return [run for done in self.pack.lessons for run in done.run.every(BlockRun)]

    @cached_property
    def block_operations(self) -> list[BlockPart]:
        """The operations of all of them."""
        return [part for run in self.blocks for part in operations_of(run)]

    @cached_property
    def timed(self) -> list[Timed]:
        """All samples of calls; of a block as one."""
        found = [Timed(m, named(m), m.repetitions, nanoseconds(m), starts(m)) for m in self.measurements]
        compared = [side for c in self.comparisons for side in sides(c)]
        tried = [side for trial in self.trials for side in ways(trial)]
        return [*found, *compared, *tried, *(whole_of(run).timed for run in self.blocks)]

    @cached_property
    def roofs(self) -> list[Roof]:
        """What was measured of the machine's roofs."""
        return [] if self.pack.peaks is None else list(roofs_of(self.pack.peaks))

    @cached_property
    def roof_samples(self) -> list[Timed]:
        """All samples of roofs."""
        return [one for roof in self.roofs for one in roof.timed]


Says = Iterable[tuple[str, str]]
"""(grade, sentence) of each thing found; nothing where all is well."""
Alone = Callable[[Subject], Says]
"""A check of one pack."""


def worst(findings: Iterable[Finding]) -> str:
    """The gravest grade; OK where nothing was found."""
    return max((finding.grade for finding in findings), key=GRADES.index, default=OK)
