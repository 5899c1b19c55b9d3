"""The figures say what the records say: data, labels, units, intervals; nothing breaks on little or no data."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import figure_records as records
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import BadInput
from accel_core.figures import (
    PAPER,
    Prediction,
    cache_marks,
    curve_figure,
    figure_html,
    hierarchy_figure,
    ladder_figure,
    look_for,
    roofline_figure,
    roofline_reading,
    sweep_figure,
    toolbar_config,
)
from accel_core.figures.drawing.labels import spread, within
from accel_core.figures.drawing.look import FAMILY_TITLES, faded
from accel_core.figures.drawing.text import width_px
from accel_core.figures.roofs import PLOT_PX
from accel_core.model import Blas, Measurement
from accel_core.readings.roofline import provenance
from accel_core.readings.scene import scene
from accel_core.registry import WORKLOADS
from accel_core.roofline import judge

MACHINE, PEAKS, JOB = records.machine(), records.peaks(), records.workload()
LOOKS = [look_for("light"), look_for("dark"), look_for("light", width_px=350)]


def roofline(measurements: list[Any], **extra: Any) -> go.Figure:
    plain: dict[str, Any] = {"workloads": [JOB], "clock": PEAKS.clock, "created": records.CREATED, **extra}
    return roofline_figure(MACHINE, PEAKS.ceilings, measurements, plain.pop("look", PAPER), **plain)


def all_figures(look: Any = PAPER) -> dict[str, go.Figure]:
    fma = PEAKS.ceilings[1]
    marks = cache_marks(MACHINE, "float32", "block")
    return {
        "hierarchy": hierarchy_figure(MACHINE, PEAKS, look),
        "curve": curve_figure(MACHINE, PEAKS, look),
        "ladder": ladder_figure(JOB, records.ladder(), [records.refusal()], look, ceiling=fma),
        "sweep": sweep_figure(JOB, records.sweep(), "block", look, marks=marks, ceiling=fma),
        "roofline": roofline(records.ladder(), look=look),
    }


def numbers(value: Any) -> Iterator[float]:
    """Every number in nested JSON."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, int | float):
        yield float(value)


def texts(figure: go.Figure) -> str:
    return " | ".join(a.text for a in figure.layout.annotations if a.text)


def hovers(figure: go.Figure) -> str:
    return " | ".join(str(t.hovertext) for t in figure.data if t.hovertext is not None)


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "phone"])
def test_every_figure_is_finite_solid_and_large_enough_to_read(look: Any) -> None:
    for name, figure in all_figures(look).items():
        assert all(math.isfinite(n) for n in numbers(json.loads(figure.to_json()))), name
        assert "NaN" not in figure.to_json(), name
        assert figure.layout.paper_bgcolor == look.background, name
        sizes = [a.font.size for a in figure.layout.annotations if a.text and a.font.size]
        assert min(sizes) >= 13, name


def test_every_visible_axis_names_its_unit() -> None:
    for name, figure in all_figures().items():
        axes = [v for k, v in figure.layout.to_plotly_json().items() if k.startswith(("xaxis", "yaxis"))]
        titles = [a["title"]["text"] for a in axes if a.get("visible", True) and a.get("showticklabels", True)]
        assert all("(" in title for title in titles), (name, titles)
        assert titles or name == "hierarchy"


def test_every_measured_hover_carries_an_interval_and_its_number_of_samples() -> None:
    for name, figure in all_figures().items():
        assert "n = 21" in hovers(figure), name


@pytest.mark.parametrize("sample", [False, True])
def test_the_hierarchy_shows_size_latency_cycles_and_bandwidth(sample: bool) -> None:
    said = texts(hierarchy_figure(MACHINE, PEAKS, PAPER, sample=sample))
    for piece in ("32 KiB", "1.09 ns, 4.0 cycles", "235 GB/s", "35.0 GB/s", "2 cores"):
        assert piece in said
    assert ("Sample: another machine" in said) is sample


def test_the_hierarchy_says_what_is_not_measured_and_leaves_out_a_cache_that_is_not_there() -> None:
    bare = replace(MACHINE, caches=MACHINE.caches[:1], memory_bytes=None)
    said = texts(hierarchy_figure(bare, None, PAPER))
    assert said.count("<b>not measured yet</b>") == 2
    assert "L2" not in said
    assert "size unknown" in said


