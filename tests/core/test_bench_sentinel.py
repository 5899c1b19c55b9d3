"""The sentinel: what it sees between samples, what that is held against, and what is said of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import types
from test_bench import MACHINE
from test_peaks_loops import machine_code

from accel_core.bench import sentinel
from accel_core.bench.comparing import _judged
from accel_core.bench.levels import KEPT, LEAST_FOR_A_FENCE, Levels, levels_file
from accel_core.bench.sampling import Racer
from accel_core.bench.sentinel import (
    EVERY_S,
    FAR_BYTES,
    LEAST_DISTANCE,
    SEVERAL,
    Far,
    Lookout,
    Probe,
    Reading,
    Reads,
    lookout,
    neighbour,
)
from accel_core.kernels import sentinel as loops
from accel_core.machine.partial import SLOW_CORES
from accel_core.model import Estimate, Fact, Machine, Sentinel
from accel_core.model.sentinel import READ_BYTES
from accel_core.stats import LEAST_SAMPLES

CALM = Reading(core_cycles=0.25, cycle_s=4e-10)
CROWDED = replace(CALM, core_cycles=0.35)


class Looking:
    """A lookout on a clock that moves when somebody says so, whose probe takes `cost_s`."""

    def __init__(
        self, *readings: Reading, cost_s: float = 1e-4, levels: Levels | None = None, name: str = "core"
    ) -> None:
        self.now_s = 0.0
        self.cost_s = cost_s
        self.left: Iterator[Reading] = cycle(readings or (CALM,))
        self.lookout = Lookout(self.probe, levels, name, lambda: self.now_s)

    def probe(self) -> Reading:
        self.now_s += self.cost_s
        return next(self.left)

    def pass_by(self, sample_s: float, samples: int) -> int:
        """Samples of that length, with a look after each; how often the probe ran."""
        before = len(self.lookout.readings)
        for _ in range(samples):
            self.now_s += sample_s
            self.lookout.look()
        return len(self.lookout.readings) - before


# -- when it looks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cost_s", [1e-5, 1e-4, 1e-3])
@pytest.mark.parametrize("sample_s", [1e-3, 7e-3, 0.05, 3.0])
def test_it_costs_less_than_three_hundredths_of_the_samples(sample_s: float, cost_s: float) -> None:
    looking = Looking(cost_s=cost_s)
    looking.lookout.begin()
    samples = 1000
    assert 0 < looking.pass_by(sample_s, samples) * cost_s < 0.03 * sample_s * samples


def test_it_looks_before_the_first_sample_and_not_after_each_short_one() -> None:
    looking = Looking()
    looking.lookout.begin()
    assert len(looking.lookout.readings) == SEVERAL
    assert looking.pass_by(EVERY_S / 4, 4 * 10) == pytest.approx(10, abs=1)


def test_one_long_sample_stands_between_enough_looks_for_an_interval() -> None:
    looking = Looking()
    looking.lookout.begin()
    looking.pass_by(5.0, 1)
    report = looking.lookout.report()
    assert report is not None and report.core_cycles.low is not None


def test_a_slow_probe_looks_seldom() -> None:
    looking = Looking(cost_s=1e-3)
    looking.lookout.begin()
    assert looking.pass_by(EVERY_S, 100) <= 100 * EVERY_S / (LEAST_DISTANCE * 1e-3) + 1


def test_each_measurement_has_looks_of_its_own() -> None:
    looking = Looking(*[CROWDED] * SEVERAL, *[CALM] * 100)
    looking.lookout.begin()
    looking.lookout.begin()
    assert set(looking.lookout.readings) == {CALM}


# -- what it is held against -----------------------------------------------------------------------------------


def seen(*readings: Reading, levels: Levels, name: str = "core") -> str:
    """What is said after a measurement in which the probe read this, again and again."""
    looking = Looking(*readings, levels=levels, name=name)
    looking.lookout.begin()
    looking.pass_by(EVERY_S, 30)
    said = looking.lookout.neighbour()
    looking.lookout.remember()
    return said


def test_a_neighbour_that_came_is_seen_and_said_with_its_figure() -> None:
    levels = Levels(None)
    assert seen(CALM, levels=levels) == ""
    said = seen(CROWDED, levels=levels)
    assert said == (
        "Something that no counter shows shared its core: "
        "additions took 40 % longer than undisturbed, between the samples."
    )


@pytest.mark.parametrize(("cycles", "marked"), [(0.262, False), (0.263, True)])
def test_a_twentieth_more_than_undisturbed_is_no_neighbour_yet(cycles: float, marked: bool) -> None:
    levels = Levels(None)
    seen(CALM, levels=levels)
    assert bool(seen(replace(CALM, core_cycles=cycles), levels=levels)) is marked


def test_a_lower_clock_is_on_record_and_is_nobody() -> None:
    levels = Levels(None)
    seen(CALM, levels=levels)
    slow = Looking(replace(CALM, cycle_s=5e-10), levels=levels)
    slow.lookout.begin()
    slow.pass_by(EVERY_S, 30)
    assert slow.lookout.report().clock_hz == pytest.approx(2e9)  # type: ignore[union-attr]
    assert slow.lookout.neighbour() == ""


def test_a_neighbour_for_less_than_half_of_the_time_shows_neither_in_the_probe_nor_in_the_median() -> None:
    levels = Levels(None)
    seen(CALM, levels=levels)
    assert seen(CALM, CALM, CROWDED, levels=levels) == ""


def test_a_neighbour_that_was_there_before_the_process_is_seen_against_what_is_stored(tmp_path: Path) -> None:
    seen(CALM, levels=Levels(tmp_path / "levels.json"))
    assert "shared its core" in seen(CROWDED, levels=Levels(tmp_path / "levels.json"))


def test_a_single_lucky_moment_does_not_call_all_others_disturbed() -> None:
    levels = Levels(None)
    for reading in [CALM] * 6 + [replace(CALM, core_cycles=0.2)]:
        seen(reading, levels=levels)
    assert seen(CALM, levels=levels) == ""


def test_a_machine_that_has_become_another_is_not_disturbed_for_ever() -> None:
    levels = Levels(None)
    for _ in range(KEPT):
        seen(CALM, levels=levels)
    said = [seen(CROWDED, levels=levels) for _ in range(KEPT)]
    assert said[0] and not said[-1]


def named(
    machine: Machine, threads: int, monkeypatch: pytest.MonkeyPatch, levels: Levels, what: str = "matmul/numpy"
) -> Lookout:
    """The lookout of a measurement, with a probe that sees nobody."""
    monkeypatch.setattr(sentinel, "_probe", lambda: lambda: CALM)
    monkeypatch.setattr(sentinel, "_levels", lambda: levels)
    looking = lookout(machine, threads, what)
    looking.begin()
    return looking


@pytest.mark.parametrize(
    ("later", "threads", "what", "known"),
    [
        (MACHINE, 1, "matmul/packed", True),  # nobody spins beside one thread
        (MACHINE, 2, "matmul/numpy", False),  # threads that spin between samples may be neighbours
        (replace(MACHINE, fingerprint="another"), 1, "matmul/numpy", False),  # a home folder on the network
    ],
)
def test_a_level_is_that_of_one_machine_and_of_one_thread(
    later: Machine, threads: int, what: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = Levels(None)
    named(MACHINE, 1, monkeypatch, levels).remember()
    report = named(later, threads, monkeypatch, levels, what).report()
    assert report is not None and (report.undisturbed_cycles is not None) is known


@pytest.mark.parametrize(
    ("threads", "what", "known"),
    [(2, "matmul/numpy", True), (3, "matmul/numpy", False), (2, "matmul/packed_threads", False)],
)
def test_several_threads_are_held_against_as_many_of_the_same_kernel(
    threads: int, what: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = Levels(None)
    named(MACHINE, 2, monkeypatch, levels).remember()
    report = named(MACHINE, threads, monkeypatch, levels, what).report()
    assert report is not None and (report.undisturbed_cycles is not None) is known


@pytest.mark.parametrize(("cpus", "known"), [((3,), True), ((0, 3), False), ((), False)])
def test_a_thread_that_may_move_to_another_kind_of_core_is_held_against_nothing(
    cpus: tuple[int, ...], known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hybrid = replace(MACHINE, facts=(Fact(SLOW_CORES, 4, "somebody"),))
    monkeypatch.setattr(sentinel, "allowed_cpus", lambda: cpus)
    levels = Levels(None)
    named(hybrid, 1, monkeypatch, levels).remember()
    report = named(hybrid, 1, monkeypatch, levels).report()
    assert report is not None and (report.undisturbed_cycles is not None) is known


def test_nothing_is_off_where_nothing_is_known_or_too_little_was_seen() -> None:
    few = Sentinel(Estimate(2.0, None, None, 3), 1.0, 1e9)
    unknown = Sentinel(Estimate(2.0, 2.0, 2.0, 9), None, 1e9)
    assert neighbour(few) == neighbour(unknown) == neighbour(None) == []
    assert few.drift == 1.0 and unknown.drift is None


def test_without_a_probe_nothing_is_seen() -> None:
    blind = Lookout()
    blind.begin()
    blind.look()
    blind.remember()
    assert (blind.report(), blind.neighbour(), blind.crowded()) == (None, "", set())


def test_a_report_comes_back_from_json() -> None:
    report = Sentinel(Estimate(0.25, 0.24, 0.26, 9), 0.25, 2.5e9)
    assert Sentinel.from_dict(json.loads(json.dumps(asdict(report)))) == report


# -- reads ---------------------------------------------------------------------------------------------------

READ_S = 5e-5


class AfterMuch:
    """A lookout after a kernel of much traffic, whose reads take what they are told."""

    def __init__(self, levels: Levels | None) -> None:
        self.now_s, self.took_s, self.looks_like = 0.0, READ_S, CALM
        probe, clock = lambda: self.looks_like, lambda: self.now_s
        self.lookout = Lookout(probe, levels, "core", clock, Far(self.read, "reads"))

    def read(self) -> float:
        self.now_s += self.took_s
        return self.took_s

    def measurement(self, took_s: float, looks: int = 30) -> str:
        """What is said after a measurement in which each read took `took_s`."""
        self.took_s = took_s
        self.lookout.begin()
        for _ in range(looks):
            self.now_s += EVERY_S
            self.lookout.look()
        said = self.lookout.neighbour()
        self.lookout.remember()
        return said


def known(*levels_s: float) -> AfterMuch:
    """One that knows these levels."""
    levels = Levels(None)
    for level_s in levels_s:
        levels.add("reads", level_s)
    return AfterMuch(levels)


STEADY = [READ_S * (1 + 0.001 * place) for place in range(LEAST_FOR_A_FENCE)]
WANDERING = [READ_S * (1 + 0.04 * place) for place in range(LEAST_FOR_A_FENCE)]


def test_a_neighbour_on_the_memory_is_seen_and_said_with_its_figure() -> None:
    reads = known(*[READ_S] * LEAST_FOR_A_FENCE)
    assert reads.measurement(1.09 * READ_S) == (
        "Something that no counter shows shared its caches or memory: "
        "data that it had pushed out took 9.0 % longer to read than undisturbed, between the samples."
    )


@pytest.mark.parametrize(
    ("levels_s", "took", "marked"),
    [
        (STEADY, 1.07, True),
        (STEADY, 1.04, False),  # outside what is usual, and no twentieth more
        (WANDERING, 1.3, False),  # a twentieth more, which is usual here
        (WANDERING, 1.6, True),
        (STEADY[1:], 1.5, False),  # too little is known to say what is usual
    ],
)
def test_reads_tell_of_a_neighbour_where_they_drift_by_more_than_is_usual(
    levels_s: list[float], took: float, marked: bool
) -> None:
    assert bool(known(*levels_s).measurement(took * READ_S)) is marked


def test_the_first_look_reads_nothing_as_no_kernel_has_pushed_anything_out() -> None:
    reads = known()
    reads.lookout.begin()
    assert reads.lookout.readings and not reads.lookout.reads_s
    report = reads.lookout.report()
    assert report is not None and (report.read_s, report.read_drift, report.reads) == (None, None, "")


def test_too_few_reads_are_on_record_and_mark_nothing() -> None:
    reads = known(*STEADY)
    assert reads.measurement(2 * READ_S, looks=3) == ""
    report = reads.lookout.report()
    assert report is not None and report.read_drift == pytest.approx(1.0, abs=0.01)


def test_a_record_says_how_fast_reads_were_and_how_far_that_is_from_undisturbed() -> None:
    stranger, reads = AfterMuch(None), known(READ_S)
    stranger.measurement(READ_S)
    first = stranger.lookout.report()
    reads.measurement(1.1 * READ_S)
    second = reads.lookout.report()
    assert first is not None and second is not None
    assert first.reads == f"{READ_BYTES / READ_S / 1e9:.1f} GB/s; nothing was known of it before"
    assert second.reads.endswith("GB/s, in 110 % of the time that they take undisturbed")
    assert Sentinel.from_dict(json.loads(json.dumps(asdict(second)))) == second


def test_a_record_of_before_there_were_reads_has_none() -> None:
    data = asdict(Sentinel(Estimate(0.25, 0.24, 0.26, 9), 0.25, 2.5e9))
    old = {name: value for name, value in data.items() if "read" not in name}
    assert Sentinel.from_dict(old).reads == ""


def test_pairs_left_out_for_the_core_leave_the_memory_told() -> None:
    reads = known(*[READ_S] * LEAST_FOR_A_FENCE)
    reads.measurement(READ_S)
    reads.looks_like = CROWDED
    reads.measurement(1.5 * READ_S)
    told = {core: [cause.words for cause in reads.lookout.causes(core=core)] for core in (True, False)}
    assert ["shared its core" in words for words in told[True]] == [True, False]
    assert told[False] == told[True][1:] and "shared its caches or memory" in told[False][0]
    racers = [Racer(lambda: None) for _ in range(2)]
    for racer in racers:
        racer.times_s = [1.0] * (2 * LEAST_SAMPLES)
        racer.starts_s = [float(at) for at in range(2 * LEAST_SAMPLES)]
    looked = [len(reads.lookout.readings) + 1] * LEAST_SAMPLES + [1] * LEAST_SAMPLES
    turns = _judged(racers, looked, [], reads.lookout)
    assert turns.left_out == LEAST_SAMPLES
    assert "caches or memory" in turns.disturbed_reason and "its core" not in turns.disturbed_reason
    reads.lookout.begin()
    assert reads.lookout.causes(core=False) == []


def test_after_little_traffic_nothing_is_read_and_levels_are_those_after_as_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sentinel, "_probe", lambda: lambda: CALM)
    monkeypatch.setattr(sentinel, "_reads", lambda: lambda: READ_S)
    levels = Levels(None)
    monkeypatch.setattr(sentinel, "_levels", lambda: levels)

    def drift(traffic_bytes: int) -> float | None:
        looking = lookout(MACHINE, 1, "add/numpy", traffic_bytes)
        looking.begin()
        looking._last = -math.inf
        looking.look()
        report = looking.report()
        assert report is not None and (report.read_s is None) is (traffic_bytes < FAR_BYTES)
        looking.remember()
        return report.read_drift

    assert [drift(FAR_BYTES - 1), drift(FAR_BYTES), drift(FAR_BYTES + 1), drift(4 * FAR_BYTES)] == [
        None,
        None,
        0.0,
        None,
    ]


@given(st.lists(st.floats(1e-6, 1e-3), min_size=LEAST_FOR_A_FENCE, max_size=KEPT))
def test_the_fence_is_tukeys(levels_s: list[float]) -> None:
    levels = Levels(None)
    for level_s in levels_s:
        levels.add("reads", level_s)
    low, high = np.percentile(levels_s, [25, 75])
    assert levels.most("reads") == pytest.approx(high + 1.5 * (high - low))


def test_each_read_is_of_another_part_until_all_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Reads(clock=iter(range(1000)).__next__)
    for number, part in enumerate(reads._parts):
        part[:] = number
    seen: list[int] = []
    monkeypatch.setattr(loops, "total", lambda data: seen.append(int(data[0])))
    assert {reads() for _ in range(2 * len(reads._parts))} == {1}
    assert seen == [*range(len(reads._parts))] * 2


def test_the_total_is_that_of_all_values() -> None:
    values = np.arange(READ_BYTES // 8, dtype=np.int64)
    assert loops.total(values) == values.sum()


# -- what is kept --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 0, "levels": {"core": [1]}}', '{"version": 1}', "1"]
)
def test_a_damaged_or_older_file_is_no_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sentinel.json"
    path.write_text(text, encoding="ascii")
    levels = Levels(path)
    assert levels.undisturbed("core") is None
    levels.add("core", 2.0)
    assert Levels(path).undisturbed("core") == 2.0


def test_a_folder_that_cannot_be_written_costs_the_memory_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    levels = Levels(tmp_path / "file" / "sentinel.json")
    levels.add("core", 2.0)
    assert levels.undisturbed("core") == 2.0


def test_levels_lie_beside_the_records(accel_home: Path) -> None:
    assert levels_file() == accel_home / "sentinel.json"


# -- the probe itself ------------------------------------------------------------------------------------------


def test_a_probe_reads_positive_times() -> None:
    reading = Probe()()
    assert min(reading.core_cycles, reading.cycle_s) > 0


def test_a_probe_divides_what_it_timed_by_what_was_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that starts four additions a cycle, at 2.5 GHz, and a call that takes a microsecond."""
    now = [0.0]

    def adding(a_cycle: int) -> Callable[[int, int], None]:
        def add(step: int, turns: int) -> None:
            now[0] += 1e-6 + turns * loops.ADDITIONS / a_cycle / 2.5e9

        return add

    monkeypatch.setattr(loops, "one_by_one", adding(1))
    monkeypatch.setattr(loops, "side_by_side", adding(4))
    reading = Probe(lambda: now[0])()
    assert reading.core_cycles == pytest.approx(0.25, rel=0.01)
    assert reading.cycle_s == pytest.approx(4e-10, rel=0.01)


@pytest.mark.parametrize("turns", [1, 5])
def test_the_chains_make_as_many_additions_as_is_said(turns: int) -> None:
    made = loops.ADDITIONS * turns
    assert loops.one_by_one(3, turns) == 3 + 3 * made
    assert loops.side_by_side(3, turns) == sum(3 + chain for chain in range(8)) + 3 * made


def test_the_machine_code_has_each_addition() -> None:
    for chain in (loops.one_by_one, loops.side_by_side):
        code = machine_code(chain, types.int64, types.int64)
        assert len(re.findall(r"\badd[q]?\b", code)) >= loops.ADDITIONS
