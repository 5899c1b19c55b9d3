"""The caches of a machine as they are simulated, on every recorded host, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import recorded_hosts as hosts
from hypothesis import given
from hypothesis import strategies as st

from accel_core import runner
from accel_core.cache import CacheGeometry, Simulation, Traversal, cpu_caches, cpu_notes, parse_caches, simulate
from accel_core.cache.geometry import MOST_LEVELS
from accel_core.cache.own import ASSUMED_CACHES
from accel_core.cli import main
from accel_core.errors import BadInput
from accel_core.model import CacheLevel, Machine

KIB, MIB = 1024, 1024**2


def with_caches(*levels: CacheLevel) -> Machine:
    return replace(hosts.machine("linux-zen5-vm"), caches=levels)


def test_a_cache_without_whole_sets_is_simulated_as_the_nearest_that_has_them() -> None:
    kunpeng = hosts.machine("linux-kunpeng-920")  # 32 MiB, 15 ways, lines of 128 B
    last = cpu_caches(kunpeng)[2]
    assert (last.ways, last.line_bytes, last.sets) == (15, 128, 17476)
    assert abs(last.size_bytes - 32 * MIB) <= 15 * 128 / 2
    (said,) = cpu_notes(kunpeng)
    assert said.startswith("L3: 33,554,432 B are no whole number of sets of 15 lines of 128 B")
    assert "17,476 sets" in said
    assert parse_caches("cpu", kunpeng) == cpu_caches(kunpeng)


def test_ways_that_no_system_says_are_assumed_and_said_to_be() -> None:
    mac = hosts.machine("darwin-m2")
    assert [(c.size_bytes, c.ways, c.line_bytes) for c in cpu_caches(mac)] == [
        (128 * KIB, 8, 128),
        (16 * MIB, 8, 128),
    ]
    assert cpu_notes(mac) == (
        "L1: its ways are unknown; 8 are assumed.",
        "L2: its ways are unknown; 8 are assumed.",
    )


def test_lines_that_shrink_from_level_to_level_are_lengthened_and_said_to_be() -> None:
    pi = hosts.machine("linux-raspberry-pi-5")  # its kernel gives L2 lines of 128 B and L3 lines of 64 B
    assert [c.line_bytes for c in cpu_caches(pi)] == [64, 128, 128]
    (said,) = cpu_notes(pi)
    assert said.startswith("L3: lines of 64 B")
    assert "128 B" in said


def test_caches_that_nobody_knows_are_assumed_and_said_to_be() -> None:
    board = hosts.machine("linux-odroid-c2")
    assert [c.size_bytes for c in cpu_caches(board)] == [32 * KIB, 512 * KIB]
    assert "unknown" in cpu_notes(board)[0] and "assumed" in cpu_notes(board)[0]
    with pytest.raises(BadInput, match="unknown machine"):
        cpu_caches(None)


@pytest.mark.parametrize(
    "name", ["linux-zen5-vm", "linux-emerald-rapids-vm", "linux-7950x3d", "linux-alder-lake"]
)
def test_caches_that_are_known_are_simulated_as_they_are_and_nothing_is_said(name: str) -> None:
    here = hosts.machine(name)
    assert cpu_caches(here) == tuple(
        CacheGeometry(c.size_bytes, c.ways or 0, c.line_bytes or 0) for c in here.caches
    )
    assert cpu_notes(here) == ()


@pytest.mark.parametrize("name", hosts.NAMES)
def test_a_product_runs_through_the_caches_of_every_recorded_host(name: str) -> None:
    here = hosts.machine(name)
    done = simulate(Traversal((16, 16, 16), "ikj"), cpu_caches(here), classify=False)
    assert len(done.levels) == (min(len(here.caches), MOST_LEVELS) if here.caches else len(ASSUMED_CACHES))
    for level in done.levels:
        assert level.total.hits + level.total.misses == level.total.accesses
    as_detected = [(c.size_bytes, c.ways, c.line_bytes) for c in here.caches]
    simulated = [(c.size_bytes, c.ways, c.line_bytes) for c in cpu_caches(here)]
    assert (as_detected == simulated) == (not cpu_notes(here))


LEVEL = st.builds(
    CacheLevel,
    st.just("L1"),
    size_bytes=st.integers(1, 1 << 33),
    ways=st.none() | st.integers(1, 64),
    line_bytes=st.none() | st.integers(1, 1 << 14),
)


@given(st.lists(LEVEL, min_size=1, max_size=3))
def test_whatever_a_system_says_of_its_caches_can_be_simulated(levels: list[CacheLevel]) -> None:
    told = with_caches(*(replace(level, level=f"L{n}") for n, level in enumerate(levels, start=1)))
    fitted = cpu_caches(told)
    lines = [cache.line_bytes for cache in fitted]
    assert lines == sorted(lines)
    for level, cache in zip(levels, fitted, strict=True):
        whole = cache.ways * cache.line_bytes
        assert abs(cache.size_bytes - level.size_bytes) <= max(whole / 2, whole - level.size_bytes)
        assert cache.ways == (level.ways or 8)
        moved = (cache.size_bytes, cache.ways, cache.line_bytes) != (
            level.size_bytes,
            level.ways,
            level.line_bytes,
        )
        assert not moved or cpu_notes(told)


# -- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulations run here, in no process of their own."""

    def run(job: dict[str, Any], owner: str, **_: Any) -> list[Simulation]:
        caches = tuple(CacheGeometry.from_dict(cache) for cache in job["caches"])
        return [simulate(Traversal.from_dict(one), caches, classify=False) for one in job["traversals"]]

    monkeypatch.setattr(runner, "run", run)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", hosts.NAMES)
def test_the_command_simulates_the_default_cache_of_every_recorded_host(
    name: str, pretend_host: Callable[[str], Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    here = pretend_host(name)
    assert main(["simulate", "matmul", "--size", "16", "--json"]) == 0
    got = json.loads(capsys.readouterr().out)
    assert got["cache_notes"] == list(cpu_notes(here))
    assert (got["cache"] == "this CPU (as detected)") == (not cpu_notes(here))
    assert main(["simulate", "matmul", "--size", "16"]) == 0
    printed = capsys.readouterr().out
    for note in cpu_notes(here):
        assert note in printed


@pytest.mark.usefixtures("in_process")
def test_caches_that_are_written_out_carry_no_notes_of_the_machine(
    pretend_host: Callable[[str], Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    pretend_host("darwin-m1")
    assert main(["simulate", "matmul", "--size", "16", "--cache", "classroom", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cache_notes"] == []