def test_a_wider_band_is_a_faster_level() -> None:
    figure = hierarchy_figure(MACHINE, PEAKS, PAPER)
    bands = [s.x1 - s.x0 for s in figure.layout.shapes if s.line.width == 0]
    assert bands == sorted(bands, reverse=True)
    assert bands[0] / bands[-1] == pytest.approx(math.sqrt(234.6 / 35.0))


def test_the_curve_marks_each_cache_at_its_size() -> None:
    figure = curve_figure(MACHINE, PEAKS, PAPER)
    assert {s.x0 for s in figure.layout.shapes} == {c.size_bytes for c in MACHINE.caches}
    assert "<b>L2</b> 1 MiB" in texts(figure)
    line = next(t for t in figure.data if t.name == "bandwidth")
    assert max(line.y) == pytest.approx(234e9)


def test_a_bar_stands_at_its_measured_rate_with_its_interval() -> None:
    figure = ladder_figure(JOB, records.ladder(), [], PAPER)
    bar = next(t for t in figure.data if t.customdata and t.customdata[0] == "numpy")
    assert bar.x[0] == pytest.approx(104e9)
    assert bar.x[0] - bar.error_x.arrayminus[0] == pytest.approx(104e9 / 1.02)


def test_a_step_is_said_against_the_rung_that_it_changes() -> None:
    said = texts(ladder_figure(JOB, records.ladder(), [], PAPER)).replace("<br>", " ")
    assert "20.5 times faster: the interpreter is gone" in said
    assert "33.3 times faster than rung 3: the inner loop" in said


def test_a_long_ladder_has_a_line_for_each_rung_with_its_gain_and_fits_on_a_screen() -> None:
    matmul = WORKLOADS[0]
    times = [records.measurement(k.name, 1e9 * (1 + place)) for place, k in enumerate(matmul.kernels)]
    figure = ladder_figure(matmul, times, [], PAPER, ceiling=PEAKS.ceilings[1])
    said = texts(figure)
    for number, kernel in enumerate(matmul.kernels, 1):
        assert f"<b>{number} {kernel.title}</b>  " in said
    assert "4.00 GFLOP/s, 1.3 × rung 3, 1/29 of the roof" in said
    assert figure.layout.height < 600
    assert not any(k.idea.rstrip(".") in said for k in matmul.kernels), "the hover says it"
    assert all(k.idea.rstrip(".") in hovers(figure).replace("<br>", " ") for k in matmul.kernels)


def test_a_rung_of_a_long_ladder_that_was_refused_says_so_and_what_it_changes() -> None:
    matmul = WORKLOADS[0]
    times = [records.measurement(k.name, 1e9) for k in matmul.kernels[1:]]
    figure = ladder_figure(matmul, times, [records.refusal()], PAPER)
    assert "</b>  not run, 41.3 s, extrapolated from N=128" in texts(figure)
    assert matmul.kernels[0].idea in hovers(figure).replace("<br>", " ")


def test_a_refused_rung_is_hollow_and_names_where_it_was_extrapolated_from() -> None:
    figure = ladder_figure(JOB, records.ladder(), [records.refusal()], PAPER)
    hollow = next(t for t in figure.data if t.customdata and t.customdata[0] == "python_loops")
    assert hollow.marker.color == PAPER.background
    assert hollow.x[0] == pytest.approx(2 * 512**3 / 41.3)
    assert "41.3 s, extrapolated from N=128" in texts(figure)


def test_the_roof_is_a_labelled_line_and_shares_are_given() -> None:
    said = texts(ladder_figure(JOB, records.ladder(), [], PAPER, ceiling=PEAKS.ceilings[1]))
    assert "FMA roof 118 GFLOP/s" in said
    assert "0.88 of the roof" in said


@pytest.mark.parametrize("draw", ["ladder", "sweep"])
def test_a_stale_result_is_grey_and_says_so(draw: str) -> None:
    if draw == "ladder":
        figure = ladder_figure(JOB, records.ladder(), [], PAPER, stale="Earlier result: N=512")
        colours = {t.marker.color for t in figure.data}
    else:
        figure = sweep_figure(JOB, records.sweep(), "block", PAPER, stale="Earlier result: N=512")
        colours = {t.line.color for t in figure.data if t.mode == "lines+markers"}
    assert colours == {PAPER.stale}
    assert "Earlier result: N=512" in texts(figure)


