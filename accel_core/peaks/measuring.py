"""Run the plan within a budget: first the curve, which shows the caches, then all roofs in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from functools import partial

from accel_core.bench.clocks import read_own_cpu_times
from accel_core.bench.events import Emit, ignore, result_event, step_event, warning_event
from accel_core.errors import BadInput, is_whole, quoted
from accel_core.machine import last_level_bytes, measuring_cpus, refuse_to_measure, steal_fraction
from accel_core.machine.overrides import refuse_compiler_overrides
from accel_core.model import DTYPES, Ceiling, Clock, CurvePoint, Latency, Machine, require_dtype
from accel_core.model.limits import MOST_STEAL, PEAKS_S
from accel_core.peaks import tasks
from accel_core.peaks.curve import measure_curve
from accel_core.peaks.memory import Arena, curve_bytes, dram_bytes, wanted_bytes
from accel_core.peaks.plan import Roof, fastest, latencies, levels, plan, signatures
from accel_core.peaks.task import MOST_LOST, TRIES, TRY_S, Task
from accel_core.peaks.team import Team
from accel_core.roofline import as_measured, doubts
from accel_core.stats import LEAST_SAMPLES
from accel_core.units import format_bytes, format_number

_CURVE_SHARE, _LATENCY_SHARE, _TRIAL_SHARE = 0.3, 0.12, 0.2
"""Of the budget, at most, for the curve, the latencies and the trials of walks and places: the sampling of the
roofs gets the rest, and what these leave over."""
_ROUNDS = 8
"""Samples of each roof that a try's length is made for; more where time is left."""
_MOST_ROUNDS = 40
_OVERTIME = 0.25
_STEP_EVERY_S = 0.25
Result = Ceiling | Latency | CurvePoint | Clock


def check_request(machine: Machine, dtypes: Sequence[str], threads: Sequence[int], budget_s: float) -> None:
    """Raise BadInput for what cannot be measured here."""
    refuse_to_measure(machine)
    refuse_compiler_overrides()
    for dtype in dtypes:
        require_dtype(dtype)
    for count in threads:
        if not is_whole(count, 1, machine.cores.allowed):
            raise BadInput(f"threads is {quoted(count)}; allowed are 1 to {machine.cores.allowed}.")
    if not 0 < budget_s <= 3600:
        raise BadInput(f"budget is {quoted(budget_s)} s; give more than 0 and at most 3600 seconds.")
    if not dtypes or not threads:
        raise BadInput("Name at least one dtype and one number of threads, or leave the option out for all.")


