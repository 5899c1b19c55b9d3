"""The roofline by simulated bytes: one dot a level, what each lens moves, and what is said of it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import figure_records as records
import plotly.graph_objects as go
import pytest

from accel_core.figures import PAPER, Traffic, lens_alt, lens_reading, roofline_figure
from accel_core.figures.lenses import walls
from accel_core.figures.roofs import PLOT_PX

MACHINE, PEAKS, JOB = records.machine(), records.peaks(), records.workload()
MB = 10**6
TRAFFIC = [
    Traffic(
        records.measurement("compiled_ijk"), {"L1": 1074 * MB, "L2": 8600 * MB, "L3": 337 * MB, "DRAM": 40 * MB}
    ),
    Traffic(
        records.measurement("compiled_tiled", parameters={"block": 16}),
        {"L1": 1140 * MB, "L2": 104 * MB, "L3": 36 * MB, "DRAM": 4 * MB},
    ),
]


def picture(lens: str, traffic: list[Traffic] = TRAFFIC, **extra: Any) -> go.Figure:
    plain: dict[str, Any] = {"workloads": [JOB], "lens": lens, "traffic": traffic, **extra}
    return roofline_figure(MACHINE, PEAKS.ceilings, records.ladder(), plain.pop("look", PAPER), **plain)


def lines(figure: go.Figure) -> list[Any]:
    return [t for t in figure.data if t.mode == "lines+markers+text"]


@pytest.mark.parametrize(("lens", "large"), [("core", 0), ("DRAM", 3)])
def test_each_kernel_has_a_dot_for_every_level_and_the_lens_makes_one_large(lens: str, large: int) -> None:
    for line, one in zip(lines(picture(lens)), TRAFFIC, strict=True):
        flop = one.measurement.flop
        assert list(line.x) == pytest.approx([flop / count for count in one.level_bytes.values()])
        assert len(set(line.y)) == 1
        assert line.marker.size[large] == max(line.marker.size)
        assert list(line.marker.size).count(max(line.marker.size)) == 1


def test_every_dot_says_that_the_time_is_measured_and_the_bytes_are_simulated() -> None:
    figure = picture("core")
    for line in lines(figure):
        assert all("measured time, simulated bytes" in said for said in line.hovertext)
    named = [a.text for a in figure.layout.annotations if "measured time, simulated bytes" in a.text]
    assert sum(text.startswith("<b>") for text in named) == len(TRAFFIC)


def test_dots_that_lie_on_each_other_are_named_once() -> None:
    same = Traffic(TRAFFIC[0].measurement, {"L1": 100 * MB, "L2": 10 * MB, "L3": 4 * MB, "DRAM": 4 * MB})
    assert list(lines(picture("DRAM", [same]))[0].text) == ["L1", "L2", "L3, DRAM", ""]


@pytest.mark.parametrize("ratio", [1.1, 1.5, 2.0, 10.0])
def test_the_names_of_two_lines_keep_clear_of_each_other_and_of_the_dots_between(ratio: float) -> None:
    upper = Traffic(records.measurement("compiled_ikj", ratio * 1e9), TRAFFIC[0].level_bytes)
    lower = Traffic(records.measurement("compiled_ijk", 1e9), TRAFFIC[0].level_bytes)
    figure = picture("core", [lower, upper])
    low, high = figure.layout.yaxis.range
    y_px = {t.name: math.log10(t.y[0]) * PLOT_PX / (high - low) for t in lines(figure)}
    name_px = {
        name: a.y * PLOT_PX / (high - low)
        for a in figure.layout.annotations
        for name in y_px
        if a.text.startswith(f"<b>{name}")
    }
    top, bottom = sorted(y_px, key=lambda name: -y_px[name])
    assert name_px[top] > y_px[top]
    dots = (y_px[top] - 24, y_px[bottom] + 6)  # the names of the upper line's dots, the lower line's own dots
    assert name_px[bottom] + 8 < min(dots) or dots[1] < name_px[bottom] - 4 < name_px[bottom] + 8 < dots[0]


def test_the_frame_of_a_lens_is_the_same_for_both_and_for_all_kernels() -> None:
    ranges = {picture(lens, found).layout.yaxis.range for lens in ("core", "DRAM") for found in (TRAFFIC, [])}
    assert len(ranges) == 1


def test_other_kernels_do_not_stand_among_simulated_bytes() -> None:
    shown = {point for t in picture("core").data if t.customdata is not None for point in t.customdata}
    assert shown == {one.measurement.id for one in TRAFFIC}


def test_the_walls_stand_where_no_order_does_better() -> None:
    assert walls(MACHINE, "float32") == pytest.approx({"L1": 22.6, "L2": 128.0, "L3": 724.1}, rel=0.01)
    assert walls(MACHINE, "float64")["L2"] == pytest.approx(128 / 2**1.5)
    drawn = {t.name: t.x[0] for t in picture("core", []).data if (t.name or "").startswith("wall")}
    assert {"wall of L1", "wall of L2"} <= set(drawn)
    assert not [t for t in picture("").data if (t.name or "").startswith("wall")]


def test_seen_by_the_core_blocking_moves_the_dot_up_and_from_memory_right() -> None:
    words: dict[str, Any] = {"workloads": [JOB], "dtype": "float32"}
    core = lens_reading(MACHINE, PEAKS.ceilings, TRAFFIC, lens="core", **words)
    memory = lens_reading(MACHINE, PEAKS.ceilings, TRAFFIC, lens="DRAM", **words)
    assert "as many bytes asked for by the core" in core and "the dot moves up by 2.1 times" in core
    assert "the dot moves right by 10.0 times and up by 2.1 times" in memory


def test_where_the_last_cache_holds_all_it_is_said_why_nothing_moves_right() -> None:
    held = [replace(one, level_bytes={**one.level_bytes, "DRAM": 4 * MB}) for one in TRAFFIC]
    said = lens_reading(MACHINE, PEAKS.ceilings, held, workloads=[JOB], lens="DRAM", dtype="float32")
    assert "None can move right: L3 (32 MiB) holds all of the 3 MiB." in said
    assert "82.7 times fewer bytes from L2" in said
    assert "None can move right" not in lens_reading(
        MACHINE, PEAKS.ceilings, TRAFFIC, workloads=[JOB], lens="DRAM", dtype="float32"
    )


def test_the_dots_can_be_heard() -> None:
    said = lens_alt(TRAFFIC, workloads=[JOB], lens="DRAM")
    assert "simulated bytes" in said and "DRAM 6.71" in said
    assert "nothing simulated yet" in lens_alt([], workloads=[JOB], lens="core")
