"""What a clock gives: a quantum, a spread, times that only rise, and no more of them than passed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from accel_core.bench.sampling import LEAST_SAMPLE_S
from accel_core.homework.checking.findings import IMPOSSIBLE, LOOK, Says, Subject
from accel_core.homework.checking.samples import Timed
from accel_core.homework.moments import moment
from accel_core.homework.shared import NS
from accel_core.model import BlockRun, Measurement
from accel_core.units import format_time

ENOUGH = 12
"""Samples from which on their pattern says something."""
COARSE_NS = 1000
"""Clocks tick every 1 to 100 ns, some old ones every 280: whole microseconds look typed."""
SLACK_S = 120.0
"""By so much the time of day may be set right meanwhile."""
BESIDE_S = 0.5


def quantum(subject: Subject) -> Says:
    """Samples that are too round, too even, or a few over and over."""
    for one in subject.timed:
        if min(one.took, default=1) <= 0:
            yield IMPOSSIBLE, f"{one.name}: a sample took no time."
            continue
        if len(one.took) >= ENOUGH:
            yield from _pattern(one)
        least_s = min(one.took, default=0) * NS
        if one.repetitions > 1 and least_s < LEAST_SAMPLE_S / 10:
            yield LOOK, f"{one.name}: a sample took {format_time(least_s)}, and the program makes longer ones."
    for one in subject.roof_samples:
        if min(one.took, default=1) <= 0:
            yield IMPOSSIBLE, f"{one.name}: a sample took no time."
        elif len(one.took) >= ENOUGH:
            yield from _pattern(one)


def _pattern(one: Timed) -> Says:
    took = one.took
    if min(took) == max(took):
        yield IMPOSSIBLE, f"{one.name}: all {len(took)} samples are equal to the nanosecond."
    elif all(ns % COARSE_NS == 0 for ns in took):
        yield LOOK, f"{one.name}: all {len(took)} samples are whole microseconds."
    elif (period := _period(took)) is not None:
        yield IMPOSSIBLE, f"{one.name}: its samples repeat themselves, {period} at a time."
    elif len({b - a for a, b in pairwise(took)}) == 1:
        yield IMPOSSIBLE, f"{one.name}: its samples rise by the same step."


def _period(took: Sequence[int]) -> int | None:
    """The least number of samples that, over and over, make all of them; None where that is more than half.

    Two or three distinct values are a coarse clock's, and no pattern.
    """
    if len(set(took)) <= 3:
        return None
    failed = [0] * len(took)
    matched = 0
    for at in range(1, len(took)):
        while matched and took[at] != took[matched]:
            matched = failed[matched - 1]
        matched += took[at] == took[matched]
        failed[at] = matched
    period = len(took) - failed[-1]
    return period if 2 * period <= len(took) else None


def monotone(subject: Subject) -> Says:
    """Each sample begins after the one before it ended, in one measurement and among all."""
    operations = [part.timed for part in subject.block_operations]
    for one in [*subject.timed, *operations, *subject.roof_samples]:
        if not one.starts:
            yield LOOK, f"{one.name}: it does not say when its samples began."
        elif len(one.starts) != len(one.took):
            yield IMPOSSIBLE, f"{one.name}: it has {len(one.took)} samples and {len(one.starts)} starts."
        elif any(b < a + took - 1 for (a, b), took in zip(pairwise(one.starts), one.took, strict=False)):
            yield IMPOSSIBLE, f"{one.name}: a sample begins before the one before it ended."
    yield from ((IMPOSSIBLE, sentence) for sentence in [*_overlapping(subject), *_twice(subject.roof_samples)])


def _twice(roofs: Sequence[Timed]) -> Iterator[str]:
    """Series of roofs that began in one nanosecond: roofs may be of several boots, so no more is asked."""
    first: dict[int, str] = {}
    for one in roofs:
        if one.starts and (other := first.setdefault(one.starts[0], one.name)) != one.name:
            yield f"{other} and {one.name} have samples at the same time."


def _overlapping(subject: Subject) -> Iterator[str]:
    """Samples of two measurements at one time; those of another boot have another time of day beside them."""
    spans = []
    for one in subject.timed:
        if isinstance(one.of, Measurement) and len(one.starts) == len(one.took) > 0:
            ended_s = (one.starts[-1] + one.took[-1]) * NS
            boot_s = _seconds(one.of.created) - ended_s
            spans += [
                (start, start + took, boot_s, one) for start, took in zip(one.starts, one.took, strict=True)
            ]
    spans.sort(key=lambda span: span[0])
    told = set()
    for (_, end, boot_s, one), (start, _, other_s, other) in pairwise(spans):
        pair = frozenset((id(one), id(other)))
        if one is not other and start < end - 1 and abs(boot_s - other_s) < BESIDE_S and pair not in told:
            told.add(pair)
            yield f"{one.name} and {other.name} have samples at the same time."


def _seconds(time: str) -> float:
    """Of a time of day; nan where it is none, which `elapsed` tells."""
    try:
        return moment(time).timestamp()
    except (ValueError, OverflowError, OSError):
        return math.nan


def elapsed(subject: Subject) -> Says:
    """Everything lies between the beginning and the pack, and all samples together took no longer than that."""
    pack = subject.pack
    try:
        begun, ended = moment(pack.begun), moment(pack.created)
        made = [(one.name, one.of) for one in subject.timed]
        times = [(name, moment(of.created)) for name, of in made if isinstance(of, Measurement | BlockRun)]
        times += [(f"lesson {done.lesson}", moment(done.created)) for done in pack.lessons]
        roofs_at = moment(pack.peaks.created) if pack.peaks is not None else None
    except (ValueError, OverflowError):
        yield IMPOSSIBLE, "A time of day is none."
        return
    passed_s = (ended - begun).total_seconds()
    for name, at in times:
        if (at - ended).total_seconds() > SLACK_S:
            yield IMPOSSIBLE, f"{name} was measured after the pack was made."
        if (begun - at).total_seconds() > SLACK_S:
            yield IMPOSSIBLE, f"{name} was measured before the assignment was begun."
    if roofs_at is not None and (roofs_at - ended).total_seconds() > SLACK_S:
        yield IMPOSSIBLE, "The roofs were measured after the pack was made."
    within = subject.roof_samples if roofs_at is not None and roofs_at >= begun else []  # else of any time
    operations = [part.timed for part in subject.block_operations]
    spent_s = sum(sum(one.took) for one in [*subject.timed, *operations, *within]) * NS
    if spent_s > passed_s + SLACK_S:
        samples, wall = format_time(spent_s), format_time(max(passed_s, 0.0))
        yield IMPOSSIBLE, f"All samples together took {samples}, and {wall} passed from the first to the pack."


def guess_first(subject: Subject) -> Says:
    """Each guess was made before its run began."""
    for done in subject.pack.lessons:
        if done.guess is None:
            continue
        try:
            committed, ended = moment(done.guess.committed), moment(done.created)
        except ValueError:
            yield IMPOSSIBLE, f"Lesson {done.lesson}: the time of its guess is none."
            continue
        within = [one for one in subject.timed if any(one.of is result for result in done.run.results)]
        ran_s = sum(sum(one.took) for one in within) * NS
        if done.guess.lesson != done.lesson:
            yield IMPOSSIBLE, f"Lesson {done.lesson}: its guess is of lesson {done.guess.lesson}."
        if done.known_since:
            yield LOOK, f"Lesson {done.lesson}: it had been answered here before this guess was made."
        if (ended - committed).total_seconds() < ran_s:
            yield IMPOSSIBLE, f"Lesson {done.lesson}: the guess was made after its run began."
