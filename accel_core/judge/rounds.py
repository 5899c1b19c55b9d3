"""One size: rounds in which the submission and the baselines compute the same fresh inputs, in changing order.

Every answer of the submission is checked, those of the warm-up calls too, and every time is that of a checked
call. How many samples there are depends on the size alone and on how long the baselines take, never on the
submission.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from accel_core.arena.scoring import drift, least_drift
from accel_core.judge.checking import needs_reference, share_of_allowed
from accel_core.judge.inside import pages
from accel_core.judge.players import Player
from accel_core.judge.table import Posed, Table
from accel_core.model import BaselineTime, Series, Shape
from accel_core.model.packed import packed
from accel_core.stats import LEAST_SAMPLES, median_interval

WARM_UP, SAMPLES, FEWER = 2, 11, 8
"""Calls of a size before its samples; samples of a size, and of one whose slowest baseline takes `FEWER_S`: of
eight times a drift still has an interval."""
FEWER_S, SLOW_S = 0.25, 0.06
"""A baseline that takes longer than the second is called in three rounds only: the first, the middle one, the
last."""
TRIED_SAMPLES, SHORT_S = 3, 0.02
"""Samples of a size in a trial, for which there is always time where a call takes less than the second."""
PAUSE_S = 0.02
"""Before the first output of a size is looked at again; later ones are when they have been checked."""
NS = 1e-9


@dataclass
class Track:
    """Times of one that computes, as the clock gave them."""

    name: str
    took_ns: list[int] = field(default_factory=list)
    starts_ns: list[int] = field(default_factory=list)

    def add(self, start_ns: int, took_ns: int) -> None:
        """Keep a sample."""
        self.starts_ns.append(start_ns)
        self.took_ns.append(took_ns)

    @property
    def seconds(self) -> list[float]:
        """Its samples."""
        return [took * NS for took in self.took_ns]

    def series(self) -> Series:
        """Its samples as they are kept."""
        gaps = [after - before for before, after in pairwise(self.starts_ns)]
        return Series(1, packed(self.took_ns), packed([*self.starts_ns[:1], *gaps]))

    def baseline(self) -> BaselineTime:
        """The same of a baseline."""
        factor = drift(self.seconds)
        far = None if factor is None else abs(factor.median - 1)
        return BaselineTime(self.name, median_interval(self.seconds), far, least_drift(factor))


def in_order(count: int, turn: int) -> list[int]:
    """0 … count - 1, another one first in each turn, and every second turn backwards."""
    order = [(turn + i) % count for i in range(count)]
    return order[::-1] if turn % 2 else order


@dataclass(frozen=True, slots=True)
class Timed:
    """What the rounds of a size gave."""

    track: Track
    baselines: tuple[Track, ...]
    max_error: float

    @property
    def drift(self) -> float | None:
        """By how much the machine was slower in the later rounds than in the earlier ones, as a share.

        Every baseline's times are taken as shares of its median, and those of all are taken together: what
        meets one of them alone, for a moment, hardly moves the median. None with few rounds.
        """
        often = [one.seconds for one in self.baselines if len(one.took_ns) >= LEAST_SAMPLES]
        halves: tuple[list[float], list[float]] = ([], [])
        for times in often:
            middle, half = median(times), len(times) // 2
            for kept, part in zip(halves, (times[:half], times[-half:]), strict=True):
                kept += [one / middle for one in part]
        return median(halves[1]) / median(halves[0]) - 1 if often else None


def time_size(
    table: Table,
    baselines: Player | None,
    names: Sequence[str],
    shape: Shape,
    budget_s: float | None,
) -> Timed:
    """The rounds of one size; where it is only tried, they should take no longer than `budget_s`."""
    until_s = None if budget_s is None else time.monotonic() + budget_s
    posed = Posed.fresh(table.workload, shape, table.dtype)
    table.lay(posed, *([table.player] if baselines is None else [table.player, baselines]))
    table.errors.clear()
    mine, others = Track(""), [Track(name) for name in names]
    rounds = _Rounds(table, baselines, mine, others)
    if until_s is not None:
        rounds.few(posed, lambda: until_s - time.monotonic())
    else:
        rounds.many(posed)
    return Timed(mine, tuple(one for one in others if one.took_ns), max(table.errors))


@dataclass
class _Rounds:
    table: Table
    baselines: Player | None
    mine: Track
    others: list[Track]

    def many(self, posed: Posed) -> None:
        """Warm-up calls, then as many samples as the slowest baseline leaves time for."""
        for _ in range(WARM_UP):
            self.submission(posed, keep=False)
            posed = self.next(posed)
        warm = [self.warm(posed, at) for at in range(len(self.others))]
        samples = FEWER if max(warm, default=0.0) > FEWER_S else SAMPLES
        thrice = {0, samples // 2, samples - 1}
        for turn in range(samples):
            posed = self.next(posed)
            for at in in_order(1 + len(self.others), turn):
                if at == 0:
                    self.submission(posed, keep=True, first=turn == 0)
                elif warm[at - 1] <= SLOW_S or turn in thrice:
                    self.baseline(posed, at - 1, keep=True)

    def warm(self, posed: Posed, at: int) -> float:
        """Seconds of a baseline's call; of the second where the first, which may compile, took long."""
        first_s = self.baseline(posed, at, keep=False)
        return first_s if first_s <= SLOW_S else min(first_s, self.baseline(posed, at, keep=False))

    def few(self, posed: Posed, left_s: Callable[[], float]) -> None:
        """One call, which is the warm-up where there is time for others."""
        warm = self.submission(posed, keep=False, first=True)
        short = warm[1] * NS < SHORT_S
        time_for = TRIED_SAMPLES if short else int(left_s() / (2 * warm[1] * NS))
        if time_for < 1:
            self.mine.add(*warm)
        for _ in range(min(TRIED_SAMPLES, time_for)):
            posed = self.next(posed)
            self.submission(posed, keep=True)

    def next(self, posed: Posed) -> Posed:
        """Fresh inputs of the same shape."""
        return Posed.fresh(posed.workload, posed.shape, self.table.dtype)

    def submission(self, posed: Posed, keep: bool, first: bool = False) -> tuple[int, int]:
        """(start, nanoseconds) of a checked call; the first of a size in full, and looked at after a pause."""
        start_ns, took_ns = self.table.call(posed, always=first, pause_s=PAUSE_S if first else 0.0)
        if keep:
            self.mine.add(start_ns, took_ns)
        return start_ns, took_ns

    def baseline(self, posed: Posed, at: int, keep: bool) -> float:
        """Seconds of one checked call of a baseline."""
        assert self.baselines is not None
        stage = self.table.stage
        stage.put(posed.inputs)
        stage.clear()
        start_ns = time.monotonic_ns()
        took_ns = self.baselines.do(pages.CALL, at, timeout_s=60.0)
        self.baselines.do(pages.DELIVER, at)
        expected = posed.expected if needs_reference(self.table.workload) else None
        share = share_of_allowed(self.table.workload, posed.shape, posed.inputs, stage.out, expected)
        if not share <= 1:
            raise RuntimeError(f"the baseline {self.others[at].name} gives a wrong result")
        if keep:
            self.others[at].add(start_ns, took_ns)
        return took_ns * NS


def null_s(player: Player, calls: int = 100) -> float:
    """Median round trip of a call that does nothing, before anything foreign has run in the child."""
    for _ in range(calls // 10):
        player.do(pages.NOTHING)
    return median(player.do(pages.NOTHING) for _ in range(calls)) * NS
