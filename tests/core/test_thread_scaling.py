"""A sweep over threads against its ideal and its roof: what is drawn, and what is said of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import figure_records as records
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core import registry
from accel_core.figures import look_for, sweep_figure
from accel_core.figures.scaling import IDEAL, LESSER_PX, TICK_PX
from accel_core.model import Ceiling, Measurement
from accel_core.readings.scaling import Scaling, scaling_alt, scaling_of, unknown_text
from accel_core.readings.scaling_reading import scaling_reading
from accel_core.roofline import judge, limit_of, limits_of

JOB, TRIAD, MACHINE = records.workload(), registry.workload("triad"), records.machine()
COUNTS = (1, 2, 4, 8, 16)
PEAK = 100e9
GROWS = {1: 20e9, 2: 39e9, 4: 76e9, 8: 78e9, 16: 79e9}
"""Bandwidth of DRAM that four of sixteen threads use up."""
SPREAD = tuple(1 + 0.01 * (i % 5 - 2) for i in range(21))
WIDE, PHONE = look_for("light", width_px=700), look_for("light", width_px=350)


def roofs(memory: Mapping[int, float], counts: Sequence[int] = COUNTS) -> list[Ceiling]:
    """Computing that grows with the threads, and this bandwidth of DRAM."""
    flat = [records.ceiling("compute", PEAK * t, threads=t) for t in counts]
    return flat + [records.ceiling("memory", memory[t], level="DRAM", threads=t) for t in counts]


def timed(m: Measurement, time_s: float, **changes: Any) -> Measurement:
    samples = tuple(time_s * part for part in SPREAD)
    return replace(m, time_s=records.estimate(time_s), samples_s=samples, **changes)


def product(
    speed_up: Mapping[int, float], kernel: str = "numpy", rate: float = 0.9 * PEAK
) -> list[Measurement]:
    """A matrix product of 8192, which lies in DRAM, on threads: bound by computing."""
    alone = records.measurement(kernel, rate, size=8192)
    return [
        timed(alone, alone.time_s.median / gain, threads=threads, id=f"{kernel} {threads}")
        for threads, gain in speed_up.items()
    ]


def triad(share: float = 0.9, intensity: float | None = None) -> list[Measurement]:
    """The triad at this share of the bandwidth; with another intensity, as if it computed more."""
    shape = TRIAD.shape(2**26)
    least = TRIAD.least_bytes(shape, "float32")
    flop = TRIAD.flop(shape) if intensity is None else round(intensity * least)
    plain = replace(records.measurement("numpy"), workload="triad", kernel="triad/compiled_threads", flop=flop)
    plain = replace(plain, shape=shape, size=2**26, least_bytes=least)
    return [
        timed(plain, max(least / (share * rate), flop / (share * PEAK * t)), threads=t, id=f"triad {t}")
        for t, rate in GROWS.items()
    ]


def scaling(results: Sequence[Measurement], ceilings: Sequence[Ceiling], job: Any = JOB) -> Scaling:
    return scaling_of(job, results, ceilings, MACHINE)


def said(results: Sequence[Measurement], ceilings: Sequence[Ceiling], job: Any = JOB) -> str:
    return " ".join(scaling_reading(job, results, scaling(results, ceilings, job)))


def drawn(results: Sequence[Measurement], ceilings: Sequence[Ceiling], look: Any = WIDE) -> go.Figure:
    job = TRIAD if results[0].workload == "triad" else JOB
    return sweep_figure(job, results, "threads", look, scaling=scaling(results, ceilings, job))


def named(figure: go.Figure, name: str) -> list[Any]:
    return [trace for trace in figure.data if trace.name == name]


EVEN = {t: 0.9 * t if t > 1 else 1.0 for t in COUNTS}


# -- the roof over a problem ---------------------------------------------------------------------------------


@given(st.floats(1e6, 1e15), st.floats(1e6, 1e15), st.integers(1, 16))
def test_a_limit_is_what_a_measurement_is_judged_by(peak: float, bandwidth: float, threads: int) -> None:
    m = replace(records.measurement("numpy"), threads=threads)
    ceilings = [
        records.ceiling("compute", peak, threads=threads),
        records.ceiling("memory", bandwidth, level="L3", threads=threads),
    ]
    limit, verdict = limit_of(m, threads, ceilings, MACHINE), judge(m, ceilings, MACHINE)
    assert limit and verdict
    assert limit.flop_per_s == verdict.attainable_flop_per_s == min(peak, limit.memory_flop_per_s)
    assert (limit.limiting, limit.bound_by, limit.level) == (verdict.limiting, verdict.bound_by, verdict.level)


def test_a_roof_stands_only_where_both_roofs_of_its_threads_and_type_were_measured() -> None:
    m = product(EVEN)[0]
    ceilings = roofs(GROWS, (1, 4))
    theory = [replace(c, threads=2, source="theory") for c in ceilings]
    lonely = [records.ceiling("compute", PEAK, threads=8), replace(ceilings[0], threads=16, dtype="float64")]
    found = limits_of(m, [*lonely, *theory, *reversed(ceilings)], MACHINE)
    assert [limit.threads for limit in found] == [1, 4]


# -- what it is held against ---------------------------------------------------------------------------------


def test_the_ideal_is_one_thread_times_the_threads() -> None:
    results = product(EVEN)
    (line,) = scaling(results, []).ideal.values()
    assert [threads for threads, _ in line] == list(COUNTS)
    assert [rate for _, rate in line] == pytest.approx([t * results[0].flop_per_s for t in COUNTS])
    assert scaling(results[1:], []).ideal == {}


def test_roofs_beyond_the_sweep_and_of_several_problems_are_left_out() -> None:
    results = product({1: 1, 2: 2, 4: 4})
    assert [limit.threads for limit in scaling(results, roofs(GROWS)).limits] == [1, 2, 4]
    other = replace(results[0], kernel="matmul/packed", flop=2 * results[0].flop)
    mixed = scaling([*results, other], roofs(GROWS))
    assert mixed.limits == () and mixed.unknown == () and mixed.ideal


# -- what is said --------------------------------------------------------------------------------------------


def test_a_product_that_computes_keeps_its_roof_which_grows_with_the_threads() -> None:
    text = said(product(EVEN), roofs(GROWS))
    assert (
        "The roof is the same at 1, 2, 4, 8 and 16 threads: computing is the lower one, and grows 16.0 times"
        in text
    )
    assert "stops growing" not in text and "changes" not in text


def test_a_triad_names_the_threads_at_which_the_bandwidth_stops_growing() -> None:
    text = said(triad(), roofs(GROWS), TRIAD)
    assert "DRAM bandwidth is the lower one, and grows 4.0 times" in text
    assert (
        "DRAM bandwidth stops growing at 4 threads (76.0 GB/s): more threads, up to 16, add at most 3.9 %."
        in text
    )


def test_the_threads_are_named_at_which_the_roof_changes() -> None:
    # of two threads 200 GFLOP/s lie below 5.14 FLOP/B · 39 GB/s, of four 400 above 5.14 FLOP/B · 76 GB/s
    text = said(triad(intensity=5.14), roofs(GROWS), TRIAD)
    assert "The roof changes at 4 threads, from computing at 2 to DRAM bandwidth. DRAM bandwidth stops" in text
    assert "equal within" not in text
    text = said(triad(intensity=5.26), roofs(GROWS), TRIAD)
    assert "from computing at 2 to DRAM bandwidth, where both are equal within their intervals." in text


def test_between_measured_roofs_nothing_is_claimed() -> None:
    results = triad(intensity=5.14)
    text = said(results, roofs(GROWS, (1, 16)), TRIAD)
    assert "changes between 1 and 16 threads" in text and "where is not known" in text
    assert "stops growing" not in text  # four times as much at the only other count
    flat = roofs({1: 20e9, 16: 21e9}, (1, 16))
    assert "stops growing at 1 thread (20.0 GB/s)" in said(triad(), flat, TRIAD)
    assert "as far as that is measured" in said(triad(), flat, TRIAD)
    assert "stops growing by 8 threads" in said(triad(), roofs(GROWS, (1, 2, 8, 16)), TRIAD)
    assert unknown_text(scaling(results, roofs(GROWS, (1, 16)), TRIAD), "float32") == (
        "Roofs of 2, 4 and 8 threads have not been measured for float32."
    )


def test_without_roofs_only_the_ideal_is_spoken_of() -> None:
    results = product(EVEN)
    assert "roof" not in said(results, [])
    assert unknown_text(scaling(results, []), "float32").startswith(
        "Roofs of 1, 2, 4, 8 and 16 threads have not"
    )
    assert unknown_text(scaling(results, roofs(GROWS)), "float32") == ""
    one = said(results, roofs(GROWS, (1,)))
    assert "The roof at 1 thread is computing (100 GFLOP/s); whether it changes is not known." in one


def test_the_part_of_the_ideal_carries_its_interval() -> None:
    results = product({1: 1.0, 2: 1.9, 16: 8.0})
    text = said(results, [])
    assert text.startswith(
        "NumPy (BLAS) reaches 0.500 of its ideal at 16 threads (95 % interval 0.485 to 0.515"
    )
    few = [replace(m, samples_s=m.samples_s[:6]) for m in results]
    assert "(no interval under 7 samples)" in said(few, [])
    assert "disturbed" in said([*results[:2], replace(results[2], disturbed=True)], [])
    damaged = [replace(m, samples_s=()) for m in results]
    assert "reaches 0.500 of its ideal" in said(damaged, [])
    assert "was not measured on one thread" in said(results[1:], [])


def test_a_point_above_the_roof_is_named_with_its_cause() -> None:
    text = said(product({1: 1.0, 8: 10.0, 16: 20.0}), roofs(GROWS))
    assert "NumPy (BLAS) at 8 threads lies above the roof (and 1 more point). The highest compute roof" in text
    assert "above" not in said(product(EVEN), roofs(GROWS))


def test_a_level_that_stands_in_is_named() -> None:
    fits = [replace(m, least_bytes=MACHINE.caches[2].size_bytes) for m in triad()]
    text = said(fits, roofs(GROWS), TRIAD)
    assert "The data fit in L3, whose bandwidth at 1, 2, 4, 8 and 16 threads is not known" in text


# -- what is drawn -------------------------------------------------------------------------------------------


def test_the_ideal_is_a_thin_dotted_line_with_one_name() -> None:
    results = [*product(EVEN), *product(EVEN, "packed", 0.5 * PEAK)]
    figure = drawn(results, roofs(GROWS))
    assert [trace.line.width for trace in named(figure, IDEAL)] == [1.5, 1.5]
    assert [trace.y[-1] for trace in named(figure, IDEAL)] == pytest.approx([14.4 * PEAK, 8 * PEAK])
    names = [a for a in figure.layout.annotations if "ideal" in a.text]
    assert len(names) == 1 and 10 ** names[0].y == pytest.approx(14.4 * PEAK)


def test_the_lower_roof_alone_is_drawn_where_it_never_changes() -> None:
    figure = drawn(product(EVEN), roofs(GROWS))
    (roof,) = named(figure, "roof: computing")
    assert list(roof.x) == list(COUNTS) and list(roof.y) == pytest.approx([PEAK * t for t in COUNTS])
    assert not named(figure, "roof: DRAM bandwidth")
    assert list(roof.error_y.array) == pytest.approx([0.01 * PEAK * t for t in COUNTS])
    assert "the lower roof here" in roof.hovertext[0] and "100 GFLOP/s" in roof.hovertext[0]


def test_both_roofs_are_drawn_where_they_cross_and_the_lower_one_has_the_wide_mark() -> None:
    figure = drawn(triad(intensity=5.14), roofs(GROWS))
    (flat,), (slope,) = named(figure, "roof: computing"), named(figure, "roof: DRAM bandwidth")
    assert list(flat.marker.size) == [TICK_PX] * 2 + [LESSER_PX] * 3
    assert list(slope.marker.size) == [LESSER_PX] * 2 + [TICK_PX] * 3
    assert list(slope.y) == pytest.approx([5.14 * rate for rate in GROWS.values()])
    assert "= 5.14 FLOP/B × 76.0 GB/s" in slope.hovertext[2] and "another roof is lower" in slope.hovertext[0]
    assert flat.line.color != slope.line.color and flat.line.dash != slope.line.dash


def test_marks_are_joined_only_where_nothing_unmeasured_lies_between() -> None:
    runs = named(drawn(product(EVEN), roofs(GROWS, (1, 2, 16))), "roof: computing")
    assert [list(run.x) for run in runs] == [[1, 2], [16]]


def test_everything_drawn_lies_in_the_frame() -> None:
    figure = drawn(product({1: 1.0, 16: 2.0}, rate=1e9), roofs(GROWS))
    low, high = (10**end for end in figure.layout.yaxis.range)
    for trace in [*named(figure, IDEAL), *named(figure, "roof: computing")]:
        assert low < min(trace.y) and max(trace.y) < high


def test_names_stand_beside_the_plot_and_on_a_phone_in_a_legend_below() -> None:
    results = product(EVEN)
    crossed = [replace(results[0], disturbed=True), *results[1:]]
    two = roofs(GROWS, (1, 16))  # marks that are not joined, with one name
    wide, phone = drawn(crossed, two), drawn(crossed, two, PHONE)
    assert any(a.text == "<b>roof: computing</b>" for a in wide.layout.annotations)
    assert not any("roof" in a.text for a in phone.layout.annotations)
    listed = [trace.name for trace in phone.data if trace.showlegend]
    assert sorted(listed) == sorted([IDEAL, "roof: computing", "NumPy (BLAS)", "disturbed timing"])


def test_another_machines_ideals_and_roofs_are_grey() -> None:
    results = product(EVEN)
    figure = sweep_figure(JOB, results, "threads", WIDE, stale="Sample", scaling=scaling(results, roofs(GROWS)))
    for trace in [*named(figure, IDEAL), *named(figure, "roof: computing")]:
        assert trace.line.color == WIDE.stale


def test_the_alt_text_has_the_ideal_and_each_roof() -> None:
    results = triad(intensity=5.14)
    text = scaling_alt(scaling(results, roofs(GROWS), TRIAD))
    assert "Dotted: one thread times the threads, up to" in text
    assert "Roof at 1 thread 100 GFLOP/s (computing), 2 threads 200 GFLOP/s (computing), 4 threads 391" in text
    assert scaling_alt(Scaling({})) == ""
