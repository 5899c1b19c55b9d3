"""Calls in turns, and the fastest few of many: what drops out early and what is told apart at the end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median
from typing import TypeVar

from accel_core.bench.clocks import Clocks
from accel_core.bench.sampling import LEAST_SAMPLE_S, Call, Racer, in_turns, time_calls
from accel_core.stats import LEAST_SAMPLES

FINALISTS = 3
Key = TypeVar("Key")


def race(calls: Mapping[Key, Call], budget_s: float, clocks: Clocks) -> list[Key]:
    """The FINALISTS, the fastest first: all in turns, of which the slower half leaves after each two rounds.

    Who leaves is told by the least time, which a burst of a neighbour's does not move that is shorter than a
    round. Of those that stay to the end the median of their shares in a round's time counts: a longer burst
    slows all of a round alike, but where it begins and where it ends.
    """
    racing = list(calls)
    end_s = clocks.wall() + budget_s
    while len(racing) > FINALISTS:
        samples = turns({key: calls[key] for key in racing}, 0.0, clocks, 2)
        racing.sort(key=lambda key: min(samples[key]))
        racing = racing[: max(len(racing) // 2, FINALISTS)]
    samples = turns({key: calls[key] for key in racing}, end_s - clocks.wall(), clocks, LEAST_SAMPLES)
    rounds = [sum(times_s) for times_s in zip(*samples.values(), strict=True)]
    shares = {key: median(s / sum_s for s, sum_s in zip(samples[key], rounds, strict=True)) for key in racing}
    return sorted(racing, key=lambda key: shares[key])


def turns(
    calls: Mapping[Key, Call],
    budget_s: float,
    clocks: Clocks,
    least: int = 3,
    sample_s: float = LEAST_SAMPLE_S,
) -> dict[Key, list[float]]:
    """Seconds per call of each, in rounds whose first moves on, for `budget_s` and at least `least` rounds."""
    end_s = clocks.wall() + budget_s
    racers = {key: Racer(call) for key, call in calls.items()}
    for racer in racers.values():
        first_s, _ = time_calls(racer.call, 1, clocks)
        racer.repetitions = max(1, math.ceil(sample_s / max(first_s, 1e-9)))
    for rounds, order in enumerate(in_turns(racers.values())):
        if rounds >= least and clocks.wall() >= end_s:
            break
        for racer in order:
            racer.run(clocks)
    return {key: racer.times_s for key, racer in racers.items()}
