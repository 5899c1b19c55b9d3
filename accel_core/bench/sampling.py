"""Timing: how many calls make a sample, and how many samples make an estimate."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, TypeVar

from accel_core.bench.clocks import Clocks, Span
from accel_core.machine import CpuTimes
from accel_core.model import Estimate
from accel_core.stats import LEAST_SAMPLES, median_interval, relative_half_width

LEAST_SAMPLE_S = 1e-3
"""A sample is at least this long, so that reading the clock (tens of nanoseconds) cannot show."""
LEAST_SHARE = 0.8
"""Sampling goes on for this share of its budget even when the interval is narrow at once.

Samples of a tenth of a second agree with one another and say nothing of the next second, in which a shared host
may be half as fast; and what goes on for half or for all of the budget cannot be promised beforehand. Others
sample for a fixed time for the same reasons (Google Benchmark's --benchmark_min_time, hyperfine's 3 s).
"""
NARROW = 0.01
"""The 95 % interval of the median is narrow enough within this share of the median on either side."""
MOST_SAMPLES = 10_000
"""It ends with so many, whatever the time: at least ten seconds."""
Call = Callable[[], Any]
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Samples:
    """Seconds per call, one a sample, and what passed meanwhile."""

    times_s: tuple[float, ...]
    repetitions: int
    estimate: Estimate
    span: Span
    stopped: str
    """"interval" (narrow enough, and nobody disturbed it) or "budget" (the time, or the greatest number of
    samples, was used up)."""
    starts_s: tuple[float, ...] = ()
    """When each began, by the wall's clock; none where nobody kept it."""


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Collect now and not within the block, where a pause would land in one sample."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def time_calls(call: Call, repetitions: int, clocks: Clocks) -> tuple[float, float]:
    """Wall and CPU seconds of `repetitions` calls together."""
    _, wall_s, cpu_s = time_from(call, repetitions, clocks)
    return wall_s, cpu_s


def time_from(call: Call, repetitions: int, clocks: Clocks) -> tuple[float, float, float]:
    """When `repetitions` calls began, and their wall and CPU seconds together."""
    cpu = clocks.cpu()
    start = clocks.wall()
    for _ in repeat(None, repetitions):
        call()
    end = clocks.wall()
    return start, end - start, clocks.cpu() - cpu


def calls_in_a_sample(call: Call, first_s: float, clocks: Clocks) -> int:
    """Calls in a sample, so that it lasts LEAST_SAMPLE_S; `first_s` is what the warm-up call took.

    A first call is slower than the next (cold caches, fresh pages), at most tenfold: past ten times the least
    length one call is a sample, and no time is spent on asking.
    """
    repetitions = 1
    if first_s >= 10 * LEAST_SAMPLE_S:
        return repetitions
    while True:
        took_s, _ = time_calls(call, repetitions, clocks)
        if took_s >= LEAST_SAMPLE_S:
            return repetitions
        wanted = repetitions * 1.25 * LEAST_SAMPLE_S / took_s if took_s > 0 else math.inf
        repetitions = int(min(max(wanted, repetitions + 1), 100 * repetitions))


def sample(
    call: Call,
    repetitions: int,
    budget_s: float,
    clocks: Clocks,
    threads: int = 1,
    before_each: Call = lambda: None,
) -> Samples:
    """Time samples of `call`, which works on `threads` threads; at least one.

    It ends, after LEAST_SHARE of the budget, when the interval of their median is narrow and nobody else had
    the processors, or shared the core, for more than a record may say without being marked; else with
    `budget_s`: samples beside a burst of a neighbour's work agree with one another too, and more of them show
    what comes without it. What is done `before_each` sample is not timed.

    Looking at the interval costs a sort, so it is looked at after every tenth part more samples. Stopping
    when it looks narrow costs a little of its 95 %: in 1,500 simulated runs it covered the true median in
    93 to 96 % (log-normal noise of 1, 3 and 10 %).
    """
    times: list[float] = []
    starts: list[float] = []
    wall_s = cpu_s = 0.0
    look_at = LEAST_SAMPLES
    stopped = "budget"
    clocks.lookout.begin()
    host = clocks.host()
    start = clocks.wall()

    def passed() -> Span:
        return Span.between(host, clocks.host(), wall_s, cpu_s, threads)

    while len(times) < MOST_SAMPLES:
        before_each()
        began_s, took_s, used_s = time_from(call, repetitions, clocks)
        starts.append(began_s)
        times.append(took_s / repetitions)
        wall_s, cpu_s = wall_s + took_s, cpu_s + used_s
        clocks.lookout.look()
        spent_s = clocks.wall() - start
        if len(times) >= look_at and spent_s >= LEAST_SHARE * budget_s:
            narrow = is_narrow(median_interval(times))
            if narrow and not (passed().disturbed_reason(threads) or clocks.lookout.neighbour()):
                stopped = "interval"
                break
            look_at = len(times) + max(1, len(times) // 10)
        if spent_s >= budget_s:
            break
    estimate = median_interval(times)
    if len(times) >= MOST_SAMPLES and is_narrow(estimate):
        stopped = "interval"
    return Samples(tuple(times), repetitions, estimate, passed(), stopped, tuple(starts))


@dataclass
class Racer:
    """One of several calls that are timed in turns, and its samples so far."""

    call: Call
    repetitions: int = 1
    times_s: list[float] = field(default_factory=list)
    """Seconds per call, one a sample."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    starts_s: list[float] = field(default_factory=list)
    """When each sample began that `run` took."""

    def run(self, clocks: Clocks) -> None:
        """One more sample."""
        began_s, wall_s, cpu_s = time_from(self.call, self.repetitions, clocks)
        self.starts_s.append(began_s)
        self.times_s.append(wall_s / self.repetitions)
        self.wall_s, self.cpu_s = self.wall_s + wall_s, self.cpu_s + cpu_s


def span_since(host: CpuTimes, racers: Collection[Racer], clocks: Clocks, threads: int) -> Span:
    """What passed in all their samples, since the host was as in `host`."""
    wall_s, cpu_s = sum(racer.wall_s for racer in racers), sum(racer.cpu_s for racer in racers)
    return Span.between(host, clocks.host(), wall_s, cpu_s, threads)


def in_turns(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    """All of them again and again, for as long as is asked; who comes first moves on."""
    order = list(things)
    while order:
        yield order
        order.append(order.pop(0))


def is_narrow(estimate: Estimate) -> bool:
    """Whether both ends of the interval lie within NARROW of the median; never without an interval."""
    return relative_half_width(estimate) <= NARROW
