"""The plan, the sums and the budget of the peak measurements; the loops themselves: test_peaks_loops."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_hosts import NAMES, machine

from accel_core.errors import BadInput
from accel_core.homework.checking.samples import roofs_of
from accel_core.machine import detect, environment, last_level_bytes, measuring_cpus
from accel_core.model import (
    LEVELS,
    CacheLevel,
    Ceiling,
    Clock,
    CurvePoint,
    Estimate,
    Latency,
    Machine,
    Peaks,
)
from accel_core.peaks import measure_peaks, measuring, memory, places, probes, tasks
from accel_core.peaks.measuring import _Run, check_request
from accel_core.peaks.memory import Arena, Ring, arithmetic_ring, build_ring, curve_bytes
from accel_core.peaks.places import Conveyor, own_bytes, part_bytes, stretches
from accel_core.peaks.plan import fastest, levels, operations, plan, signatures, widths
from accel_core.peaks.task import TRIES, Task
from accel_core.peaks.team import Team, Try
from accel_core.stats import LEAST_SAMPLES, inverse
from accel_core.units import format_count

MIB = 1 << 20


class FakeTeam:
    """A team whose work takes a set time a turn; it notes every call's arguments."""

    def __init__(self, threads: int = 1, seconds_per_turn: float = 1e-6, cpus: Sequence[int] = ()) -> None:
        self.threads, self.cpus, self.seconds_per_turn = threads, tuple(cpus), seconds_per_turn
        self.turns_seen: list[int] = []
        self.calls: list[tuple[Any, ...]] = []
        self.wall_s = self.lost_s = self.lost = 0.0

    def time(self, work: Sequence[Callable[[int, int], Any]]) -> Try:
        assert len(work) == self.threads
        self.calls += [one.args for one in work]  # type: ignore[attr-defined]
        turns = next(argument for argument in reversed(work[0].args) if isinstance(argument, int))  # type: ignore[attr-defined]
        self.turns_seen.append(turns)
        self.wall_s += turns * self.seconds_per_turn
        return Try(turns * self.seconds_per_turn, self.lost)


class Block:
    """The extent of an arena without its memory."""

    def __init__(self, size_bytes: int, address: int = 1 << 40) -> None:
        self.address, self.size_bytes = address, size_bytes


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
    task.prepare(try_s=4e-3)
    assert task.turns == pytest.approx(40_000, rel=0.01)


def test_one_pause_does_not_pass_for_slowness() -> None:
    class PausedTeam(FakeTeam):
        def time(self, work: Sequence[Callable[[int, int], Any]]) -> Try:
            done = super().time(work)
            return Try(done.elapsed_s + 5e-3, 0.0) if len(self.turns_seen) == 2 else done

    task = tasks.compute_task(PausedTeam(seconds_per_turn=1e-7), "add", 128, "float64")  # type: ignore[arg-type]
    task.prepare(try_s=4e-3)
    assert task.turns == pytest.approx(40_000, rel=0.01)


def test_a_copy_counts_bytes_read_and_bytes_written_a_triad_three_arrays() -> None:
    class Timed(FakeTeam):
        def time(self, work: Sequence[Callable[[int, int], Any]]) -> Try:
            super().time(work)
            return Try(1.0, 0.0)

    one, quantum = Timed(), places.QUANTUM_BYTES
    copy = tasks.copy_task(one, "regular", 256, "float32", Conveyor(Block(64 * MIB)))  # type: ignore[arg-type]
    triad = tasks.triad_task(one, 256, "float32", Conveyor(Block(96 * MIB)))  # type: ignore[arg-type]
    assert copy.rate(5)[0] == 10 * quantum
    assert triad.rate(5)[0] == 15 * quantum


def test_a_cache_is_warmed_again_before_each_sample() -> None:
    team = FakeTeam()
    task = tasks.load_task(team, "L2", 256, "float32", places.Stretch((0,), 1024), "one stream")  # type: ignore[arg-type]
    task.turns = 50
    task.sample()
    assert team.turns_seen == [tasks.WARM_PASSES, *[50] * TRIES]


