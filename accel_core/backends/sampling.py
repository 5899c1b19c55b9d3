"""One race: the same call by several backends, each checked, then timed in turns."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from accel_core.bench.clocks import Clocks
from accel_core.bench.comparing import settle
from accel_core.bench.sampling import Call, Racer, in_turns, is_narrow, span_since, time_calls
from accel_core.model import Estimate, Shape
from accel_core.race import Race
from accel_core.stats import LEAST_SAMPLES, median_interval, ratio_interval

HOPELESS = 3.0
"""Whoever takes so many times the best's time is timed once: no more samples would change the choice."""
SAMPLE_S = 3e-4
"""Length of a sample: a thousand times what reading the clock takes, and short, for there are many shapes."""
TOO_SHORT_S = 2e-5
"""A call for which nobody wakes threads."""
LONG_S = 5e-2
"""A call beside which waking threads does not show: those just woken may take turns on one processor for some
milliseconds."""
AWAKE_S = 1e-3
"""So long threads are called before a sample counts: the second call after a rest is not yet at their pace."""


def hold(
    lengths: Shape,
    calls: Mapping[str, Call],
    budget_s: float,
    clocks: Clocks,
    threaded: Collection[str] = (),
) -> Race:
    """The race of `calls` (name -> a call that has run before), timed in turns for about `budget_s` seconds,
    at least once each.

    It ends sooner when the best is known from the second best to 1 %. Before a sample of one of the `threaded`
    the other threads of this process come to rest: those of a library spin for some milliseconds after a call,
    on the processor that is needed now. And what slept meanwhile is woken by calls that do not count.
    Garbage collection is for the caller to stop: to start it costs more than most races.
    """
    host, start = clocks.host(), clocks.wall()
    racers: dict[str, Racer] = {}
    best_s = math.inf
    for name, call in calls.items():
        racers[name] = _first(call, clocks, best_s if name in threaded else 0.0)
        best_s = min(best_s, racers[name].times_s[0])
    racing = [name for name, racer in racers.items() if racer.times_s[0] <= HOPELESS * best_s]
    wakes = best_s > TOO_SHORT_S and any(name in threaded for name in racing)
    for order in in_turns(racing):
        if len(racing) < 2 or clocks.wall() - start >= budget_s:
            break
        for name in order:
            racer = racers[name]
            if wakes and name in threaded:
                settle(clocks)
            if wakes and racer.times_s[0] < LONG_S:
                _wake(racer.call, clocks)
            racer.run(clocks)
        ratio = _ratio(racers)
        if len(racer.times_s) >= LEAST_SAMPLES and ratio is not None and is_narrow(ratio):
            break
    span = span_since(host, racers.values(), clocks, 1)
    times = {name: median_interval(racer.times_s) for name, racer in racers.items()}
    return Race(lengths, times, _ratio(racers), span.disturbed_reason(1))


def _first(call: Call, clocks: Clocks, best_s: float) -> Racer:
    """One sample, as long as the clock needs; from rest where the call may come near `best_s`."""
    first_s, _ = time_calls(call, 1, clocks)
    if TOO_SHORT_S < first_s <= 10 * best_s:
        settle(clocks)
        _wake(call, clocks)
        first_s, _ = time_calls(call, 1, clocks)
    repetitions = max(1, math.ceil(SAMPLE_S / first_s)) if first_s > 0 else 1
    if repetitions > 1:
        sample_s, _ = time_calls(call, repetitions, clocks)
        first_s = sample_s / repetitions
    return Racer(call, repetitions, [first_s])


def _wake(call: Call, clocks: Clocks) -> None:
    """Call once, and again until AWAKE_S have passed."""
    end_s = clocks.wall() + AWAKE_S
    call()
    while clocks.wall() < end_s:
        call()


def _ratio(racers: Mapping[str, Racer]) -> Estimate | None:
    """Time of the second best / time of the best, from the rounds in which both ran."""
    order = sorted(racers.values(), key=lambda racer: median_interval(racer.times_s).median)
    if len(order) < 2:
        return None
    best, second = order[:2]
    return ratio_interval(list(zip(best.times_s, second.times_s, strict=False)))