@pytest.mark.parametrize(("look", "added_px"), [(PAPER, 0), (LOOKS[2], 34 + 19)], ids=["desktop", "phone"])
def test_a_banner_stands_beside_the_toolbar_and_on_a_phone_under_it(look: Any, added_px: int) -> None:
    plain, sample = (hierarchy_figure(MACHINE, PEAKS, look, sample=s) for s in (False, True))
    assert sample.layout.margin.t - plain.layout.margin.t == added_px
    assert sample.layout.height - plain.layout.height == added_px


def test_marks_stand_where_three_blocks_fill_a_cache() -> None:
    marks = cache_marks(MACHINE, "float32", "block")
    assert [m.level for m in marks] == ["L1", "L2", "L3"]
    for mark, cache in zip(marks, MACHINE.caches, strict=True):
        assert 3 * mark.value**2 * 4 == pytest.approx(cache.size_bytes)
    assert "matrices" in cache_marks(MACHINE, "float64", "size")[0].label
    assert len(cache_marks(MACHINE, "float32", "block", 300)) == 2
    assert cache_marks(MACHINE, "float32", "threads")[0].value == 2


def test_an_unknown_axis_or_dtype_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(BadInput, match="size, block, threads or bytes"):
        cache_marks(MACHINE, "float32", "colour")
    with pytest.raises(BadInput, match="float64"):
        cache_marks(MACHINE, "float16", "block")
    with pytest.raises(BadInput, match="size, block, threads or bytes"):
        sweep_figure(JOB, records.sweep(), "colour", PAPER)


def test_a_sweep_has_a_line_and_a_name_for_each_kernel() -> None:
    figure = sweep_figure(JOB, records.sweep(), "block", PAPER)
    lines = {t.name: t for t in figure.data if t.mode == "lines+markers"}
    assert set(lines) == {"Compiled loops over tiles", "Tile products by @"}
    assert list(lines["Tile products by @"].x) == [8, 16, 32, 64, 128, 256, 512]
    assert all(name in texts(figure) for name in lines)


def test_a_kernel_that_became_faster_moves_and_the_frame_does_not() -> None:
    slow = roofline([records.measurement("numpy", 1e6)])
    fast = roofline([records.measurement("numpy", 110e9), records.measurement("packed", 3e12)])
    assert slow.layout.xaxis.range == fast.layout.xaxis.range
    assert slow.layout.yaxis.range == fast.layout.yaxis.range


def test_the_roofline_legend_covers_every_family_that_is_drawn() -> None:
    figure = roofline([*records.ladder(), records.measurement("python_loops")])
    assert {t.name for t in figure.data if t.showlegend} == set(FAMILY_TITLES.values())


def test_a_slope_label_says_value_threads_and_byte_convention() -> None:
    said = texts(roofline([]))
    assert "L2 115 GB/s</b>  load, 1 thread, least bytes" in said


def test_compute_roofs_are_named_right_of_the_plot_and_equal_ones_share_a_name() -> None:
    figure = roofline([])
    names = [a for a in figure.layout.annotations if a.xref == "paper" and a.x == 1 and a.showarrow]
    assert [a.text for a in names] == [
        "<b>118</b>  FMA 256/512",
        "<b>58.9</b>  add 256, FMA 128",
        "<b>14.7</b>  FMA scalar",
    ]
    assert all(a.xanchor == "left" and a.ax > 0 for a in names)
    assert figure.layout.margin.r > 150
    assert "theory at the measured clock, at most 118 GFLOP/s" in texts(figure).replace("<br>", " ")


def test_roofs_close_to_one_another_keep_a_line_between_their_names() -> None:
    close = [replace(PEAKS.ceilings[0], name=f"r{i}", value=118e9 * 0.9**i) for i in range(5)]
    figure = roofline_figure(MACHINE, [*close, *PEAKS.ceilings[7:11]], [], PAPER, workloads=[JOB])
    names = [a for a in figure.layout.annotations if a.xref == "paper" and a.x == 1 and a.showarrow]
    px_per_decade = PLOT_PX / (figure.layout.yaxis.range[1] - figure.layout.yaxis.range[0])
    at_px = [a.ay - a.y * px_per_decade for a in names]
    assert len(names) == 5
    assert all(b - a > 19.9 for a, b in pairwise(at_px))
    assert names[0].ay == pytest.approx(0)


