"""The packed product's blocks as pictures: what fills which level, how fast it was, what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import figure_records as records
import pytest

from accel_core.figures import PAPER, Mark, look_for
from accel_core.figures.panel_rates import EMPTY, rates_figure
from accel_core.figures.panels import PATTERN, ROOM, panels_figure
from accel_core.readings.panel_rates import NOT_YET, Point, Rates, best_reading, rates_alt, rates_reading
from accel_core.readings.panels import Panel, panels_alt, panels_reading

KiB = 1024
DERIVED = (6, 1026, 512, 256)
DEEP = (6, 1026, 1024, 256)


def panel(size_kib: int = 12, level: str = "L1", **extra: Any) -> Panel:
    plain = {"beyond": "L2", "block": "micro-panel of a", "names": "mr x kc", "rows": 6, "columns": 512}
    sizes = {"size_bytes": size_kib * KiB, "level_bytes": 48 * KiB, "derived_bytes": 12 * KiB}
    return Panel(level, **{**plain, **sizes, **extra})


def point(lengths: tuple[int, int, int, int], rate: float, **extra: Any) -> Point:
    return Point(lengths, records.measurement("packed", rate, size=1024, **extra))


def rates(*points: Point, asked: tuple[int, int, int, int] = DEEP, **extra: Any) -> Rates:
    return Rates(asked, DERIVED, points, **extra)


def texts(figure: Any) -> list[str]:
    return [a.text for a in figure.layout.annotations]


# -- which level holds which block ---------------------------------------------------------------------------


@pytest.mark.parametrize("size_kib", [1, 12, 48])
def test_a_block_that_fits_fills_its_share_and_nothing_beyond(size_kib: int) -> None:
    [bar] = panels_figure([panel(size_kib)], PAPER).data
    assert (bar.base[0], bar.x[0]) == (0, pytest.approx(size_kib / 48))
    assert bar.marker.pattern.shape is None
    assert ("just fits" in panels_alt([panel(size_kib)])) == (size_kib == 48)
    assert any(text.endswith("fits") for text in texts(panels_figure([panel(size_kib)], PAPER)))


@pytest.mark.parametrize("size_kib", [49, 60, 4800])
def test_what_overflows_is_hatched_beyond_the_level_and_named(size_kib: int) -> None:
    figure = panels_figure([panel(size_kib)], PAPER)
    full, beyond = figure.data
    assert (full.x[0], beyond.base[0]) == (1, 1)
    assert beyond.marker.pattern.shape == PATTERN
    assert 0 < beyond.x[0] < ROOM - 1
    assert any("overflows into L2" in text for text in texts(figure))
    assert not any("fits" in text for text in texts(figure))


def test_an_arrow_says_that_a_bar_is_cut_off() -> None:
    def arrows(size_kib: int) -> bool:
        return any("→" in text for text in texts(panels_figure([panel(size_kib)], PAPER)))

    assert arrows(4800) and not arrows(60)


def test_the_derived_is_marked_only_where_the_block_is_another() -> None:
    assert "from the caches" in texts(panels_figure([panel(24)], PAPER))
    assert "from the caches" not in texts(panels_figure([panel(12)], PAPER))


def test_a_phone_gets_the_amounts_in_a_line_of_their_own_and_the_room_for_it() -> None:
    narrow = panels_figure([panel()], look_for("light", width_px=350))
    assert any("<br>12 KiB of 48 KiB, 25 %, fits" in text for text in texts(narrow))
    assert narrow.layout.height > panels_figure([panel()], PAPER).layout.height


def test_a_size_that_the_system_does_not_tell_is_said_to_be_typical() -> None:
    assert "taken as typical" in panels_alt([panel(assumed=True)])
    assert "taken as typical" not in panels_alt([panel()])


def test_the_reading_of_the_levels_names_each_overflow_with_its_bytes_or_the_fullest() -> None:
    fits = panels_reading([panel(12), panel(24, "L2", block="block of b")])
    assert "the fullest is L2: 50 % of it is the block of b" in fits
    over = panels_reading([panel(96), panel(24, "L2", block="block of b")])
    assert over.startswith("The micro-panel of a needs 96 KiB, L1 has 48 KiB.")
    assert "block of b" not in over


# -- how fast it was -----------------------------------------------------------------------------------------


def test_without_a_measurement_the_figure_teaches() -> None:
    assert texts(rates_figure(rates(), PAPER))[0].replace("<br>", " ") == EMPTY
    assert "nothing measured yet" in rates_alt(rates())


def test_the_line_joins_only_settings_that_differ_in_kc_alone() -> None:
    other = (6, 1026, 256, 64)
    found = rates(point(DEEP, 90e9), point(DERIVED, 100e9), point(other, 80e9))
    line, loose = (t for t in rates_figure(found, PAPER).data if t.hoverinfo == "text")
    if line.mode == "markers":
        line, loose = loose, line
    assert list(line.x) == [512, 1024] and list(line.y) == [pytest.approx(100), pytest.approx(90)]
    assert list(loose.x) == [256] and loose.mode == "markers"


def test_the_speed_axis_begins_at_zero_and_holds_roof_and_numpy() -> None:
    roof = records.ceiling("compute", 150e9)
    numpy = records.measurement("numpy", 140e9, size=1024)
    figure = rates_figure(rates(point(DERIVED, 100e9), numpy=numpy), PAPER, ceiling=roof)
    low, high = figure.layout.yaxis.range
    assert low == 0 and high > 150
    assert any("NumPy" in text for text in texts(figure)) and any("FMA roof" in text for text in texts(figure))


def test_a_ring_and_a_square_name_the_chosen_setting_and_the_derived_also_round_one_point() -> None:
    def rings(found: Rates) -> dict[str, tuple[int, str]]:
        data = [
            trace for trace in rates_figure(found, PAPER).data if trace.name in ("yours", "from the caches")
        ]
        return {trace.name: (trace.x[0], trace.marker.symbol) for trace in data}

    two = rings(rates(point(DEEP, 90e9), point(DERIVED, 100e9)))
    assert two == {"yours": (1024, "circle-open"), "from the caches": (512, "square-open")}
    one = rings(rates(point(DERIVED, 100e9), asked=DERIVED))
    assert one == {"yours": (512, "circle-open"), "from the caches": (512, "square-open")}
    assert list(rings(rates(point(DERIVED, 100e9)))) == ["from the caches"]


def test_a_mark_outside_of_the_measured_depths_is_left_out() -> None:
    found = rates(point(DEEP, 90e9), point(DERIVED, 100e9))
    marks = [Mark(700, "inside", "L1"), Mark(5000, "outside", "L2")]
    said = texts(rates_figure(found, PAPER, marks=marks))
    assert "inside: 700" in said and not any("outside" in text for text in said)


def test_a_disturbed_timing_is_crossed() -> None:
    found = rates(point(DEEP, 90e9, disturbed=True, disturbed_reason="steal"), point(DERIVED, 100e9))
    crossed = next(t for t in rates_figure(found, PAPER).data if t.name == "disturbed timing")
    assert list(crossed.x) == [1024]


# -- what is said of it --------------------------------------------------------------------------------------

OVER = [panel(96), panel(12, "L2", block="block of b")]


def test_a_setting_that_overflows_and_lost_is_said_to_be_slower_by_how_much() -> None:
    said = rates_reading(rates(point(DEEP, 88e9), point(DERIVED, 100e9)), OVER)
    assert said.startswith("kc = 1024: the micro-panel of a needs 96 KiB, L1 has 48 KiB: measured 12 % slower")
    assert "(88.0 GFLOP/s against 100 GFLOP/s)" in said


def test_a_setting_that_overflows_and_won_is_said_to_be_faster() -> None:
    said = rates_reading(rates(point(DEEP, 112e9), point(DERIVED, 100e9)), OVER)
    assert "measured 12 % faster than with the block sizes from the caches" in said and "slower" not in said


def test_overlapping_intervals_are_no_difference() -> None:
    said = rates_reading(rates(point(DEEP, 99e9), point(DERIVED, 100e9)), [panel(12)])
    assert "every block fits in its level: measured no different from the block sizes from the caches" in said
    assert "slower" not in said and "faster" not in said


def test_too_few_samples_are_compared_with_nothing() -> None:
    few = point(DEEP, 50e9)
    few = replace(few, measured=replace(few.measured, time_s=records.estimate(0.1, None)))
    said = rates_reading(rates(few, point(DERIVED, 100e9)), OVER)
    assert "too few samples" in said and "slower" not in said


def test_what_was_not_measured_is_not_read() -> None:
    assert rates_reading(rates(), OVER) == ""
    assert rates_reading(rates(point(DERIVED, 100e9)), OVER) == NOT_YET
    assert "block sizes from the caches were not" in rates_reading(rates(point(DEEP, 100e9)), OVER)


def test_the_roof_and_numpy_are_named_only_where_they_were_measured() -> None:
    found = rates(point(DERIVED, 100e9), asked=DERIVED)
    assert "That is" not in rates_reading(found, [])
    numpy = records.measurement("numpy", 50e9, size=1024)
    said = rates_reading(replace(found, numpy=numpy), [], ceiling=records.ceiling("compute", 125e9))
    assert "That is 0.80 of the measured FMA roof and 2.0 times NumPy's 50.0 GFLOP/s." in said


def test_two_runs_and_a_disturbance_are_admitted() -> None:
    later = point(DEEP, 80e9, created="2026-05-05T10:00:00+00:00")
    assert "measured in another run" in rates_reading(rates(later, point(DERIVED, 100e9)), OVER)
    assert "another run" not in rates_reading(rates(point(DEEP, 80e9), point(DERIVED, 100e9)), OVER)
    disturbed = point(DEEP, 80e9, disturbed=True)
    assert "disturbed: measure again" in rates_reading(rates(disturbed, point(DERIVED, 100e9)), OVER)


def test_the_fastest_is_never_a_disturbed_one_and_needs_three_settings() -> None:
    third = (6, 1026, 128, 256)
    hunt = [point(DEEP, 80e9), point(DERIVED, 100e9), point(third, 90e9)]
    assert best_reading(rates(*hunt[:2])) == ""
    assert "those from the caches, 100 GFLOP/s" in best_reading(rates(*hunt))
    fourth = point((6, 1026, 64, 256), 200e9, disturbed=True)
    assert "200" not in best_reading(rates(*hunt, fourth))
    assert "kc = 128, nc = 256, 120 GFLOP/s" in best_reading(rates(*hunt[:2], point(third, 120e9)))
