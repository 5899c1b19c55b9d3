"""How a roof is sampled: tries of one length, of which the fastest is the sample.

A Task knows nothing of budgets and order (see `plan`); all time comes from its Team, so tests hand it a clock.

The statistic. A roof is the most that the machine can do, and whatever disturbs a timing only makes it slower,
so the median of all tries is the wrong one: with a neighbour on the memory half of the time it says what half a
machine can do. A sample here is the fastest of TRIES tries in a row, and a roof is the median of such samples
with its order-statistic interval. It stands where one try in five is undisturbed (the median of the fastest of
three is the quantile 0.79 of the tries), and no single lucky try sets it, as it would set a maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from accel_core.bench.starts import nanoseconds, texts
from accel_core.model import Ceiling, Clock, Estimate, Latency, RateSeries
from accel_core.model.series import rate
from accel_core.peaks.team import Team, Try, Work
from accel_core.stats import LEAST_SAMPLES, median_interval
from accel_core.units import format_number

TRY_S = 4e-3
"""Length that a try is given, in turns of its loop."""
LEAST_TRY_S = 5e-4
"""However little time is left: waking a thread takes some microseconds, and they are in the try."""
TRIES = 3
MOST_LOST = 0.01
"""Share of a try without a processor up to which it counts as undisturbed."""
STATISTIC = f"the median of samples that are each the fastest of {TRIES} tries in a row"

Finish = Callable[[Estimate], Ceiling | Latency | Clock]


@dataclass
class Task:
    """One roof: `work(turns)` gives each thread its part; a turn of all threads does `amount` units."""

    label: str
    team: Team
    work: Callable[[int], Sequence[Work]]
    amount: float
    finish: Finish
    warm: Callable[[], object] = lambda: None
    """Run before each sample and not timed: what was sampled in between has taken the cache."""
    most_turns: int | None = None
    turns: int = 0
    rates: list[float] = field(default_factory=list)
    lost: list[float] = field(default_factory=list)
    """Of the try that became the sample: the share without a processor."""
    taken: list[Try] = field(default_factory=list)
    """The tries that became the samples."""

    def rate(self, turns: int) -> tuple[float, Try]:
        """Units per second of `turns` turns, and the try that they were."""
        done = self.team.time(self.work(turns))
        return rate(self.amount, turns, nanoseconds(done.elapsed_s)), done

    def prepare(self, try_s: float = TRY_S) -> None:
        """Find how many turns make a try."""
        try_s = max(try_s, LEAST_TRY_S)
        self.warm()
        self.rate(1)
        turns = 1
        while (elapsed := self._quickest(turns, try_s)) < try_s / 4 and turns != self.most_turns:
            turns = self._at_most(4 * turns)
        self.turns = self._at_most(max(1, round(turns * try_s / elapsed)))

    def _at_most(self, turns: int) -> int:
        return turns if self.most_turns is None else min(turns, self.most_turns)

    def _quickest(self, turns: int, try_s: float) -> float:
        """Seconds of `turns` turns; a pause of some milliseconds must not pass for slowness."""
        elapsed = self.rate(turns)[1].elapsed_s
        if try_s / 4 <= elapsed < 16 * try_s:
            elapsed = min(elapsed, *(self.rate(turns)[1].elapsed_s for _ in range(2)))
        return max(elapsed, 1e-9)

    def sample(self, tries: int = TRIES) -> None:
        """Warm up, then add the fastest of `tries` tries."""
        self.warm()
        quick, best = max((self.rate(self.turns) for _ in range(tries)), key=lambda made: made[0])
        self.rates.append(quick)
        self.lost.append(best.lost)
        self.taken.append(best)

    def undisturbed(self) -> list[int]:
        """The numbers of the samples whose threads had their processors all the time."""
        return [at for at, lost in enumerate(self.lost) if lost <= MOST_LOST]

    def counted(self) -> list[int]:
        """Those of the undisturbed samples; of all where too few are undisturbed for an interval."""
        clean = self.undisturbed()
        enough = len(clean) >= min(LEAST_SAMPLES, len(self.rates))
        return clean if enough else list(range(len(self.rates)))

    def estimate(self) -> Estimate:
        """The median of the samples that count."""
        return median_interval([self.rates[at] for at in self.counted()])

    def series(self, counted: Sequence[int]) -> tuple[RateSeries, ...]:
        """The samples of these numbers, as one series; nothing where nobody kept them."""
        kept = [self.taken[at] for at in counted] if self.taken else []
        if not kept:
            return ()
        told = texts([one.began_s for one in kept], [one.elapsed_s for one in kept])
        return (RateSeries(self.turns, *told, self.amount),)

    def disturbed_reason(self) -> str:
        """Why the estimate rests on disturbed samples, in one sentence; empty where it does not."""
        clean = len(self.undisturbed())
        if clean >= min(LEAST_SAMPLES, len(self.rates)):
            return ""
        percent = format_number(100 * float(np.median(self.lost)), 2)
        return (
            f"Something else was running: in {len(self.rates) - clean} of {len(self.rates)} samples a thread "
            f"was ready to run and had no processor, for {percent} % of the time in the middle one."
        )

    def result(self) -> Ceiling | Latency | Clock:
        """The record of the samples, marked where the threads did not have their processors to themselves."""
        kept = self.series(self.counted())
        return replace(self.finish(self.estimate()), disturbed_reason=self.disturbed_reason(), series=kept)