def test_stores_are_timed_into_a_cache_that_is_full_of_what_was_written() -> None:
    team, dirty = FakeTeam(), 4 * MIB
    task = tasks.copy_task(team, "regular", 256, "float32", Conveyor(Block(64 * MIB)), dirty)  # type: ignore[arg-type]
    task.turns = 1
    task.sample()
    (_, _, first, _), (_, _, timed, _) = team.calls[:2]
    assert first >= dirty > timed


def test_a_sample_is_the_fastest_of_its_tries() -> None:
    elapsed = iter([3.0, 1.0, 2.0])

    class Uneven(FakeTeam):
        def time(self, work: Sequence[Callable[[int, int], Any]]) -> Try:
            return Try(next(elapsed), 0.0)

    task = Task("one", Uneven(), lambda turns: [lambda gate, target: None], 6.0, lambda rate: Clock(rate, ""))  # type: ignore[arg-type]
    task.turns = 1
    task.sample()
    assert task.rates == [6.0]


@pytest.mark.parametrize(
    ("lost", "value", "marked"),
    [
        ([0.0] * 7, 4.0, False),
        ([0.5, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 6.5, False),  # enough is left without the first three
        ([0.5] * 5 + [0.0] * 2, 4.0, True),
        ([0.5] * 3, 2.0, True),
    ],
)
def test_disturbed_samples_are_left_out_where_enough_others_remain(
    lost: list[float], value: float, marked: bool
) -> None:
    task = tasks.compute_task(FakeTeam(), "add", 128, "float64")  # type: ignore[arg-type]
    task.rates, task.lost = [float(n + 1) for n in range(len(lost))], lost
    ceiling = task.result()
    assert isinstance(ceiling, Ceiling)
    assert ceiling.value == value
    assert bool(ceiling.disturbed_reason) == marked
    assert not marked or "50 %" in ceiling.disturbed_reason


def test_a_roof_stands_where_most_tries_are_disturbed() -> None:
    """Two of three tries at half speed: the median of all would say half of what the machine can do."""
    rng = np.random.default_rng(1)

    class Neighbour(FakeTeam):
        def time(self, work: Sequence[Callable[[int, int], Any]]) -> Try:
            return Try(2.0 if rng.random() < 2 / 3 else 1.0, 0.0)

    task = Task(
        "one", Neighbour(), lambda turns: [lambda gate, target: None], 1.0, lambda rate: Clock(rate, "")
    )  # type: ignore[arg-type]
    task.turns = 1
    for _ in range(50):
        task.sample()
    assert task.estimate().median == 1.0


def test_the_inverse_of_an_interval_keeps_its_order() -> None:
    turned = inverse(Estimate(4.0, 2.0, 8.0, 9))
    assert turned == Estimate(0.25, 0.125, 0.5, 9)
    assert inverse(Estimate(4.0, None, None, 2)) == Estimate(0.25, None, None, 2)


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_of_every_recorded_host_keeps_its_word(name: str) -> None:
    host = machine(name)
    dtypes = ("float32", "float64")
    teams = _teams(host)
    block = Block(memory.wanted_bytes(max(last_level_bytes(host, team.cpus) for team in teams)))
    roofs, left_out = plan(host, block, dtypes, teams)  # type: ignore[arg-type]
    assert len({roof.name for roof in roofs}) == len(roofs)
    for team in teams:
        mine = [roof.name for roof in roofs if roof.name.endswith(f"_{team.threads}t")]
        told = sum(f"roof of {format_count(team.threads, 'thread')} is" in sentence for sentence in left_out)
        here = len(levels(host)) - told
        assert sum(name.startswith("load_") for name in mine) == here * len(widths(host)[:2])
        assert {name.split("_")[0] for name in mine} >= {"copy", "triad", operations(host)[0]}
    assert not any("1 thread " in sentence for sentence in left_out)
    called = {probe.__name__ for probe, _ in signatures(host, dtypes)}
    assert f"{operations(host)[0]}_{widths(host)[0]}" in called


def _teams(host: Machine) -> list[FakeTeam]:
    counts = dict.fromkeys((1, 2 if host.cores.allowed > 1 else 1, host.cores.allowed))
    return [FakeTeam(count, cpus=measuring_cpus(host, count)) for count in counts]


@pytest.mark.parametrize("name", NAMES)
def test_a_walk_fits_its_level_and_not_the_one_before(name: str) -> None:
    host = machine(name)
    for team in _teams(host):
        before = 0.0
        for cache in host.caches:
            part = part_bytes(host, cache.level, team.threads, team.cpus)
            own = own_bytes(host, cache.level, team.threads, team.cpus)
            assert own is not None
            assert part is None or (part % probes.GRANULE_BYTES == 0 and before < part <= own)
            before = own


def test_threads_on_unequal_dies_walk_through_what_the_smaller_one_holds() -> None:
    host = machine("linux-7950x3d")
    sizes = sorted(group.size_bytes for group in host.cache("L3").groups)  # type: ignore[union-attr]
    every = measuring_cpus(host, host.cores.physical or 1)
    assert own_bytes(host, "L3", len(every), every) == pytest.approx(sizes[0] / (len(every) / 2))


def test_a_level_that_holds_no_more_than_the_nearer_one_is_left_out() -> None:
    host = machine("linux-emerald-rapids-vm")
    small = replace(host, caches=tuple(_resized(cache, 4 * MIB) for cache in host.caches))
    assert part_bytes(small, "L3", 1, ()) is not None
    assert part_bytes(small, "L3", 2, ()) is None


def _resized(cache: CacheLevel, size_bytes: int) -> CacheLevel:
    return cache if cache.level != "L3" else replace(cache, size_bytes=size_bytes)


_SIZES = st.integers(1 << 12, 1 << 31)


@st.composite
def hosts(draw: st.DrawFn) -> Machine:
    """A machine with caches of any sizes, sane or not, some of them unknown."""
    known = draw(st.lists(st.sampled_from(("L1", "L2", "L3")), unique=True))
    caches = tuple(
        CacheLevel(level, draw(_SIZES), line_bytes=draw(st.sampled_from((None, 32, 64, 128, 256))))
        for level in sorted(known)
    )
    return replace(machine("linux-zen5-vm"), caches=caches)


@given(hosts(), st.integers(4096, 1 << 31), st.integers(1, 256), st.integers(1, 5000))
def test_no_walk_leaves_the_block_whatever_the_machine(
    host: Machine, block_bytes: int, threads: int, turns: int
) -> None:
    block, team = Block(block_bytes), FakeTeam(threads, seconds_per_turn=0.02 / turns)
    roofs, _ = plan(host, block, ("float32",), [team])  # type: ignore[arg-type,list-item]
    for roof in roofs:
        for made in roof.choices:
            team.calls.clear()
            task = made()
            task.prepare()
            task.sample()
            for args in team.calls:
                _check_extent(block, args)


def _check_extent(block: Block, args: tuple[Any, ...]) -> None:
    """The addresses are the arguments from the block's on, then (a scale,) the bytes and the passes."""
    starts = [a for a in args if isinstance(a, int) and a >= block.address]
    if not starts:  # a compute roof
        return
    size = args[-2]
    assert size > 0
    assert size % probes.GRANULE_BYTES == 0
    for start in starts:
        assert block.address <= start
        assert start + size <= block.address + block.size_bytes


@given(hosts(), st.integers(1 << 12, 1 << 31))
def test_no_ring_leaves_the_block_whatever_the_machine(host: Machine, block_bytes: int) -> None:
    asked: list[tuple[int, int]] = []

    def build(region: Block, offset: int, size_bytes: int, line_bytes: int, seed: int) -> Ring:
        memory.place(region, offset, size_bytes)
        asked.append((offset, size_bytes))
        return Ring(region.address + offset, size_bytes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accel_core.peaks.plan.build_ring", build)
        from accel_core.peaks.plan import latencies

        latencies(host, Block(block_bytes), FakeTeam())  # type: ignore[arg-type]
    ends = [(offset, offset + size) for offset, size in asked]
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(ends))


@pytest.mark.parametrize(("offset", "size"), [(-1, 10), (0, 0), (0, 101), (95, 6), (100, 1)])
def test_a_place_outside_the_block_is_refused(offset: int, size: int) -> None:
    with pytest.raises(ValueError, match="do not lie in a block of 100 bytes"):
        memory.place(Block(100), offset, size)


def test_threads_of_a_team_walk_apart() -> None:
    for offset in stretches(Block(64 * MIB), "L2", 3, 3 * MIB):
        spans = sorted((a, a + offset.size_bytes) for a in offset.addresses)
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))


