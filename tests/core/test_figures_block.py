"""The pictures of a transformer block: dots under the roofs by share of the time, and the block as a strip."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from block_records import gpt2, roofs, rows

from accel_core.figures import look_for
from accel_core.figures.block_bars import block_bars_figure
from accel_core.figures.block_marks import colour, pattern, symbol
from accel_core.figures.block_roofline import PLOT_PX, block_roofline_figure
from accel_core.figures.drawing.boxes import Box
from accel_core.figures.drawing.text import line_px, width_px
from accel_core.readings.block_rows import parts_of, sped_up
from accel_core.transformer import operations, preset

LOOK = look_for("light", font_px=17)
SLOW = {"softmax": 300.0, "norm": 14.0, "QK^T": 3.0, "PV": 4.0, "GELU": 12.0, "residual": 6.0}
SHAPES = {
    "prefill": gpt2(),
    "decode": gpt2(decode=True),
    "short": gpt2(sequence=128),
    "llama": preset("llama-2-7b").shape(sequence=2048),
    "bert": preset("bert-base").shape(sequence=512),
}


def dots(figure: Any) -> dict[str, Any]:
    """The dot of each kind."""
    return {trace.customdata[0]: trace for trace in figure.data if trace.customdata is not None}


def names(figure: Any, look: Any) -> dict[str, Box]:
    """Where the names of dots stand, in pixels of the plot."""
    wide_px = look.width_px - figure.layout.margin.l - figure.layout.margin.r
    spans = [figure.layout.xaxis.range, figure.layout.yaxis.range]

    def place(at: float, span: Any, px: float) -> float:
        return px * (at - span[0]) / (span[1] - span[0])

    found = {}
    for one in figure.layout.annotations:
        if not one.showarrow:
            continue
        assert one.axref == "x"
        x = place(one.ax, spans[0], wide_px)
        y = place(one.y, spans[1], PLOT_PX) - one.ay
        text_px, half = width_px(one.text, look.small_px), line_px(look.small_px) / 2
        left = x if one.xanchor == "left" else x - text_px
        found[one.text] = Box(left, left + text_px, y - half, y + half)
    return found


@pytest.mark.parametrize("width_px", [1030, 690, 530, 350])
@pytest.mark.parametrize("slower", [None, SLOW], ids=["predicted", "measured"])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_name_touches_another_or_leaves_the_plot(shape: str, slower: Any, width_px: int) -> None:
    look = look_for("light", font_px=17, width_px=width_px)
    parts = parts_of(rows(SHAPES[shape], slower))
    figure = block_roofline_figure(parts, roofs(), look)
    placed = names(figure, look)
    assert len(placed) == len(parts)
    for (one, a), (other, b) in itertools.combinations(placed.items(), 2):
        assert not a.touches(b), (one, other)
    rim_px = figure.layout.margin.l
    for name, box in placed.items():
        assert box.left >= -rim_px and box.right <= look.width_px - rim_px, name
        assert box.low >= 0 and box.high <= PLOT_PX, name


def test_a_dot_is_as_large_as_its_share_of_the_time() -> None:
    parts = parts_of(rows(gpt2(), SLOW))
    drawn = dots(block_roofline_figure(parts, roofs(), LOOK))
    assert set(drawn) == {part.kind for part in parts}
    softmax, forward = drawn["softmax"].marker.size, drawn["feed-forward"].marker.size
    share = parts[3].time_s / next(p.time_s for p in parts if p.kind == "feed-forward")
    assert softmax / forward == pytest.approx(math.sqrt(share))
    assert drawn["softmax"].y[0] == pytest.approx(62_914_560 / parts[3].time_s)


def test_what_was_measured_is_filled_and_what_was_predicted_hollow_on_the_roof() -> None:
    predicted, measured = rows(gpt2()), rows(gpt2(), SLOW)
    plain = block_roofline_figure(parts_of(predicted), roofs(), LOOK)
    for part, dot in zip(parts_of(predicted), [dots(plain)[p.kind] for p in parts_of(predicted)], strict=True):
        assert dot.y[0] == pytest.approx(min(117.7e9, 35e9 * part.intensity))
        assert dot.marker.color.endswith(",0.15)")
    timed = block_roofline_figure(parts_of(measured), roofs(), LOOK)
    assert all(dot.marker.color.endswith(",0.8)") for dot in dots(timed).values())
    hollow = {t.name: t.y[0] for t in timed.data if t.name.endswith(", predicted")}
    assert hollow["softmax, predicted"] == pytest.approx(0.625 * 35e9)
    said = [a.text.replace("<br>", " ") for a in plain.layout.annotations + timed.layout.annotations]
    assert any("predicted, not measured" in text for text in said)
    assert any("Filled: measured" in text for text in said)


def test_kinds_are_told_apart_by_shape_and_neighbours_in_the_strip_by_filling() -> None:
    kinds = list(dict.fromkeys(one.kind for one in operations(gpt2())))
    assert len({symbol(kind) for kind in kinds}) == len(kinds)
    for one, other in itertools.pairwise(kinds):
        assert (colour(LOOK, one), pattern(one)) != (colour(LOOK, other), pattern(other))


def test_another_machines_block_is_grey_and_says_whose_it_is() -> None:
    found, own = rows(gpt2(), SLOW), "Sample: another machine (X)"
    figure = block_roofline_figure(parts_of(found), roofs(), LOOK, stale=own)
    assert any(own in a.text for a in figure.layout.annotations)
    assert len({dot.marker.color for dot in dots(figure).values()}) == 1
    bars = block_bars_figure(sped_up(found, "softmax", 2), LOOK, stale=own)
    assert {bar.marker.color for bar in bars.data} == {LOOK.stale}


def test_without_roofs_the_picture_says_what_will_stand_there() -> None:
    (said,) = block_roofline_figure((), None, LOOK).layout.annotations
    assert "under the roofs" in said.text.replace("<br>", " ")


def test_the_strip_is_as_long_as_the_block_and_the_line_where_it_ends_at_the_most() -> None:
    found = sped_up(rows(gpt2()), "feed-forward", 2)
    figure = block_bars_figure(found, LOOK)
    before, after = figure.data[: len(found.before)], figure.data[len(found.before) :]
    assert sum(bar.x[0] for bar in before) == pytest.approx(155.02e-3, rel=1e-4)
    assert sum(bar.x[0] for bar in after) == pytest.approx(113.97e-3, rel=1e-4)
    for one, following in itertools.pairwise(before):
        assert one.base[0] + one.x[0] == pytest.approx(following.base[0])
    (line,) = figure.layout.shapes
    assert line.x0 == pytest.approx(found.before_s / found.limit)
    assert line.x0 == pytest.approx(72.92e-3, rel=1e-3)
