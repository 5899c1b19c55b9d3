"""How large a cache is for the process that measures, out of the curve of bandwidth and latency."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from figure_records import ENVIRONMENT, peaks
from hypothesis import given
from hypothesis import strategies as st
from recorded_hosts import NAMES, machine

from accel_core.cache import cpu_caches, cpu_notes
from accel_core.cli import main
from accel_core.figures import PAPER, curve_alt, curve_figure, hierarchy_alt, hierarchy_figure, machine_reading
from accel_core.model import CurvePoint, Estimate, Machine, Peaks
from accel_core.readings.sweep import cache_marks
from accel_core.roofline import as_measured, doubts, effective_sizes, limiting_memory_level
from accel_core.store import Store
from accel_core.units import format_bytes

KIB, MIB = 1 << 10, 1 << 20
SAMPLE = Path(__file__).parents[2] / "assets" / "sample_record.json"
SERVER = "linux-emerald-rapids-vm"
"""2 MiB of L2, an L3 of 300 MiB that it shares with strangers."""
SERVER_CURVE = (
    # (KiB, GB/s, ns): `accel peaks` on that host, 2026-11-26, in an idle hour
    (4, 358.6, 1.73),
    (8, 355.2, 1.73),
    (16, 364.5, 1.71),
    (32, 362.6, 1.75),
    (48, 350.7, 1.79),
    (64, 154.8, 5.55),
    (128, 144.2, 5.59),
    (256, 143.9, 5.61),
    (512, 144.5, 6.24),
    (1024, 140.8, 7.49),
    (1536, 115.7, 13.1),
    (2048, 51.3, 26.6),
    (3072, 29.1, 31.9),
    (4096, 27.9, 31.6),
    (8192, 26.4, 45.3),
    (16384, 26.9, 52.8),
    (32768, 25.8, 71.2),
    (49152, 25.6, 74.2),
    (65536, 22.1, 106.0),
    (98304, 16.6, 174.0),
    (131072, 15.6, 199.0),
    (262144, 14.9, 289.0),
    (524288, 14.2, 345.0),
    (786432, 14.7, 361.0),
    (1048576, 14.9, 355.0),
)


def point(size_bytes: float, byte_per_s: float, time_s: float) -> CurvePoint:
    return CurvePoint(int(size_bytes), Estimate(byte_per_s, None, None, 6), Estimate(time_s, None, None, 6))


def curve(*rows: tuple[float, float, float]) -> list[CurvePoint]:
    return [point(kib * KIB, gb * 1e9, ns * 1e-9) for kib, gb, ns in rows]


def steps(host: Machine, ends: tuple[float, ...], contrast: float = 3.0) -> list[CurvePoint]:
    """A curve whose cost rises by `contrast` at each of `ends`."""
    sizes = [2.0 ** (k / 2) for k in range(24, 61)]
    costs = [contrast ** sum(size > end for end in ends) for size in sizes]
    return [point(size, 1e11 / cost, 1e-9 * cost) for size, cost in zip(sizes, costs, strict=True)]


def test_a_shared_l3_is_what_this_process_gets_of_it() -> None:
    host = machine(SERVER)
    l1, l2, l3 = effective_sizes(host, curve(*SERVER_CURVE))
    assert not l1.differs
    assert not l2.differs
    assert (l3.level, l3.reported_bytes) == ("L3", 300 * MIB)
    assert l3.differs
    assert l3.effective_bytes is not None
    assert 48 * MIB < l3.effective_bytes < 98 * MIB


def test_caches_that_are_as_large_as_reported_stay_so() -> None:
    data = json.loads(SAMPLE.read_text(encoding="utf-8"))
    host, known = Machine.from_dict(data["machine"]), Peaks.from_dict(data["peaks"])
    assert [size.differs for size in effective_sizes(host, known.curve)] == [False] * 3
    assert as_measured(host, known.curve) is host


def test_the_effective_size_stands_beside_the_reported_one() -> None:
    host = machine(SERVER)
    seen = as_measured(host, curve(*SERVER_CURVE))
    assert seen.fingerprint == host.fingerprint
    assert seen.caches[:2] == host.caches[:2]
    l3 = seen.caches[2]
    assert l3.reported_bytes == host.caches[2].size_bytes > l3.size_bytes
    assert Machine.from_dict(json.loads(json.dumps(seen.to_dict()))) == seen


def test_without_a_curve_nothing_is_known() -> None:
    host = machine(SERVER)
    assert [size.effective_bytes for size in effective_sizes(host, [])] == [None] * 3
    assert as_measured(host, []) is host


def test_levels_that_are_alike_cannot_be_told_apart() -> None:
    host = machine(SERVER)
    flat = [point(size.working_set_bytes, 1e10, 1e-8) for size in curve(*SERVER_CURVE)]
    assert [size.effective_bytes for size in effective_sizes(host, flat)] == [None] * 3


def small_block(top_bytes: int, l3_bytes: float) -> list[CurvePoint]:
    """The server's curve in a block of `top_bytes`, with an L3 of another size: 24 against 14 GB/s, 30 against
    120 ns."""
    ends = (48 * KIB, 2 * MIB, l3_bytes)
    rates, times = (280e9, 100e9, 24e9, 14e9), (1.6e-9, 5e-9, 30e-9, 120e-9)
    sizes = [2.0 ** (k / 2) for k in range(24, 62) if 2.0 ** (k / 2) <= top_bytes]
    at = [sum(size > end for end in ends) for size in sizes]
    return [point(size, rates[i], times[i]) for size, i in zip(sizes, at, strict=True)]


def test_the_end_is_found_in_a_block_that_is_smaller_than_what_is_reported() -> None:
    found = effective_sizes(machine(SERVER), small_block(256 * MIB, 30 * MIB))[-1]
    assert found.seen and found.effective_bytes == pytest.approx(30 * MIB, rel=math.sqrt(2) - 1)


def test_a_block_that_never_leaves_the_cache_says_nothing_of_its_end() -> None:
    found = effective_sizes(machine(SERVER), small_block(256 * MIB, 300 * MIB))[-1]
    assert found.seen and found.effective_bytes is None


def test_pages_that_cost_latency_alone_end_no_cache_that_the_curve_stays_in() -> None:
    inside = small_block(256 * MIB, 300 * MIB)
    far = [replace(p, latency_s=Estimate(60e-9, None, None, 6)) for p in inside[-6:]]
    assert effective_sizes(machine(SERVER), [*inside[:-6], *far])[-1].effective_bytes is None


@pytest.mark.parametrize("l3_bytes", [2 * MIB, 4 * MIB])
def test_a_level_of_which_this_process_finds_nothing_is_no_level_of_its(l3_bytes: int) -> None:
    host, known = machine(SERVER), small_block(1200 * MIB, l3_bytes)
    assert [size.seen for size in effective_sizes(host, known)] == [True, True, False]
    measured = as_measured(host, known)
    assert [cache.level for cache in measured.caches] == ["L1", "L2"]
    assert limiting_memory_level(measured, 16 * MIB) == "DRAM"
    (said,) = doubts(host, known)
    assert "nothing of the L3 of 300 MiB" in said


def test_a_level_that_costs_as_much_as_memory_is_not_denied_where_the_curve_ends_before_its_size() -> None:
    known = small_block(256 * MIB, 2 * MIB)
    assert all(size.seen for size in effective_sizes(machine(SERVER), known))
    (said,) = doubts(machine(SERVER), known)
    assert "the system reports 300 MiB, and the curve reaches 256 MiB" in said


def test_there_is_no_doubt_where_the_end_was_found_or_nothing_was_measured() -> None:
    for known in (
        curve(*SERVER_CURVE),
        small_block(256 * MIB, 30 * MIB),
        small_block(1200 * MIB, 300 * MIB),
        [],
    ):
        assert doubts(machine(SERVER), known) == ()


def test_latency_alone_shows_the_end_where_the_prefetcher_hides_it_from_bandwidth() -> None:
    host = machine(SERVER)
    hidden = [replace(p, bandwidth_byte_per_s=Estimate(2e10, None, None, 6)) for p in curve(*SERVER_CURVE)]
    (l3,) = [size for size in effective_sizes(host, hidden) if size.level == "L3"]
    assert l3.differs


@pytest.mark.parametrize("name", [name for name in NAMES if len(machine(name).caches) > 1])
@pytest.mark.parametrize("share", [1.0, 0.9, 0.3])
def test_the_last_cache_of_every_recorded_host_is_found_where_the_curve_ends_it(
    name: str, share: float
) -> None:
    host = machine(name)
    *nearer, last = host.caches
    end = max(share * last.size_bytes, 2.5 * nearer[-1].size_bytes)
    found = effective_sizes(host, steps(host, (*(c.size_bytes for c in nearer), end)))
    assert not any(size.differs for size in found[:-1])
    effective = found[-1].effective_bytes
    if effective is not None:
        assert effective == pytest.approx(min(end, last.size_bytes), rel=math.sqrt(2) - 1)
    assert found[-1].differs == (effective is not None and 1.5 * effective <= last.size_bytes)


@given(st.lists(st.tuples(st.integers(12, 34), st.floats(1e8, 1e13), st.floats(1e-10, 1e-5)), max_size=30))
def test_an_effective_size_is_never_more_than_the_reported_one(rows: list[tuple[int, float, float]]) -> None:
    points = [point(2**power, rate, time_s) for power, rate, time_s in sorted(rows)]
    for name in (SERVER, "linux-zen5-vm", "darwin-m2", "linux-odroid-c2"):
        for size in effective_sizes(machine(name), points):
            assert size.effective_bytes is None or 0 < size.effective_bytes <= size.reported_bytes
        sizes = [c.size_bytes for c in as_measured(machine(name), points).caches]
        assert all(size > 0 for size in sizes)
        assert len(machine(name).caches) - 1 <= len(sizes) <= len(machine(name).caches)


def test_the_rising_sizes_of_levels_stay_rising_on_a_real_curve() -> None:
    for rows in (SERVER_CURVE, SERVER_CURVE[::2]):
        seen = as_measured(machine(SERVER), curve(*rows))
        assert all(a.size_bytes < b.size_bytes for a, b in pairwise(seen.caches))


def test_pictures_sentences_and_simulation_take_the_effective_size_and_tell_the_reported_one() -> None:
    host = machine(SERVER)
    points = curve(*SERVER_CURVE)
    seen = as_measured(host, points)
    here = format_bytes(seen.caches[2].size_bytes)
    known = Peaks(host.fingerprint, ENVIRONMENT, "2026-11-26", curve=tuple(points), latencies=peaks().latencies)
    drawn = str(hierarchy_figure(seen, known, PAPER).to_plotly_json()["layout"])
    assert f"about {here} of 300 MiB" in drawn
    marks = str(curve_figure(seen, known, PAPER).to_plotly_json()["layout"])
    assert f"<b>L3</b> {here}" in marks
    assert "L3 as reported" in marks
    for said in (machine_reading(seen, known), hierarchy_alt(seen, known), curve_alt(seen, known)):
        assert here in said
        assert "300 MiB" in said
    assert limiting_memory_level(host, 200 * MIB) == "L3"
    assert limiting_memory_level(seen, 200 * MIB) == "DRAM"
    (mark,) = [m for m in cache_marks(seen, "float32", "bytes") if m.level == "L3"]
    assert mark.value == seen.caches[2].size_bytes
    simulated = cpu_caches(seen)[2].size_bytes
    assert simulated == pytest.approx(seen.caches[2].size_bytes, rel=0.01)
    (note,) = cpu_notes(seen)
    assert "300 MiB" in note
    assert here in note


def test_the_command_line_tells_both_sizes(
    pretend_host: Callable[[str], Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    host = pretend_host(SERVER)
    for part in curve(*SERVER_CURVE):
        Store().save_peak(host.fingerprint, ENVIRONMENT, part)
    assert main(["machine"]) == 0
    assert "of it, by the measured curve" in capsys.readouterr().out
    assert main(["machine", "--json"]) == 0
    caches = json.loads(capsys.readouterr().out)["machine"]["caches"]
    assert caches[2]["effective_bytes"] < caches[2]["size_bytes"] == 300 * MIB
    assert main(["simulate", "matmul", "--size", "8", "--json"]) == 0
    assert "300 MiB" in " ".join(json.loads(capsys.readouterr().out)["cache_notes"])


def test_a_disturbed_stretch_of_one_curve_does_not_end_a_level() -> None:
    host = machine(SERVER)
    rows = [(kib, gb / 3 if 500 < kib < 1600 else gb, ns) for kib, gb, ns in SERVER_CURVE]
    assert not effective_sizes(host, curve(*rows))[1].differs
