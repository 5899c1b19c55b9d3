"""Run the plan: rounds of samples within a budget, results as each phase ends, then the curve."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack

from accel_core.bench.clocks import Span, read_own_cpu_times
from accel_core.bench.events import Emit, ignore, result_event, step_event, warning_event
from accel_core.errors import BadInput
from accel_core.machine import measuring_cpus, refuse_to_measure, steal_fraction
from accel_core.model import DTYPES, Ceiling, Clock, CurvePoint, Latency, Machine
from accel_core.peaks import tasks
from accel_core.peaks.memory import Arena, build_ring, curve_bytes, dram_bytes, far_bytes
from accel_core.peaks.plan import Phase, plan, signatures, widths
from accel_core.peaks.tasks import Stretch, Task
from accel_core.peaks.team import Team
from accel_core.stats import median_interval
from accel_core.units import format_bytes, format_number

DEFAULT_BUDGET_S = 20.0
_LAYOUT_SHARE = 0.1
"""Of the budget, for touching more memory than is needed to go past the caches."""
_CURVE_SHARE = 4.0
"""Of the budget, beside the shares in `plan`."""
_CURVE_SAMPLES = 6
"""The fewest that give an interval."""
_STEP_EVERY_S = 0.1
Result = Ceiling | Latency | CurvePoint | Clock


def check_request(machine: Machine, dtypes: Sequence[str], threads: Sequence[int], budget_s: float) -> None:
    """Raise BadInput for what cannot be measured here."""
    refuse_to_measure(machine)
    for dtype in dtypes:
        if dtype not in DTYPES:
            raise BadInput(f"dtype {dtype!r} has no roofs; allowed are {' and '.join(DTYPES)}.")
    for count in threads:
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= machine.cores.allowed:
            raise BadInput(f"threads is {count!r}; allowed are 1 to {machine.cores.allowed}.")
    if not 0 < budget_s <= 3600:
        raise BadInput(f"budget is {budget_s!r} s; give more than 0 and at most 3600 seconds.")
    if not dtypes or not threads:
        raise BadInput("Name at least one dtype and one number of threads, or leave the option out for all.")


def measure_peaks(
    machine: Machine,
    *,
    dtypes: Sequence[str] = DTYPES,
    threads: Sequence[int] | None = None,
    budget_s: float = DEFAULT_BUDGET_S,
    emit: Emit = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> list[Result]:
    """Measure the roofs of `machine` in about `budget_s` seconds, compilation not counted.

    `threads` are the numbers of threads to measure, by default one and all allowed. Emits a step event for each
    roof and a result event for each record; what a budget leaves out is said in a warning. Raises BadInput.
    """
    counts = tuple(dict.fromkeys(threads or (1, machine.cores.allowed)))
    check_request(machine, dtypes, counts, budget_s)
    run = _Run(budget_s, emit, clock)
    for place, (probe, signature) in enumerate(needed := signatures(machine, dtypes)):
        emit(step_event(f"compiling {probe.__name__}", place, len(needed), None))
        probe.compile(signature)  # or read from the disk cache
    with ExitStack() as stack:
        one = stack.enter_context(Team(1, measuring_cpus(machine, 1)))
        teams = [
            one if count == 1 else stack.enter_context(Team(count, measuring_cpus(machine, count)))
            for count in counts
        ]
        run.begin()
        before = read_own_cpu_times()
        arena = Arena(dram_bytes(), enough=lambda touched: run.enough_memory(touched, far_bytes(machine)))
        phases = plan(machine, arena, one, dtypes, teams)
        sizes = curve_bytes(machine, arena.size_bytes)
        run.expect(phases, len(sizes))
        for phase in phases:
            run.phase(phase, tasks.clock_task(one))
        run.curve(machine, arena, one, sizes)
        run.look_back({one, *teams}, steal_fraction(before, read_own_cpu_times()))
    return run.results


class _Run:
    """The state of one measurement: the end of the budget, the shares still to come, the results so far."""

    def __init__(self, budget_s: float, emit: Emit, clock: Callable[[], float]) -> None:
        self.budget_s, self.emit, self.clock = budget_s, emit, clock
        self.results: list[Result] = []
        self.total, self.shares = 1, 1.0
        self._end = self._said = 0.0

    def begin(self) -> None:
        self._end = self.clock() + self.budget_s

    def left_s(self) -> float:
        return self._end - self.clock()

    def expect(self, phases: Sequence[Phase], curve_points: int) -> None:
        self.total = 1 + sum(phase.count for phase in phases) + curve_points
        self.shares = sum(phase.share for phase in phases) + _CURVE_SHARE

    def step(self, name: str, *, rarely: bool = False) -> None:
        now = self.clock()
        if not rarely or now - self._said >= _STEP_EVERY_S:
            self._said = now
            self.emit(step_event(name, len(self.results), self.total, max(self.left_s(), 0.0)))

    def enough_memory(self, touched_bytes: int, least_bytes: int) -> bool:
        """Whether the working set of DRAM is large enough, and laying out more would eat up the budget."""
        self.step("laying out memory", rarely=True)
        return touched_bytes >= least_bytes and self.left_s() < (1 - _LAYOUT_SHARE) * self.budget_s

    def look_back(self, teams: Collection[Team], steal: float | None) -> None:
        """Warn where the processors were shared, by the rule that marks a measurement as disturbed."""
        span = Span(sum(team.wall_s for team in teams), sum(team.cpu_s for team in teams), steal)
        if span.disturbed_reason(1):
            share = format_number(100 * span.cpu_s / span.wall_s, 2)
            stolen = f", steal time {format_number(100 * steal, 2)} %" if steal else ""
            self.emit(
                warning_event(
                    f"The machine was busy: the roofs had their cores for {share} % of the time{stolen}; "
                    "measure again when it is idle, the better result of each roof stands."
                )
            )

    def record(self, result: Result) -> None:
        self.results.append(result)
        self.emit(result_event(result))

    def record_clock(self, seen: Clock) -> None:
        """Keep the fastest phase's clock: the physical limit is that of the clock the core can run at."""
        for other in [r for r in self.results if isinstance(r, Clock)]:
            if other.clock_hz.median >= seen.clock_hz.median:
                return
            self.results.remove(other)
        self.record(seen)

    def phase(self, phase: Phase, ticker: Task) -> None:
        """Sample all tasks of the phase and the clock in turns until its part of the budget ends."""
        left_s = self.left_s()
        end = self.clock() + left_s * phase.share / self.shares
        self.shares -= phase.share
        if left_s <= 0 and self.results:  # the first phase is never left out: without roofs there is no answer
            self.emit(warning_event(f"The budget ended before {phase.title}; run again with a larger one."))
            return
        self.step(f"preparing {phase.title}")
        made = [ticker, *phase.make()]
        for task in made:
            self.step(f"preparing {task.label}", rarely=True)
            task.prepare()
        self.rounds(made, end)
        for task in made[1:]:
            self.record(task.result())
        seen = ticker.result()
        assert isinstance(seen, Clock)
        self.record_clock(seen)

    def rounds(self, made: Sequence[Task], end: float) -> None:
        """Rounds of one sample each until the next would pass `end`; at least one."""
        while True:
            start = self.clock()
            for task in made:
                self.step(task.label, rarely=bool(made[0].rates))
                task.sample()
            if 2 * self.clock() - start > end:
                return

    def curve(self, machine: Machine, arena: Arena, one: Team, sizes: Sequence[int]) -> None:
        """Bandwidth and latency of one thread at each working set, smallest first."""
        if self.left_s() <= 0:
            self.emit(warning_event("The budget ended before the curve; run again with a larger one."))
            return
        line = next((c.line_bytes for c in machine.caches if c.line_bytes), 64)
        width = widths(machine)[0]
        for place, size in enumerate(sizes):
            self.step(f"curve at {format_bytes(size)}", rarely=True)
            part_s = self.left_s() / (len(sizes) - place)
            ring = build_ring(arena, 0, size, line, seed=place)
            stretch = Stretch((arena.address,), size)
            loads = tasks.load_task(one, "DRAM", width, DTYPES[0], stretch, "four streams")
            chase = tasks.latency_task(one, "DRAM", ring, size, line)
            self.sample_pair((loads, chase), part_s)
            rate, speed = median_interval(loads.rates), median_interval(chase.rates)
            self.record(CurvePoint(size, rate, tasks.inverse(speed)))

    def sample_pair(self, pair: Sequence[Task], part_s: float) -> None:
        """Samples of both in turns for `part_s`, as many as give an interval in any case."""
        end = self.clock() + part_s
        for task in pair:
            task.prepare(sample_s=min(tasks.SAMPLE_S, part_s / (4 * _CURVE_SAMPLES)))
        while True:
            for task in pair:
                task.sample()
            taken = len(pair[0].rates)
            if taken >= 4 * _CURVE_SAMPLES or (taken >= _CURVE_SAMPLES and self.clock() >= end):
                return