def measure_peaks(
    machine: Machine,
    *,
    dtypes: Sequence[str] = DTYPES,
    threads: Sequence[int] | None = None,
    budget_s: float = PEAKS_S,
    only: Collection[str] = (),
    emit: Emit = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> list[Result]:
    """Measure the roofs of `machine` in about `budget_s` seconds, compilation not counted.

    `threads` are the numbers of threads to measure, by default one and all allowed. All samples of a roof are
    spread over the time for roofs, so that a neighbour who comes and goes meets all of them alike. With `only`,
    names of ceilings, these and the clock are measured and nothing else; the caches of `machine` should then
    have their effective sizes (`roofline.as_measured`), which are measured otherwise. Emits step events, a
    result event for each record, and warnings for what could not be measured. Raises BadInput.
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
        arena = _lay_out(machine, teams, run)
        if only:
            roofs = [roof for roof in plan(machine, arena, dtypes, teams)[0] if roof.name in only]
        else:
            roofs = _all(run, machine, arena, one, dtypes, teams)
        run.roofs(roofs, tasks.clock_task(one))
        run.look_back({one, *teams}, steal_fraction(before, read_own_cpu_times()))
    return run.results


def _all(
    run: _Run, machine: Machine, arena: Arena, one: Team, dtypes: Sequence[str], teams: Sequence[Team]
) -> list[Roof]:
    """Measure curve and latencies, then plan every roof by the caches that the curve shows."""
    expected, _ = plan(machine, arena, dtypes, teams)
    run.total = len(curve_bytes(arena.size_bytes)) + len(levels(machine)) + len(expected) + 1
    curve = run.curve(machine, arena, one)
    effective = as_measured(machine, curve)
    run.latencies(effective, arena, one)
    arena.clear()
    roofs, left_out = plan(effective, arena, dtypes, teams)
    for sentence in (*doubts(machine, curve), *left_out):
        run.emit(warning_event(sentence))
    return roofs


def _lay_out(machine: Machine, teams: Sequence[Team], run: _Run) -> Arena:
    """The block, large enough that the caches of no team hold a good part of it; a warning where it is not."""
    caches = max(last_level_bytes(machine, team.cpus) for team in teams)
    arena = Arena(dram_bytes(caches), enough=run.out_of_time)
    if arena.size_bytes < wanted_bytes(caches):
        run.emit(
            warning_event(
                f"The DRAM roofs were measured in {format_bytes(arena.size_bytes)}, less than four times the "
                f"last-level caches of {format_bytes(caches)}, so a part may have come from these: "
                "free some memory, or give more time, and measure again."
            )
        )
    return arena


class _Run:
    """The state of one measurement: the end of the budget, how much is done, the results so far."""

    def __init__(self, budget_s: float, emit: Emit, clock: Callable[[], float]) -> None:
        self.budget_s, self.emit, self.clock = budget_s, emit, clock
        self.results: list[Result] = []
        self.done, self.total = 0, 1
        self._end = self._said = 0.0

    def begin(self) -> None:
        self._end = self.clock() + self.budget_s

    def left_s(self) -> float:
        return self._end - self.clock()

    def step(self, name: str, done: int | None = None) -> None:
        """Say what is measured now, seldom: whoever draws it takes time from the machine."""
        now = self.clock()
        self.done = self.done if done is None else min(done, self.total)
        if now - self._said >= _STEP_EVERY_S:
            self._said = now
            self.emit(step_event(name, self.done, self.total, max(self.left_s(), 0.0)))

    def out_of_time(self, touched_bytes: int) -> bool:
        """Whether laying out more memory would eat up the budget."""
        self.step("laying out memory")
        return touched_bytes > 0 and self.left_s() < 0.7 * self.budget_s

    def look_back(self, teams: Collection[Team], steal: float | None) -> None:
        """Warn where the processors were shared, by the rules that mark a measurement as disturbed."""
        wall_s, lost_s = (sum(values) for values in zip(*((t.wall_s, t.lost_s) for t in teams), strict=True))
        lost = lost_s / wall_s if wall_s else 0.0
        if lost > MOST_LOST or (steal or 0.0) > MOST_STEAL:
            stolen = f", steal time {format_number(100 * steal, 2)} %" if steal else ""
            self.emit(
                warning_event(
                    f"The machine was busy: the threads waited for a processor for "
                    f"{format_number(100 * lost, 2)} % of the time{stolen}; measure again when it is idle, the "
                    "better result of each roof stands."
                )
            )

    def keep(self, result: Result) -> None:
        self.results.append(result)
        self.emit(result_event(result))

    def curve(self, machine: Machine, arena: Arena, one: Team) -> list[CurvePoint]:
        """Measure and keep the curve."""
        end_s = self.left_s() - _CURVE_SHARE * self.budget_s
        points = measure_curve(
            machine,
            arena,
            one,
            said=lambda done, size: self.step(f"curve at {format_bytes(size)}", done),
            stop=partial(self._past, end_s),
        )
        self.done = len(points)
        for point in points:
            self.keep(point)
        return points

    def latencies(self, machine: Machine, arena: Arena, one: Team) -> None:
        """Measure and keep the latency of each level."""
        self.step("latencies")
        made = latencies(machine, arena, one)
        self.rounds(made, _LATENCY_SHARE * self.budget_s, _ROUNDS, "latencies")
        self.done += len(made)
        for task in made:
            self.keep(task.result())

    def roofs(self, roofs: Sequence[Roof], ticker: Task) -> None:
        """Choose places, then sample all roofs and the clock in turns for the rest of the budget."""
        self.total = self.done + len(roofs) + 1
        made = [ticker]
        choice_s = _TRIAL_SHARE * self.budget_s / max(sum(len(roof.choices) for roof in roofs), 1)
        for roof in roofs:
            self.step(f"trying walks and places of {roof.name}")
            end_s = self.left_s() - choice_s * len(roof.choices)
            made.append(fastest(roof, partial(self._past, end_s)))
        self.rounds(made, self.left_s(), _MOST_ROUNDS, f"all {len(roofs)} roofs")
        self.done = self.total
        for task in made:
            self.keep(task.result())

    def _past(self, end_s: float) -> bool:
        """Whether less than `end_s` of the budget is left."""
        return self.left_s() < end_s

    def rounds(self, made: Sequence[Task], share_s: float, most: int, title: str) -> None:
        """Rounds of one sample of each until the next would pass the end of `share_s`; at most `most`.

        Where time is short the rounds go on until they give an interval, but not past a quarter of the budget.
        """
        end, first = self.left_s() - share_s, self.done
        try_s = share_s / (_ROUNDS * (TRIES + 1) * max(len(made), 1))
        for task in made:
            task.prepare(min(try_s, TRY_S))
        for number in range(1, most + 1):
            start = self.left_s()
            for task in made:
                passed = 1 - (self.left_s() - end) / max(share_s, 1e-9)
                self.step(f"round {number} of {title}", first + int(len(made) * min(max(passed, 0.0), 1.0)))
                task.sample()
            late = 2 * self.left_s() - start < end
            if late and (number >= LEAST_SAMPLES or self.left_s() < end - _OVERTIME * self.budget_s):
                return
