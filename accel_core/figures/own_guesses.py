"""One's own guesses against what was found: a row a lesson, on one axis of factors."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import decades, log_axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import Look, faded
from accel_core.figures.drawing.marks import add_box, add_dots, intervals
from accel_core.readings.class_guesses import NEAR
from accel_core.readings.own_guesses import OwnGuess

ROW_PX, NAME_PX, BOTTOM_PX, LEGEND_PX = 54, 24, 66, 34
ROOMY_PX = 800
"""From this width on the numbers stand beside the names."""


def own_guesses_figure(rows: Sequence[OwnGuess], look: Look) -> go.Figure:
    """Hollow where one guessed, solid with its interval, at 1, what was measured; a band of a factor of two."""
    if not rows:
        return teaching_figure("Your guesses will stand here beside what your machine showed.", look, 300)
    figure = sheet_of_rows(
        look,
        ROW_PX * len(rows),
        top_px=40,
        bottom_px=BOTTOM_PX + LEGEND_PX,
        left_px=16,
        showlegend=True,
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0},
    )
    low, high = decades([1.0, *(row.factor for row in rows)])
    figure.update_xaxes(log_axis(look, "Guess / measurement (log scale)", low, high))
    add_box(figure, (1 / NEAR, NEAR), (0, ROW_PX * len(rows)), faded(look.stale, 0.2), {"width": 0})
    heights = [ROW_PX * at + NAME_PX + (ROW_PX - NAME_PX) / 2 for at in range(len(rows))]
    colour = look.family("compiled")
    place = {"xref": "paper", "xanchor": "left", "yanchor": "top"}
    for at, row in enumerate(rows):
        text = f"<b>{row.title}</b>" + ("" if look.width_px < ROOMY_PX else f"  {row.text}")
        figure.add_annotation(label(look, text, 0, ROW_PX * at, **place))
        line = {"color": look.muted, "width": 1.5}
        figure.add_shape(type="line", x0=1, x1=row.factor, y0=heights[at], y1=heights[at], line=line)
    ends = [((row.low or row.found) / row.found, (row.high or row.found) / row.found) for row in rows]
    found = {"symbol": "circle", "size": 12, "color": colour}
    bars = intervals([1.0] * len(rows), ends, colour, width=6)
    texts = [row.text for row in rows]
    add_dots(figure, [(1.0, y) for y in heights], found, name="measured", error_x=bars, hovertext=texts)
    said = {"symbol": "circle", "size": 12, "color": look.background, "line": {"color": colour, "width": 2.5}}
    guessed = [(row.factor, y) for row, y in zip(rows, heights, strict=True)]
    add_dots(figure, guessed, said, name="guessed", hovertext=texts)
    return figure