def test_names_of_points_stand_in_a_column_left_of_every_named_point() -> None:
    sizes = {"compiled_ikj": 512, "numpy": 1024, "compiled_tiled": 256}
    figure = roofline([records.measurement(k, size=n) for k, n in sizes.items()])
    names = [a for a in figure.layout.annotations if a.axref == "x" and a.text]
    assert len(names) == 3
    assert len({a.ax for a in names}) == 1
    assert names[0].ax < min(a.x for a in names)


def test_names_lie_between_the_axis_and_the_highest_roof() -> None:
    slow = records.measurement("python_loops", 2e6, size=64)
    others = [kernel for kernel in records.RATES if kernel != "python_loops"]
    figure = roofline([slow, *(records.measurement(k, 100e9 + n, size=512) for n, k in enumerate(others))])
    (low, high), names = figure.layout.yaxis.range, [a for a in figure.layout.annotations if a.standoff == 7]
    at = [a.y - a.ay * (high - low) / PLOT_PX for a in names]
    assert len(names) > 5 and low < min(at) and max(at) < high


@given(st.lists(st.floats(-5, 5), max_size=12), st.floats(0.01, 0.4))
def test_places_within_bounds_keep_their_gaps_and_stay_there(own: list[float], gap: float) -> None:
    places = spread({str(n): place for n, place in enumerate(own)}, gap)
    kept = sorted(within(places, -5, 5, gap).values())
    assert all(b - a > gap * 0.999 for a, b in pairwise(kept))
    assert not kept or (kept[0] >= -5 and kept[-1] <= 5 + 1e-9)
    if places and min(places.values()) >= -5 and max(places.values()) <= 5:
        assert kept == pytest.approx(sorted(places.values()))


def test_a_sample_is_grey_on_the_roofline_too() -> None:
    figure = roofline(records.ladder(), sample=True)
    markers = [t for t in figure.data if t.customdata is not None]
    assert {c for t in markers for c in t.marker.color} == {faded(PAPER.stale, 1)}
    assert "Sample: another machine" in texts(figure)


def test_a_phone_shows_short_names_and_breaks_the_caption_to_its_width() -> None:
    figure = roofline(records.ladder(), look=LOOKS[2])
    said = texts(figure)
    assert "compiled_ikj" in said and "Compiled loops i, k, j" not in said
    caption = next(a.text for a in figure.layout.annotations if "AMD EPYC" in a.text)
    assert max(map(len, caption.split("<br>"))) < 50


def test_the_kernels_that_the_library_ran_stand_in_the_caption_and_on_its_points() -> None:
    haswell, skylake = (
        replace(
            records.measurement("numpy", size=size),
            environment=replace(records.ENVIRONMENT, blas=Blas("OpenBLAS", "0.3.31", 2, "test", kernels)),
        )
        for size, kernels in ((512, "Haswell"), (1024, "SkylakeX"))
    )
    figure = roofline([haswell])
    assert "NumPy 2.4.6 (OpenBLAS 0.3.31, its Haswell kernels)" in texts(figure).replace("<br>", " ")
    assert "NumPy 2.4.6 with OpenBLAS 0.3.31, its Haswell kernels" in hovers(figure)
    mixed = roofline([haswell, skylake])
    assert "its Haswell kernels; OpenBLAS 0.3.31, its SkylakeX kernels" in texts(mixed).replace("<br>", " ")
    assert "SkylakeX" not in hovers(figure) and "SkylakeX" in hovers(mixed)
    for one in (ladder_figure(JOB, [haswell], [], PAPER), sweep_figure(JOB, [haswell], "size", PAPER)):
        assert "its Haswell kernels" in hovers(one)
    assert "NumPy" not in hovers(ladder_figure(JOB, [records.measurement("compiled_ikj")], [], PAPER))


def test_the_caption_is_enough_for_a_homework() -> None:
    said = texts(roofline(records.ladder())).replace("<br>", " ")
    for piece in (
        "AMD EPYC",
        "3.67 GHz",
        "float32, 1 thread",
        "NumPy 2.4.6",
        "2026-05-04",
        "independent chains",
    ):
        assert piece in said


def test_a_point_above_its_roof_is_ringed_and_explained() -> None:
    above = records.measurement("numpy", 200e9)
    verdict = judge(above, PEAKS.ceilings, MACHINE)
    assert verdict is not None
    assert verdict.above
    figure = roofline([above, records.measurement("packed")])
    ring = next(t for t in figure.data if t.name == "above roof")
    assert list(ring.y) == [pytest.approx(200e9)]
    assert "above its roof" in hovers(figure)