def test_a_piece_comes_again_only_after_all_the_others() -> None:
    conveyor = Conveyor(Block(10 * places.QUANTUM_BYTES, address=0))
    taken = [conveyor.take(2, 1, 1) for _ in range(6)]
    numbers = [address // places.QUANTUM_BYTES for piece in taken for array in piece for address in array]
    assert numbers == [*range(10), 0, 1]


@pytest.mark.parametrize("name", NAMES)
def test_dram_is_walked_in_four_times_all_caches_that_the_team_touches(name: str) -> None:
    host = machine(name)
    every = measuring_cpus(host, host.cores.allowed)
    touched = last_level_bytes(host, every)
    assert touched >= (host.caches[-1].size_bytes if host.caches else 0)
    assert memory.wanted_bytes(touched) >= max(4 * touched, memory.LEAST_DRAM_BYTES)


def test_a_block_too_small_for_the_caches_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory_bytes", lambda: 32 * MIB)
    events: list[dict[str, Any]] = []
    run = _Run(20.0, events.append, lambda: 0.0)
    arena = measuring._lay_out(machine("linux-epyc-9684x"), [FakeTeam()], run)  # type: ignore[list-item]
    assert arena.size_bytes == 16 * MIB
    (warning,) = [event["message"] for event in events if event["event"] == "warning"]
    assert "16.0 MiB" in warning or "16 MiB" in warning
    assert "four times" in warning


def test_a_ring_visits_every_line_once_before_it_returns() -> None:
    arena = Arena(2 * MIB)
    ring = build_ring(arena, 4096, 64 * 256, 64, seed=3)
    assert ring.size_bytes == 64 * 256
    assert _walked(arena, ring.address, 4096, 64) == 256


def _walked(arena: Arena, start: int, offset: int, line: int) -> int:
    """Lines of a ring until it closes; each lies on a line of the range, and none comes twice."""
    words, at, seen = arena.data.view(np.uint64), start, set()
    while at not in seen:
        assert (at - arena.address - offset) % line == 0
        seen.add(at)
        at = int(words[(at - arena.address) // 8])
    assert at == start
    return len(seen)


def test_a_large_ring_is_arithmetic_and_visits_every_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_RANDOM_LINES", 1000)
    arena = Arena(2 * MIB)
    ring = build_ring(arena, 128, 2 * MIB - 128, 128, seed=3)
    assert _walked(arena, ring.address, 128, 128) == ring.size_bytes // 128
    assert 31 / 32 * (2 * MIB - 128) <= ring.size_bytes <= 2 * MIB - 128


@given(st.integers(1 << 12, 1 << 20), st.integers(0, 99))
def test_an_arithmetic_ring_has_the_full_period(most: int, seed: int) -> None:
    count, factor, first = arithmetic_ring(most, np.random.default_rng(seed))
    assert 31 / 32 * most <= count <= most
    at = np.arange(count, dtype=object if count > 1 << 31 else np.int64)
    following = (factor * at + first) % count
    assert len(np.unique(following)) == count
    place, steps = 0, 0
    while True:
        place, steps = int(following[place]), steps + 1
        if place == 0:
            break
    assert steps == count


def test_the_chase_follows_the_ring() -> None:
    arena, gate = Arena(2 * MIB), Arena(2 * MIB)
    ring = build_ring(arena, 0, 64 * 256, 64, seed=5)
    assert probes.chase(ring.address, 256, gate.address, 0) == ring.address


def test_after_the_rings_nothing_in_the_block_is_a_denormal_number() -> None:
    arena = Arena(2 * MIB)
    build_ring(arena, 0, MIB, 64, seed=5)
    tiny = np.finfo(np.float32).tiny
    assert (np.abs(arena.data.view(np.float32)) < tiny).any()
    arena.clear()
    for dtype in (np.float32, np.float64):
        assert (np.abs(arena.data.view(dtype)) / 2 >= np.finfo(dtype).tiny).all()


def test_the_fastest_place_is_chosen_and_trials_end_with_their_share() -> None:
    made: list[int] = []

    def task(number: int) -> Task:
        made.append(number)
        team = FakeTeam(seconds_per_turn=1e-6 / (number + 1))
        return tasks.compute_task(team, "add", 128, "float64")  # type: ignore[arg-type]

    from accel_core.peaks.plan import Roof

    choices = tuple((lambda number=number: task(number)) for number in (0, 2, 1))
    best = fastest(Roof("roof", choices), lambda: False)
    assert best.team.seconds_per_turn == pytest.approx(1e-6 / 3)  # type: ignore[attr-defined]
    made.clear()
    fastest(Roof("roof", choices), lambda: True)
    assert made == [0]


def test_the_arena_is_aligned_and_touched() -> None:
    arena = Arena(4 * MIB)
    assert arena.address % memory.HUGE_PAGE_BYTES == 0
    assert arena.data.size == 4 * MIB
    assert (arena.data == 1).all()


def test_the_curve_rises_from_4_kib_to_the_whole_block() -> None:
    sizes = curve_bytes(1 << 30)
    assert (sizes[0], sizes[-1]) == (4096, 1 << 30)
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


class Tick:
    """A task of a second a sample."""

    label = "tick"

    def __init__(self, now: list[float]) -> None:
        self.now, self.taken = now, 0

    def prepare(self, try_s: float) -> None:
        self.try_s = try_s

    def sample(self) -> None:
        self.now[0] += 1.0
        self.taken += 1


@pytest.mark.parametrize(
    ("budget_s", "share_s", "taken"),
    [
        (100.0, 50.0, 50),  # as many as there is time for
        (100.0, 2.0, LEAST_SAMPLES),  # an interval before a share
        (2.0, 2.0, 3),  # but never far past the budget
        (1e-3, 1e-3, 1),
    ],
)
def test_rounds_end_with_their_share_but_not_before_there_is_an_interval(
    budget_s: float, share_s: float, taken: int
) -> None:
    now = [0.0]
    run = _Run(budget_s, lambda event: None, lambda: now[0])
    run.begin()
    tick = Tick(now)
    run.rounds([tick], share_s, 1000, "roofs")  # type: ignore[list-item]
    assert tick.taken == taken


def test_rounds_end_at_their_greatest_number() -> None:
    now = [0.0]
    run = _Run(100.0, lambda event: None, lambda: now[0])
    run.begin()
    tick = Tick(now)
    run.rounds([tick], 100.0, 8, "latencies")  # type: ignore[list-item]
    assert tick.taken == 8


def small_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MiB for everything, whatever this machine's caches are."""
    monkeypatch.setattr(memory, "available_memory_bytes", lambda: 128 * MIB)


def test_a_short_real_run_delivers_every_kind_of_record(monkeypatch: pytest.MonkeyPatch) -> None:
    small_block(monkeypatch)
    host = detect()
    events: list[dict[str, Any]] = []
    results = measure_peaks(host, dtypes=("float32",), threads=(1,), budget_s=2.0, emit=events.append)
    ceilings = [r for r in results if isinstance(r, Ceiling)]
    assert len({c.name for c in ceilings}) == len(ceilings)
    best = max((c for c in ceilings if c.kind == "compute"), key=lambda c: c.value)
    assert best.width_bits in (None, *widths(host))
    assert all(c.value > 0 and (c.low is None or c.low <= c.value <= c.high) for c in ceilings)  # type: ignore[operator]
    assert {c.level for c in ceilings if c.operation == "load"} <= set(levels(host)) <= set(LEVELS)
    assert {c.operation for c in ceilings} >= {"load", "copy", "triad", "add"}
    assert len([r for r in results if isinstance(r, Clock)]) == 1
    assert {r.level for r in results if isinstance(r, Latency)} <= set(levels(host))
    assert any(isinstance(r, CurvePoint) for r in results)
    kinds = {event["event"] for event in events}
    assert kinds >= {"step", "result"}
    assert all(event["done"] <= event["total"] for event in events if event["event"] == "step")


def test_what_is_measured_follows_from_the_samples_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    small_block(monkeypatch)
    results = measure_peaks(detect(), dtypes=("float32",), threads=(1,), budget_s=0.5)
    ceilings, latencies, curve, clocks = (
        tuple(r for r in results if isinstance(r, kind)) for kind in (Ceiling, Latency, CurvePoint, Clock)
    )
    found = list(roofs_of(Peaks("", environment(), "", ceilings, clocks[0], latencies, curve)))
    assert len(found) == len(ceilings) + len(latencies) + 2 * len(curve) + 1
    for roof in found:
        assert roof.found() == roof.claim, roof.name
        for one in roof.timed:
            assert len(one.took) == len(one.starts) and one.starts[0] > 0
            spans = zip(itertools.pairwise(one.starts), one.took, strict=False)
            assert all(b >= a + ns - 1 for (a, b), ns in spans)


def test_all_threads_are_measured_in_any_block(monkeypatch: pytest.MonkeyPatch) -> None:
    small_block(monkeypatch)
    host = detect()
    results = measure_peaks(host, dtypes=("float64",), threads=(host.cores.allowed,), budget_s=1e-3)
    assert {r.threads for r in results if isinstance(r, Ceiling)} == {host.cores.allowed}


def test_a_slow_first_touch_ends_early() -> None:
    asked: list[int] = []

    def enough(touched: int) -> bool:
        asked.append(touched)
        return touched >= 64 * MIB

    assert Arena(256 * MIB, enough).size_bytes == 64 * MIB
    assert asked == [0, 64 * MIB]


def test_laying_out_memory_takes_a_share_of_the_budget_and_never_nothing() -> None:
    now = [0.0]
    run = _Run(10.0, lambda event: None, lambda: now[0])
    run.begin()
    now[0] = 9.0
    assert not run.out_of_time(0)
    assert run.out_of_time(1)
    now[0] = 1.0
    assert not run.out_of_time(1)


def test_a_team_times_the_slowest_member() -> None:
    inside: list[float] = []

    def slow(gate: int, target: int) -> None:
        probes.dependent_adds(1, 1, gate, target)  # all have started when this returns
        start = time.perf_counter()
        probes.dependent_adds(1, 100_000, gate, 0)
        inside.append(time.perf_counter() - start)

    with Team(2, ()) as team:
        done = team.time([slow, lambda gate, target: probes.dependent_adds(1, 1, gate, target)])
    assert done.elapsed_s >= inside[0] > 0


def test_a_team_times_its_threads_and_tells_what_they_lost() -> None:
    with Team(1, ()) as team:
        done = team.time([lambda gate, target: probes.dependent_adds(1, 2_000_000, gate, target)])
        assert 0 < done.elapsed_s <= team.wall_s
        assert 0 <= done.lost <= 1
        assert team.lost_s >= 0


def test_a_thread_that_the_system_kept_waiting_lost_that_share(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = iter([1.0, 1.5])
    monkeypatch.setattr("accel_core.peaks.team.thread_wait_s", lambda: next(waited))
    with Team(1, ()) as team:
        done = team.time([lambda gate, target: None])
    assert done.lost == 1.0  # half a second in a try of microseconds
    assert team.lost_s == 0.5


def test_where_the_system_counts_no_waiting_what_is_no_cpu_time_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accel_core.peaks.team.thread_wait_s", lambda: None)
    for fine, least in ((True, 0.02), (False, 0.0)):
        monkeypatch.setattr("accel_core.peaks.team._FINE_CPU_TIME", fine)
        with Team(1, ()) as team:
            team.time([lambda gate, target: time.sleep(0.05)])
        assert team.lost_s >= least
        assert fine or team.lost_s == 0.0


@pytest.mark.parametrize(("steal", "warnings"), [(0.0, 0), (0.02, 1), (None, 0)])
@pytest.mark.parametrize(("lost_s", "more"), [(0.05, 0), (1.0, 1)])
def test_roofs_measured_on_a_busy_machine_say_so(
    steal: float | None, warnings: int, lost_s: float, more: int
) -> None:
    events: list[dict[str, Any]] = []
    team = FakeTeam()
    team.wall_s, team.lost_s = 10.0, lost_s
    _Run(20.0, events.append, lambda: 0.0).look_back([team], steal)  # type: ignore[list-item]
    assert len(events) == max(warnings, more)
    assert all("again" in event["message"] for event in events)
