"""The sentinel: what it sees between samples, what that is held against, and what is said of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import cycle
from pathlib import Path

import pytest
from numba import types
from test_bench import MACHINE
from test_peaks_loops import machine_code

from accel_core.bench import sentinel
from accel_core.bench.levels import KEPT, Levels, levels_file
from accel_core.bench.sentinel import (
    EVERY_S,
    LEAST_DISTANCE,
    SEVERAL,
    Lookout,
    Probe,
    Reading,
    lookout,
    neighbour,
)
from accel_core.kernels import sentinel as loops
from accel_core.machine.partial import SLOW_CORES
from accel_core.model import Estimate, Fact, Machine, Sentinel

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