def test_hover_on_a_point_gives_attainable_share_and_limiting_roof() -> None:
    said = hovers(roofline([records.measurement("numpy")]))
    for piece in (
        "attainable = min(peak, intensity × bandwidth)",
        "of attainable",
        "FLOP/byte",
        "95 % interval",
    ):
        assert piece in said


def test_other_dtypes_and_thread_counts_stay_out_of_the_picture() -> None:
    other = [records.measurement("numpy", dtype="float64"), records.measurement("numpy", threads=2)]
    assert not [t for t in roofline(other).data if t.customdata is not None]


def test_a_prediction_is_hollow_and_named() -> None:
    figure = roofline([], predicted=[Prediction("SpMV", 0.2, 7e9, "2 nnz / 12 nnz bytes")])
    hollow = next(t for t in figure.data if t.name == "predicted, not measured")
    assert hollow.marker.symbol.endswith("-open")
    assert "SpMV (predicted)" in texts(figure)


def test_many_points_are_drawn_but_only_the_best_of_each_kernel_is_named() -> None:
    many = [
        records.measurement(k, r / (1 + i), size=64 + i) for k, r in records.RATES.items() for i in range(12)
    ]
    figure = roofline(many)
    assert sum(len(t.customdata) for t in figure.data if t.customdata is not None) == 96
    assert sum(a.text == "NumPy (BLAS)" for a in figure.layout.annotations) == 1


def of_all_workloads() -> list[Measurement]:
    """A point of each kernel there is; those of the last workload are the newest."""
    kernels = [(workload, kernel) for workload in WORKLOADS for kernel in workload.kernels]
    return [
        replace(
            records.measurement("numpy", 1e9 + 1e6 * number, size=64),
            kernel=kernel.id,
            workload=workload.name,
            created=f"2026-01-01T00:{number:02}:00+00:00",
            id=f"{number}",
        )
        for number, (workload, kernel) in enumerate(kernels)
    ]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("asked", ["", *(workload.name for workload in WORKLOADS)])
def test_the_points_of_one_workload_are_named_and_the_others_are_quiet(asked: str, narrow: bool) -> None:
    points = of_all_workloads()
    chosen = next((w for w in WORKLOADS if w.name == asked), WORKLOADS[-1])
    look = look_for("light", width_px=400) if narrow else PAPER
    plain: dict[str, Any] = {"workloads": WORKLOADS, "named": asked}
    figure = roofline_figure(MACHINE, PEAKS.ceilings, points, look, **plain)
    shown = [a.text for a in figure.layout.annotations if a.standoff == 7]
    assert sorted(shown) == sorted(k.name if narrow else k.title for k in chosen.kernels)
    kernels = {m.id: m.workload for m in points}
    strong = {
        point
        for trace in figure.data
        if trace.customdata is not None
        for point, size in zip(trace.customdata, trace.marker.size, strict=True)
        if size == 13
    }
    assert strong == {point for point, workload in kernels.items() if workload == chosen.name}
    said = roofline_reading(MACHINE, PEAKS.ceilings, points, **plain)
    others = len(points) - len(chosen.kernels)
    assert f"Named are the kernels of {chosen.title}; {others} other points say theirs on hover." in said


def test_a_workload_without_points_is_said_and_the_newest_one_named() -> None:
    points = [m for m in of_all_workloads() if m.workload != "softmax"]
    plain: dict[str, Any] = {"workloads": WORKLOADS, "named": "softmax"}
    figure = roofline_figure(MACHINE, PEAKS.ceilings, points, PAPER, **plain)
    shown = sorted(a.text for a in figure.layout.annotations if a.standoff == 7)
    assert shown == sorted(k.title for k in WORKLOADS[-1].kernels)
    said = roofline_reading(MACHINE, PEAKS.ceilings, points, **plain)
    assert f"No point of Softmax stands here. Named are the kernels of {WORKLOADS[-1].title};" in said
    assert f"Named are those of {WORKLOADS[-1].title}." in texts(figure).replace("<br>", " ")


def test_where_all_points_are_of_one_workload_nothing_is_said_of_others() -> None:
    assert "Named are" not in roofline_reading(MACHINE, PEAKS.ceilings, records.ladder(), workloads=[JOB])


