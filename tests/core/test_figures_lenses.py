"""The roofline by simulated bytes: one dot a level, what each lens moves, and what is said of it."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import figure_records as records
import plotly.graph_objects as go
import pytest

from accel_core.figures import PAPER, Traffic, lens_alt, lens_reading, roofline_figure
from accel_core.figures.drawing.boxes import Box
from accel_core.figures.lenses import NAME_GAP_PX, bounds
from accel_core.figures.roofs import PLOT_PX
from accel_core.model import LEVELS

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
    return [t for t in figure.data if t.mode == "lines+markers"]


def level_names(figure: go.Figure) -> list[Any]:
    """The names beside the dots."""
    return [a for a in figure.layout.annotations if set(a.text.split(", ")) <= set(LEVELS)]


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
    assert "Measured times, simulated bytes" in [a.text for a in figure.layout.annotations]


def test_dots_that_lie_on_each_other_are_named_once() -> None:
    same = Traffic(TRAFFIC[0].measurement, {"L1": 100 * MB, "L2": 10 * MB, "L3": 4 * MB, "DRAM": 4 * MB})
    assert [a.text for a in level_names(picture("DRAM", [same]))] == ["L1", "L2", "L3, DRAM"]


FAST = Traffic(records.measurement("compiled_ikj", 3e9), {"L1": 1600 * MB, "L2": 540 * MB, "DRAM": 40 * MB})


def names(figure: go.Figure) -> dict[str, Any]:
    """The labels at the lines, by kernel."""
    return {a.text[3:-4]: a for a in figure.layout.annotations if a.text.startswith("<b>compiled")}


@pytest.mark.parametrize("ratio", [1.0, 1.02, 1.2, 3.0])
def test_names_stand_right_of_all_dots_and_never_on_each_other(ratio: float) -> None:
    near = Traffic(records.measurement("compiled_ijk", 3e9 / ratio), TRAFFIC[0].level_bytes)
    figure = picture("DRAM", [FAST, near, TRAFFIC[1]])
    found = names(figure)
    assert set(found) == {"compiled_ikj", "compiled_ijk", "compiled_tiled, 16"}
    low, high = figure.layout.yaxis.range
    heights = sorted(a.ay * PLOT_PX / (high - low) for a in found.values())
    assert all(upper - lower >= NAME_GAP_PX - 1e-6 for lower, upper in pairwise(heights))
    assert all(a.ax > math.log10(max(max(line.x) for line in lines(figure))) for a in found.values())


@pytest.mark.parametrize(
    ("ratios", "named"),
    [
        ((1.0, 10.0), {"L1": 2, "L2": 2, "DRAM": 2}),
        ((1.0, 4.0, 4.8), {"L1": 3, "L2": 3, "DRAM": 3}),
        ((1.0, 1.2, 1.44, 1.73, 2.07), {"L1": 3, "L2": 2, "DRAM": 2}),
    ],
)
def test_levels_are_named_where_other_kernels_leave_room(
    ratios: tuple[float, ...], named: dict[str, int]
) -> None:
    counts = {"L1": 1074 * MB, "L2": 400 * MB, "DRAM": 40 * MB}
    found = [
        Traffic(replace(records.measurement("compiled_ijk", 9e9 / ratio), id=str(ratio)), counts)
        for ratio in ratios
    ]
    texts = [a.text for a in level_names(picture("core", found))]
    assert {level: texts.count(level) for level in counts} == named


def test_a_dot_is_named_beside_it_on_its_line_where_there_is_room() -> None:
    [first, *_] = level_names(picture("core", TRAFFIC[:1]))
    height = math.log10(TRAFFIC[0].measurement.flop_per_s)
    assert (first.text, first.xanchor, first.y, first.yshift) == ("L2", "right", pytest.approx(height), None)
    assert first.bgcolor  # its own line runs behind it


def test_a_box_is_free_inside_the_frame_and_beside_what_is_taken() -> None:
    frame, box = Box(0, 100, 0, 100), Box(10, 20, 10, 20)
    assert box.is_free(frame, [Box(20, 30, 10, 20), Box(10, 20, 0, 10)])
    assert not box.is_free(frame, [Box(19, 30, 19, 30)])
    assert not box.is_free(Box(11, 100, 0, 100), []) and not box.is_free(Box(0, 100, 0, 19), [])


def test_the_frame_of_a_lens_is_the_same_for_both_and_for_all_kernels() -> None:
    ranges = {picture(lens, found).layout.yaxis.range for lens in ("core", "DRAM") for found in (TRAFFIC, [])}
    assert len(ranges) == 1


def test_other_kernels_do_not_stand_among_simulated_bytes() -> None:
    shown = {point for t in picture("core").data if t.customdata is not None for point in t.customdata}
    assert shown == {one.measurement.id for one in TRAFFIC}


def test_the_io_lower_bounds_stand_where_no_order_does_better() -> None:
    assert bounds(MACHINE, "float32") == pytest.approx({"L1": 22.6, "L2": 128.0, "L3": 724.1}, rel=0.01)
    assert bounds(MACHINE, "float64")["L2"] == pytest.approx(128 / 2**1.5)
    drawn = {t.name: t.x[0] for t in picture("core", []).data if (t.name or "").startswith("I/O lower bound")}
    assert {"I/O lower bound of L1", "I/O lower bound of L2"} <= set(drawn)
    assert not [t for t in picture("").data if (t.name or "").startswith("I/O lower bound")]


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
