"""The crossover map and the bars of one race: every cell named, every ratio said, colour never alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import plotly.graph_objects as go
import pytest

from accel_core.backends.calibrating import candidates
from accel_core.figures import (
    PAPER,
    crossover_alt,
    crossover_figure,
    crossover_reading,
    look_for,
    race_alt,
    race_figure,
)
from accel_core.figures.drawing.look import FAMILIES, contrast
from accel_core.model import Estimate
from accel_core.operations import OPERATIONS
from accel_core.race import Race
from accel_core.readings.crossover import LABELS, cells, map_rows

CANDIDATES = tuple(candidates())


def held(
    lengths: Sequence[int], *, lead_low: float | None = None, disturbed: str = "", **times_s: float
) -> Race:
    order = sorted(times_s.values())
    lead = None
    if len(order) > 1:
        ratio = order[1] / order[0]
        lead = Estimate(ratio, ratio * 0.99 if lead_low is None else lead_low, ratio * 1.01, 9)
    times = {name: Estimate(t, None, None, 9) for name, t in times_s.items()}
    return Race(tuple(lengths), times, lead, disturbed)


MATMUL = {
    "C": [
        held((1, 2, 2, 2), numpy=1e-6, compiled=3e-6),
        held((1, 128, 128, 128), numpy=3e-5, compiled=2e-5, compiled_threads=4e-5, lead_low=0.98),
        held((1, 2048, 2048, 2048), numpy=0.1, compiled=0.2, compiled_threads=0.08, disturbed="Something."),
        held((1, 1, 2048, 2048), numpy=1e-3),
        held((1, 3, 3, 3), naive=1.0),
    ],
    "transposed": [held((1, 512, 512, 512), numpy=1e-3, compiled=1.25e-3)],
}


def texts(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_every_backend_that_can_win_has_a_title_a_short_name_and_a_family() -> None:
    assert set(CANDIDATES) == set(LABELS)
    assert {label.family for label in LABELS.values()} <= set(FAMILIES)
    assert len({label.short for label in LABELS.values()}) == len(LABELS)


def test_a_backend_from_elsewhere_is_drawn_by_its_name() -> None:
    won = {"C": [held((1, 2, 2, 2), numpy=1e-6, compiled=3e-6), held((1, 8, 8, 8), mine=1e-6, numpy=2e-6)]}
    figure = crossover_figure("matmul", won, PAPER)
    assert "<b>mine</b><br>×2.00" in texts(figure) and "mine" in [trace.name for trace in figure.data]
    assert "8 mine ×2.00" in crossover_alt("matmul", won)
    assert "then from 8 on mine" in crossover_reading("matmul", won)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_cell_of_a_map_is_a_shape_that_is_measured(operation: str) -> None:
    for row in map_rows(operation):
        measured = set(OPERATIONS[operation].points(row.layout))
        assert set(row.lengths) <= set(OPERATIONS[operation].form.sizes)
        at = [lengths for lengths in row.lengths.values() if lengths in measured]
        assert at and (row.layout != "C" or len(at) == len(row.lengths))


def test_a_cell_stands_where_its_shape_belongs() -> None:
    found = {(cell.row, cell.size): cell.race.winner for cell in cells("matmul", MATMUL)}
    titles = [row.title for row in map_rows("matmul")]
    assert found == {
        (titles.index("square"), 2): "numpy",
        (titles.index("square"), 128): "compiled",
        (titles.index("square"), 2048): "compiled_threads",
        (titles.index("one row"), 2048): "numpy",
        (titles.index("b turned"), 512): "numpy",
    }


def test_each_cell_names_the_winner_and_its_ratio() -> None:
    said = texts(crossover_figure("matmul", MATMUL, PAPER))
    assert "<b>NumPy</b><br>×3.00" in said
    assert "<b>compiled</b><br>tie" in said
    assert "<b>threads</b>*<br>×1.25" in said and "* disturbed while it was timed" in said
    assert "<b>NumPy</b><br>alone" in said


def test_rows_without_a_cell_take_no_room() -> None:
    one = crossover_figure("matmul", {"C": MATMUL["C"][:1]}, PAPER)
    assert list(one.layout.yaxis.ticktext) == ["square"]
    assert one.layout.height < crossover_figure("matmul", MATMUL, PAPER).layout.height


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_text_of_a_cell_can_be_read_on_its_colour(mode: str) -> None:
    look = look_for(mode)
    winners = itertools.product(CANDIDATES, (1.0, 1.2, 2.0, 4.0, 40.0))
    races = {
        "C": [
            held(lengths, **{name: 1.0, "other": margin})
            for lengths, (name, margin) in zip(OPERATIONS["softmax"].points("C"), winners, strict=False)
        ]
    }
    figure = crossover_figure("softmax", races, look)
    cells_of = [a for a in figure.layout.annotations if a.text.startswith("<b>")]
    assert len(cells_of) == len(figure.layout.shapes) > 10
    for shape, annotation in zip(figure.layout.shapes, cells_of, strict=True):
        assert contrast(annotation.font.color, shape.fillcolor) >= 4.5


def test_a_phone_gets_letters_and_a_legend_that_explains_them() -> None:
    figure = crossover_figure("matmul", MATMUL, look_for("light", width_px=350))
    assert "<b>N</b><br>3.0" in texts(figure)
    assert "N: NumPy" in [trace.name for trace in figure.data]


def test_before_the_first_race_the_map_says_what_to_do() -> None:
    figure = crossover_figure("matmul", {}, PAPER)
    assert "Calibrate" in texts(figure)[0]
    assert crossover_reading("matmul", {}) == "" and "nothing measured yet" in crossover_alt("matmul", {})


def test_another_machines_map_is_grey_and_says_so() -> None:
    figure = crossover_figure("matmul", MATMUL, PAPER, stale="Sample: another machine")
    assert any("Sample: another machine" in text for text in texts(figure))
    assert {shape.line.color for shape in figure.layout.shapes} == {PAPER.stale}


def test_the_reading_counts_who_wins_and_where_it_changes() -> None:
    said = crossover_reading("matmul", MATMUL)
    assert "Fastest of 5 shapes: **NumPy** at 3" in said and "at 1 the samples cannot tell" in said
    assert "begins with NumPy, then from 2048 on compiled, all threads" in said
    assert "“square” at 2: even the second best, compiled, 1 thread, takes 3.00 times as long" in said


def test_the_map_can_be_heard() -> None:
    said = crossover_alt("matmul", MATMUL)
    assert "square: 2 NumPy ×3.00, 128 compiled tie, 2048 threads ×1.25; one row: 2048 NumPy alone" in said


def test_bars_say_who_is_fastest_how_much_longer_the_others_take_and_whom_auto_takes() -> None:
    figure = race_figure("matmul", MATMUL["C"][2], PAPER, taken="compiled_threads")
    said = texts(figure)
    assert said[0].startswith("<b>compiled, 1 thread</b>  200 ms, 2.50 times as long")
    assert said[-1] == "<b>compiled, all threads</b>  80.0 ms, the fastest, <b>auto takes it</b>"
    assert [bar.x[0] for bar in figure.data] == [0.2, 0.1, 0.08]
    assert "log scale" in figure.layout.xaxis.title.text
    heard = race_alt("matmul", MATMUL["C"][2])
    assert "batch 1, m 2048, k 2048, n 2048" in heard and "compiled, all threads 80.0 ms; NumPy 100 ms" in heard


def test_without_a_race_the_bars_say_what_to_do() -> None:
    assert "Measure" in texts(race_figure("gelu", None, PAPER))[0]
    assert "not measured yet" in race_alt("gelu", None)


def test_times_of_microseconds_are_drawn_in_microseconds() -> None:
    figure = race_figure("gelu", held((4,), numpy=4e-6, naive=1e-6), PAPER)
    assert "(µs" in figure.layout.xaxis.title.text


def test_a_phone_s_legend_stands_below_the_banner_row_by_row() -> None:
    sizes = dict(zip(("numpy", "blocked", "compiled", "compiled_threads"), (2, 8, 32, 128), strict=True))
    won = {"C": [held((1, n, n, n), naive=1.0, **{name: 1e-9}) for name, n in sizes.items()]}
    figure = crossover_figure("matmul", won, look_for("light", width_px=350), stale="Sample: another machine")
    entries = sum(bool(trace.name) for trace in figure.data)
    (banner,) = (a for a in figure.layout.annotations if a.text.startswith("<b>Sample"))
    assert entries == 4 and banner.yshift >= 20 * entries