def test_no_data_teaches_what_to_do_instead_of_failing() -> None:
    empty = [
        curve_figure(MACHINE, None, PAPER),
        curve_figure(MACHINE, records.peaks(curve=False), PAPER),
        ladder_figure(JOB, [], [], PAPER),
        sweep_figure(JOB, [], "size", PAPER),
        roofline_figure(MACHINE, [], records.ladder(), PAPER, workloads=[JOB]),
    ]
    for figure in empty:
        assert not figure.data
        assert any(word in texts(figure) for word in ("Measure", "Time", "Run"))


def test_one_point_without_an_interval_is_enough_for_every_figure() -> None:
    few = replace(
        records.measurement("compiled_tiled", parameters={"block": 64}), time_s=records.estimate(0.1, None)
    )
    assert "no interval under 6 samples" in hovers(ladder_figure(JOB, [few], [], PAPER))
    assert "no interval under 6 samples" in hovers(sweep_figure(JOB, [few], "block", PAPER))
    assert "no interval under 6 samples" in hovers(roofline([few]))
    lone = replace(PEAKS, curve=PEAKS.curve[:1], clock=None, latencies=())
    assert curve_figure(MACHINE, lone, PAPER).data
    assert "latency not measured yet" in texts(hierarchy_figure(MACHINE, lone, PAPER))


def test_a_record_of_a_kernel_that_is_gone_is_still_drawn() -> None:
    gone = replace(records.measurement("numpy"), kernel="matmul/forgotten")
    assert "forgotten" in texts(roofline([gone]))
    assert sweep_figure(JOB, [gone], "size", PAPER).data


def test_spread_keeps_order_gap_and_centre() -> None:
    moved = spread({"a": 1.0, "b": 1.1, "c": 5.0}, 1.0)
    assert moved == pytest.approx({"a": 0.55, "b": 1.55, "c": 5.0})


def test_the_html_needs_no_network_and_saves_both_formats() -> None:
    page = figure_html(all_figures()["ladder"], title="<b>", filename="</script>")
    assert "src=" not in page[: page.index("<script>") + 8]
    assert "<title>&lt;b&gt;</title>" in page
    assert 'save("png", 2)' in page
    assert 'save("svg", 1)' in page
    assert page.count("</script>") == 2


@pytest.mark.parametrize("name", all_figures())
def test_a_saved_picture_has_the_size_that_it_is_laid_out_for(name: str) -> None:
    figure = all_figures(look_for("light", width_px=540))[name]
    saved = toolbar_config("a", figure=figure)["toImageButtonOptions"]
    assert (saved["width"], saved["height"]) == (540, figure.layout.height)
    assert f"width: 540, height: {figure.layout.height}," in figure_html(figure)


def test_the_toolbar_saves_a_png_of_twice_the_size_or_an_svg_and_sends_nothing_away() -> None:
    png, svg = toolbar_config("a"), toolbar_config("a", "svg")
    assert (png["toImageButtonOptions"]["format"], png["toImageButtonOptions"]["scale"]) == ("png", 2)
    assert svg["toImageButtonOptions"]["format"] == "svg"
    assert png["showSendToCloud"] is False
    with pytest.raises(BadInput, match="png or svg"):
        toolbar_config("a", "bmp")


def test_the_picture_says_once_that_a_sample_is_the_fastest_of_several_tries() -> None:
    for tries, said in ((1, 0), (3, 1)):
        roofs = [replace(c, tries=tries) for c in records.peaks().ceilings]
        view = scene(roofs, "float32", 1)
        assert view is not None
        text = " ".join(provenance(records.machine(), view, [], "float32", 1, None, None, None))
        assert text.count("fastest of 3 tries") == said


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "phone"])
def test_a_level_s_box_is_as_wide_as_what_stands_in_it(look: Any) -> None:
    smaller = tuple(replace(c, size_bytes=704 << 10, reported_bytes=2 << 20) for c in MACHINE.caches)
    figure = hierarchy_figure(replace(MACHINE, caches=smaller), PEAKS, look)
    boxes = {(s.y0 + s.y1) / 2: s.x1 - s.x0 for s in figure.layout.shapes if s.line.width == 2}
    texts = {a.y: a.text for a in figure.layout.annotations if a.y in boxes}
    assert len(texts) == len(boxes) == 1 + len(MACHINE.caches) + 1
    for y, width in boxes.items():
        assert width_px(texts[y], look.font_px) <= width * look.room_px(24) + 1
