"""The plan, the sums and the budget of the peak measurements; the loops themselves: test_peaks_loops."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from recorded_hosts import NAMES, machine

from accel_core.errors import BadInput
from accel_core.machine import detect
from accel_core.model import LEVELS, Ceiling, Clock, CurvePoint, Estimate, Latency
from accel_core.peaks import measure_peaks, memory, probes, tasks
from accel_core.peaks.measuring import _Run, check_request
from accel_core.peaks.memory import Arena, build_ring, curve_bytes, roof_bytes
from accel_core.peaks.plan import levels, operations, plan, signatures, stretches, widths
from accel_core.peaks.team import Team

MIB = 1 << 20


class FakeTeam:
    """A team whose work takes a set time a turn; it notes what it was given."""

    def __init__(self, threads: int = 1, seconds_per_turn: float = 1e-6, cpus: Sequence[int] = ()) -> None:
        self.threads, self.cpus, self.seconds_per_turn = threads, tuple(cpus), seconds_per_turn
        self.turns_seen: list[int] = []
        self.wall_s = self.cpu_s = 0.0
        self.share = 1.0
        self.wall_s = self.cpu_s = 0.0

    def time(self, work: Sequence[Callable[[int, int], Any]]) -> float:
        assert len(work) == self.threads
        turns = next(argument for argument in reversed(work[0].args) if isinstance(argument, int))  # type: ignore[attr-defined]
        self.turns_seen.append(turns)
        self.wall_s += turns * self.seconds_per_turn
        self.cpu_s += turns * self.seconds_per_turn * self.share
        return turns * self.seconds_per_turn


def test_a_compute_roof_is_flop_over_seconds() -> None:
    task = tasks.compute_task(FakeTeam(threads=2, seconds_per_turn=1e-9), "fma", 256, "float32")  # type: ignore[arg-type]
    task.prepare()
    task.sample()
    ceiling = task.result()
    assert isinstance(ceiling, Ceiling)
    assert ceiling.value == pytest.approx(2 * tasks.CHAINS * 8 * 2 / 1e-9)
    assert (ceiling.name, ceiling.unit) == ("fma_float32_256_2t", "FLOP/s")


def test_turns_are_calibrated_to_the_length_of_a_sample() -> None:
    team = FakeTeam(seconds_per_turn=1e-7)
    task = tasks.compute_task(team, "add", 128, "float64")  # type: ignore[arg-type]
    task.prepare(sample_s=4e-3)
    assert task.turns == pytest.approx(40_000, rel=0.01)


def test_one_pause_does_not_pass_for_slowness() -> None:
    class PausedTeam(FakeTeam):
        def time(self, work: Sequence[Callable[[int, int], Any]]) -> float:
            elapsed = super().time(work)
            return elapsed + 5e-3 if len(self.turns_seen) == 2 else elapsed

    task = tasks.compute_task(PausedTeam(seconds_per_turn=1e-7), "add", 128, "float64")  # type: ignore[arg-type]
    task.prepare(sample_s=4e-3)
    assert task.turns == pytest.approx(40_000, rel=0.01)


def test_a_copy_counts_bytes_read_and_bytes_written_a_triad_three_arrays() -> None:
    one = FakeTeam(seconds_per_turn=1.0)
    copy = tasks.copy_task(one, "regular", 256, "float32", 0, 64 * MIB)  # type: ignore[arg-type]
    triad = tasks.triad_task(one, 256, "float32", 0, 96 * MIB)  # type: ignore[arg-type]
    assert copy.rate(1)[0] == 64 * MIB
    assert triad.rate(1)[0] == 96 * MIB


def test_a_cache_is_warmed_again_before_each_sample_and_dram_is_not() -> None:
    for level, warm in (("L2", tasks.WARM_PASSES), ("DRAM", 0)):
        team = FakeTeam()
        task = tasks.load_task(team, level, 256, "float32", tasks.Stretch((0,), 1024), "one stream")  # type: ignore[arg-type]
        task.turns = 50
        task.sample()
        assert team.turns_seen == ([warm, 50] if warm else [50])


def test_a_roof_whose_threads_lost_their_cores_is_marked() -> None:
    for share, marked in ((1.0, False), (0.98, False), (0.9, True)):
        team = FakeTeam()
        team.share = share
        task = tasks.compute_task(team, "add", 128, "float64")  # type: ignore[arg-type]
        task.prepare()
        task.sample()
        reason = task.result().disturbed_reason
        assert bool(reason) == marked
        assert not marked or "90 %" in reason


def test_the_inverse_of_an_interval_keeps_its_order() -> None:
    turned = tasks.inverse(Estimate(4.0, 2.0, 8.0, 9))
    assert turned == Estimate(0.25, 0.125, 0.5, 9)
    assert tasks.inverse(Estimate(4.0, None, None, 2)) == Estimate(0.25, None, None, 2)


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_of_every_recorded_host_keeps_its_word(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    host = machine(name)
    monkeypatch.setattr(memory, "DRAM_BYTES", 64 * MIB)
    dtypes = ("float32", "float64")
    every = FakeTeam(threads=2, cpus=host.cores.cpus_allowed[:2])
    phases = plan(host, _Block(), FakeTeam(), dtypes, (FakeTeam(), every))  # type: ignore[arg-type]
    assert phases[0].count == len(dtypes) + len(levels(host)) * len(widths(host)[:2])
    assert phases[1].title == "latency"
    compute = [phase for phase in phases if phase.title.startswith("other widths")]
    assert len(compute) == 2
    for phase in compute:
        made = phase.make()
        assert len(made) == phase.count
        assert len({task.label for task in made}) == phase.count
    called = {probe.__name__ for probe, _ in signatures(host, dtypes)}
    assert f"{operations(host)[0]}_{widths(host)[0]}" in called


class _Block:
    """The extent of an arena without its memory."""

    address, size_bytes = 1 << 30, 64 * MIB


@pytest.mark.parametrize("name", NAMES)
def test_working_sets_fit_their_level_and_not_the_one_before(name: str) -> None:
    host = machine(name)
    before = 0
    for level in levels(host):
        size = roof_bytes(host, level, 1 << 30)
        assert size is not None
        cache = host.cache(level)
        assert size % probes.GRANULE_BYTES == 0
        assert before < size <= (cache.size_bytes if cache else size)
        before = cache.size_bytes if cache else before


def test_threads_that_share_a_cache_divide_the_working_set() -> None:
    host = machine(NAMES[0])
    whole = roof_bytes(host, "L3", 64 * MIB) if "L3" in levels(host) else None
    team = FakeTeam(threads=2)
    for level in levels(host):
        for place in stretches(host, _Block(), team, level, roof_bytes(host, level, 64 * MIB) or 0):  # type: ignore[arg-type]
            spans = sorted((a, a + place.size_bytes) for a in place.addresses)
            assert len(spans) == 2
            assert spans[0][1] <= spans[1][0]
    if whole is not None:
        assert stretches(host, _Block(), team, "L3", whole)[0].size_bytes <= whole // 2  # type: ignore[arg-type]


def test_the_ring_visits_every_line_once_before_it_returns() -> None:
    arena = Arena(2 * MIB)
    start = build_ring(arena, 4096, 64 * 256, 64, seed=3)
    seen, at = set(), start
    for _ in range(256):
        assert 4096 <= at - arena.address < 4096 + 64 * 256
        assert (at - arena.address) % 64 == 0
        seen.add(at)
        offset = at - arena.address
        at = int.from_bytes(bytes(arena.data[offset : offset + 8]), "little")
    assert len(seen) == 256
    assert at == start
    gate = Arena(2 * MIB)
    assert probes.chase(start, 256, gate.address, 0) == start


def test_the_arena_is_aligned_and_touched() -> None:
    arena = Arena(4 * MIB)
    assert arena.address % memory.HUGE_PAGE_BYTES == 0
    assert arena.data.size == 4 * MIB
    assert (arena.data == 1).all()


def test_the_curve_rises_from_4_kib_to_beyond_the_last_cache() -> None:
    sizes = curve_bytes(detect(), 1 << 30)
    assert sizes[0] == 4096
    assert list(sizes) == sorted(set(sizes))
    assert all(size % probes.GRANULE_BYTES == 0 for size in sizes)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"dtypes": ("float16",)}, "float16"),
        ({"threads": (0,)}, "threads is 0"),
        ({"threads": (10_000,)}, "threads is 10000"),
        ({"threads": (True,)}, "threads is True"),
        ({"budget_s": -1.0}, "budget is -1.0"),
        ({"budget_s": float("nan")}, "budget is nan"),
        ({"dtypes": ()}, "at least one"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(request_: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        check_request(detect(), **{"dtypes": ("float32",), "threads": (1,), "budget_s": 1.0, **request_})


def test_the_fastest_clock_stands_and_replaces_a_slower_one() -> None:
    run = _Run(1.0, lambda event: None, lambda: 0.0)
    slow, fast = (Clock(Estimate(hz, None, None, 1), "") for hz in (3e9, 4e9))
    run.record_clock(slow)
    run.record_clock(fast)
    run.record_clock(slow)
    assert run.results == [fast]


def test_rounds_end_before_the_budget_does_but_not_before_the_first() -> None:
    now = [0.0]
    run = _Run(10.0, lambda event: None, lambda: now[0])

    class Tick:
        label = "tick"

        def __init__(self) -> None:
            self.rates: list[float] = []

        def sample(self) -> None:
            now[0] += 1.0
            self.rates.append(1.0)

    tick = Tick()
    run.rounds([tick], end=5.0)  # type: ignore[list-item]
    assert len(tick.rates) == 5
    late = Tick()
    run.rounds([late], end=0.0)  # type: ignore[list-item]
    assert len(late.rates) == 1


def test_a_short_real_run_delivers_every_kind_of_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "DRAM_BYTES", 64 * MIB)
    monkeypatch.setattr(memory, "FAR_BYTES", 64 * MIB)
    host = detect()
    events: list[dict[str, Any]] = []
    results = measure_peaks(host, dtypes=("float32",), threads=(1,), budget_s=3.0, emit=events.append)
    ceilings = [r for r in results if isinstance(r, Ceiling)]
    assert len({c.name for c in ceilings}) == len(ceilings)
    best = max((c for c in ceilings if c.kind == "compute"), key=lambda c: c.value)
    assert best.width_bits in (None, *widths(host))
    assert all(c.value > 0 and (c.low is None or c.low <= c.value <= c.high) for c in ceilings)  # type: ignore[operator]
    assert {c.level for c in ceilings if c.operation == "load"} == set(levels(host)) <= set(LEVELS)
    assert {c.operation for c in ceilings} >= {"load", "copy", "triad", "add"}
    assert len([r for r in results if isinstance(r, Clock)]) == 1
    assert len([r for r in results if isinstance(r, Latency)]) == len(levels(host))
    assert any(isinstance(r, CurvePoint) for r in results)
    kinds = {event["event"] for event in events}
    assert kinds >= {"step", "result"}
    assert all(event["done"] <= event["total"] for event in events if event["event"] == "step")


def test_a_budget_that_ends_early_says_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "DRAM_BYTES", 64 * MIB)
    monkeypatch.setattr(memory, "FAR_BYTES", 64 * MIB)
    events: list[dict[str, Any]] = []
    measure_peaks(detect(), dtypes=("float32",), threads=(1,), budget_s=1e-3, emit=events.append)
    warnings = [event["message"] for event in events if event["event"] == "warning"]
    assert any("budget ended before" in message for message in warnings)
    assert {r["type"] for r in events if r["event"] == "result"} >= {"ceiling", "clock"}  # never without roofs


def test_a_slow_first_touch_ends_early_but_not_before_the_caches_are_left_behind() -> None:
    asked: list[int] = []

    def enough(touched: int) -> bool:
        asked.append(touched)
        return touched >= 64 * MIB

    assert Arena(256 * MIB, enough).size_bytes == 64 * MIB
    assert asked == [0, 64 * MIB]


def test_a_team_times_the_slowest_member() -> None:
    with Team(2, ()) as team:
        work = [lambda gate, target, n=n: probes.dependent_adds(1, n, gate, target) for n in (1, 2_000_000)]
        short = [lambda gate, target: probes.dependent_adds(1, 1, gate, target)] * 2
        assert team.time(work) > team.time(short)


def test_a_team_counts_the_processor_time_of_its_members() -> None:
    with Team(1, ()) as team:
        team.time([lambda gate, target: probes.dependent_adds(1, 2_000_000, gate, target)])
        assert 0 < team.cpu_s <= 1.01 * team.wall_s  # two clocks that tick apart
        busy_s = team.cpu_s
        team.time([lambda gate, target: time.sleep(0.05)])
        assert team.wall_s >= busy_s + 0.05 > team.cpu_s


@pytest.mark.parametrize(("steal", "warnings"), [(0.0, 0), (0.02, 1), (None, 0)])
@pytest.mark.parametrize(("cpu_s", "more"), [(9.8, 0), (9.0, 1)])
def test_roofs_measured_on_a_busy_machine_say_so(
    steal: float | None, warnings: int, cpu_s: float, more: int
) -> None:
    events: list[dict[str, Any]] = []
    team = FakeTeam()
    team.wall_s, team.cpu_s = 10.0, cpu_s
    _Run(20.0, events.append, lambda: 0.0).look_back([team], steal)  # type: ignore[list-item]
    assert len(events) == max(warnings, more)
    assert all("again" in event["message"] for event in events)
