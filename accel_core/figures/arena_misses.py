"""Misses of an order, a row a size: how many times as many as no order undercuts, beside orders of loops."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import decades, log_axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import Look
from accel_core.figures.drawing.marks import add_dots, add_vertical
from accel_core.readings.arena_misses import Misses, misses_text

ROW_PX, NAME_PX, TOP_PX, BOTTOM_PX, LEGEND_PX, RIM_PX = 50, 22, 46, 66, 34, 24
OWN_PX, LOOPS_PX = 15, 11
SYMBOLS = ("triangle-up", "square", "cross", "star", "x")
"""Of the orders of loops, in their order; all of them are grey, as nobody handed them in."""
WORDS = "The misses at each size will stand here, as soon as they are counted."


def misses_figure(found: Sequence[Misses], look: Look) -> go.Figure:
    """The bound is the line at 1; a large dot is the order that was judged, grey signs are orders of loops."""
    if not found:
        return teaching_figure(WORDS, look, 480)
    titles = [title for title, _ in found[0].loops]
    figure = sheet_of_rows(
        look,
        ROW_PX * len(found),
        top_px=TOP_PX,
        bottom_px=BOTTOM_PX + LEGEND_PX * (len(titles) + 1 if look.narrow else 1),
        left_px=RIM_PX,
        right_px=RIM_PX,
        showlegend=True,
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0},
    )
    values = [1.0, *(one.times for one in found)]
    values += [count / one.bound for one in found for _, count in one.loops]
    axis = log_axis(look, "Misses / what no order undercuts (log scale)", *decades(values, below=1.2))
    figure.update_xaxes(axis, fixedrange=True)
    add_vertical(figure, look, 1, "<b>no order has fewer</b>", look.ink, dash="solid", width=4, xanchor="left")
    heights = [ROW_PX * at + NAME_PX + (ROW_PX - NAME_PX) / 2 for at in range(len(found))]
    for at, one in enumerate(found):
        place = {"xanchor": "left", "yanchor": "top", "xshift": 8}  # of the bound's line
        text = f"<b>{one.name}</b>{', drawn' if one.drawn else ''}"
        figure.add_annotation(label(look, text, 0, ROW_PX * at + 2, **place))
        line = {"color": look.muted, "width": 2}
        ends = {"x0": 1, "x1": one.times, "y0": heights[at], "y1": heights[at]}
        figure.add_shape(type="line", line=line, layer="below", **ends)
    for number, title in enumerate(titles):
        marker = {"symbol": SYMBOLS[number % len(SYMBOLS)], "size": LOOPS_PX, "color": look.stale}
        counts = [(dict(one.loops).get(title, 0), one, y) for one, y in zip(found, heights, strict=True)]
        at_ = [(count / one.bound, y) for count, one, y in counts if count]
        said = [f"{title}, {one.name}: {count:,} misses" for count, one, _ in counts if count]
        add_dots(figure, at_, marker, name=title, hovertext=said)
    own = {"symbol": "circle", "size": OWN_PX, "color": look.family("compiled")}
    own["line"] = {"color": look.background, "width": 1.5}
    places = [(one.times, y) for one, y in zip(found, heights, strict=True)]
    said = [misses_text(one) for one in found]
    add_dots(figure, places, own, name="the order that was judged", hovertext=said)
    return figure
