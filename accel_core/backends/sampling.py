"""One contest: the same call by several backends, each checked, then timed in turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.bench.clocks import Clocks, Span
from accel_core.bench.comparing import settle
from accel_core.bench.sampling import is_narrow, time_calls
from accel_core.contest import Contest
from accel_core.model import Estimate, Shape
from accel_core.stats import LEAST_SAMPLES, median_interval, ratio_interval

HOPELESS = 3.0
"""Whoever takes so many times the best's time is timed once: no more samples would change the choice."""
SAMPLE_S = 3e-4
"""Length of a sample: a thousand times what reading the clock takes, and short, for there are many shapes."""
TOO_SHORT_S = 2e-5
"""A call for which nobody wakes threads."""
LONG_S = 5e-3
"""A call beside which waking threads does not show."""
Call = Callable[[], Any]


@dataclass
class _Runner:
    call: Call
    repetitions: int
    times_s: list[float]


def hold(
    lengths: Shape,
    calls: Mapping[str, Call],
    budget_s: float,
    clocks: Clocks,
    threaded: Collection[str] = (),
) -> Contest:
    """The contest of `calls` (name -> a call that has run before), timed in turns for about `budget_s` seconds,
    at least once each.

    It ends sooner when the best is known from the second best to 1 %. Before a sample of one of the `threaded`
    the other threads of this process come to rest: those of a library spin for some milliseconds after a call,
    on the processor that is needed now. And what slept meanwhile is woken by a call that does not count.
    Garbage collection is for the caller to stop: to start it costs more than most contests.
    """
    host, wall_s, cpu_s = clocks.host(), 0.0, 0.0
    start = clocks.wall()
    runners: dict[str, _Runner] = {}
    best_s = math.inf
    for name, call in calls.items():
        runners[name] = _first(call, clocks, best_s if name in threaded else 0.0)
        best_s = min(best_s, runners[name].times_s[0])
    racing = [name for name, runner in runners.items() if runner.times_s[0] <= HOPELESS * best_s]
    wakes = best_s > TOO_SHORT_S and any(name in threaded for name in racing)
    while len(racing) > 1 and clocks.wall() - start < budget_s:
        for name in racing:
            runner = runners[name]
            if wakes and name in threaded:
                settle(clocks)
            if wakes and runner.times_s[0] < LONG_S:
                runner.call()
            sample_s, used_s = time_calls(runner.call, runner.repetitions, clocks)
            runner.times_s.append(sample_s / runner.repetitions)
            wall_s, cpu_s = wall_s + sample_s, cpu_s + used_s
        racing.append(racing.pop(0))  # who comes first moves on
        lead = _lead(runners)
        if len(runner.times_s) >= LEAST_SAMPLES and lead is not None and is_narrow(lead):
            break
    span = Span.between(host, clocks.host(), wall_s, cpu_s, 1)
    times = {name: median_interval(runner.times_s) for name, runner in runners.items()}
    return Contest(lengths, times, _lead(runners), span.disturbed_reason(1))


def _first(call: Call, clocks: Clocks, best_s: float) -> _Runner:
    """One sample, as long as the clock needs; from rest where the call may come near `best_s`."""
    first_s, _ = time_calls(call, 1, clocks)
    if TOO_SHORT_S < first_s <= 10 * best_s:
        settle(clocks)
        call()
        first_s, _ = time_calls(call, 1, clocks)
    repetitions = max(1, math.ceil(SAMPLE_S / first_s)) if first_s > 0 else 1
    if repetitions > 1:
        sample_s, _ = time_calls(call, repetitions, clocks)
        first_s = sample_s / repetitions
    return _Runner(call, repetitions, [first_s])


def _lead(runners: Mapping[str, _Runner]) -> Estimate | None:
    """Time of the second best / time of the best, from the rounds in which both ran."""
    order = sorted(runners.values(), key=lambda runner: median_interval(runner.times_s).median)
    if len(order) < 2:
        return None
    best, second = order[:2]
    return ratio_interval(list(zip(best.times_s, second.times_s, strict=False)))
