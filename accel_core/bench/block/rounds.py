"""A block timed in rounds: once operation by operation, and once as a whole, who is first moving on.

A round of a block that takes microseconds makes so many passes each way that it lasts SAMPLE_S: a sample of an
operation is then the sum of its times in all of them, each in its place between the one before and the one
after. Every look at the clock is within an operation's time (48 ns on a Xeon with Linux, by Python's timeit);
the whole has two a sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, repeat
from statistics import median
from typing import Any

from accel_core.bench.clocks import Clocks, Span
from accel_core.bench.sampling import MOST_SAMPLES, Racer, in_turns, no_garbage_collection, span_since
from accel_core.bench.starts import series
from accel_core.machine import CpuTimes
from accel_core.model import Estimate, Series
from accel_core.stats import median_interval

SAMPLE_S = 0.02
PLACED_S = 0.3
"""Of passes for `each_call_s`."""
Call = Callable[[], Any]


@dataclass(frozen=True)
class Timed:
    """One operation, or the whole."""

    time_s: Estimate
    series: Series


@dataclass(frozen=True)
class Rounds:
    """What came out, and what passed meanwhile."""

    operations: tuple[Timed, ...]
    whole: Timed
    span: Span
    beside_s: float | None
    """Median of the call beside them."""


@dataclass
class Parted(Racer):
    """Passes over all operations with a look at the clock after each; `times_s` are of whole passes."""

    calls: Sequence[Call] = ()
    parts_s: list[list[float]] = field(default_factory=list)
    """For each sample the seconds per call of each operation."""
    part_starts_s: list[list[float]] = field(default_factory=list)
    """When each was called first in the sample."""

    def run(self, clocks: Clocks) -> None:
        """One more sample."""
        calls, wall, many = self.calls, clocks.wall, len(self.calls)
        cpu_s = clocks.cpu()
        looks = [wall()]
        look = looks.append
        for _ in repeat(None, self.repetitions):
            for call in calls:
                call()
                look(wall())
        self.cpu_s += clocks.cpu() - cpu_s
        wall_s = looks[-1] - looks[0]
        self.wall_s += wall_s
        self.times_s.append(wall_s / self.repetitions)
        took = [after - before for before, after in pairwise(looks)]
        self.parts_s.append([math.fsum(took[at::many]) / self.repetitions for at in range(many)])
        self.part_starts_s.append(looks[:many])


def take_rounds(
    calls: Sequence[Call],
    pass_s: float,
    budget_s: float,
    clocks: Clocks,
    threads: int,
    beside: Call | None = None,
) -> Rounds:
    """Rounds of `calls` for `budget_s`, at least one; one pass takes about `pass_s`.

    In each round `beside` is called once too, where there is one.
    """

    def whole() -> None:
        for call in calls:
            call()

    repetitions = max(1, math.ceil(SAMPLE_S / max(pass_s, 1e-6)))
    parted, one = Parted(whole, repetitions, calls=tuple(calls)), Racer(whole, repetitions)
    racers: list[Racer] = [parted, one]
    third = None if beside is None else Racer(beside)
    if third is not None:
        racers.append(third)
    with no_garbage_collection():
        clocks.lookout.begin()
        host, start_s = clocks.host(), clocks.wall()
        for order in in_turns(racers):
            for racer in order:
                racer.run(clocks)
            clocks.lookout.look()
            if clocks.wall() - start_s >= budget_s or len(one.times_s) >= MOST_SAMPLES:
                break
        span = by_others(span_since(host, racers, clocks, threads), host, clocks.host())
    each = zip(
        zip(*parted.part_starts_s, strict=True),
        zip(*parted.parts_s, strict=True),
        strict=True,
    )
    operations = tuple(_timed(starts, times, repetitions) for starts, times in each)
    beside_s = None if third is None else median(third.times_s)
    return Rounds(operations, _timed(one.starts_s, one.times_s, repetitions), span, beside_s)


def by_others(span: Span, before: CpuTimes, after: CpuTimes) -> Span:
    """`span` whose threads waited no longer for a processor than programs other than this one had any.

    The library's threads still spin when a compiled loop starts threads of its own, so that more threads of
    this process are ready to run than there are processors: they then wait for one another.
    """
    passed_s = (after.total_s - before.total_s) / max(after.processors, 1)
    if span.waited_fraction is None or passed_s <= 0:
        return span
    busy_s = (after.total_s - after.idle_s) - (before.total_s - before.idle_s)
    others_s = busy_s - (after.own_s - before.own_s)
    return replace(span, waited_fraction=min(span.waited_fraction, max(others_s, 0.0) / passed_s))


def each_call_s(
    calls: Sequence[Call], empty: Sequence[Call], pass_s: float, clocks: Clocks
) -> tuple[float, ...]:
    """The median seconds of each of `empty`, in its place: before that of `calls` which does the work.

    So the caches hold of its code, and of Python's, what the operation before has left of them.
    """
    passes = min(max(round(PLACED_S / max(pass_s, 1e-6)), 3), 100)
    took: list[list[float]] = []
    with no_garbage_collection():
        for _ in range(passes):
            took.append([])
            for call, first in zip(calls, empty, strict=True):
                start_s = clocks.wall()
                first()
                took[-1].append(clocks.wall() - start_s)
                call()
    return tuple(map(median, zip(*took, strict=True)))


def _timed(starts_s: Sequence[float], times_s: Sequence[float], repetitions: int) -> Timed:
    return Timed(median_interval(times_s), series(starts_s, times_s, repetitions))
