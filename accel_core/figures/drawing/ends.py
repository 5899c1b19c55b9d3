"""Names at the right ends of lines on two log axes, moved apart where two would touch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.figures.drawing.labels import add_end_names, backed, label, leader
from accel_core.figures.drawing.look import Look
from accel_core.figures.drawing.text import line_px, width_px, wrap

NAME_GAP_PX, TALL_GAP_PX = 24, 42
LEADER_PX, NAME_PX = 34, 145
"""Between the plot and a name beside it, and the width of a line of the name."""
ROW_PX = 5
"""Between the lines of a legend."""
CLEAR_PX = 22
"""Between the end of a line and a name in the plot."""


@dataclass(frozen=True, slots=True)
class End:
    """Where a line ends, in data units, and the name that belongs there, `below` or above it."""

    title: str
    x: float
    y: float
    colour: str
    below: bool = False


def add_names_beside(figure: go.Figure, look: Look, ends: Mapping[str, End], px_per_decade: float) -> None:
    """Names right of the plot, in a margin of their width, joined to the ends of the lines."""
    names, widest = {}, 0.0
    for key, end in ends.items():
        text = f"<b>{wrap(end.title, NAME_PX, look.small_px)}</b>"
        place = {"ax": LEADER_PX, "xanchor": "left", "standoff": 7, "arrowwidth": 1.5}
        names[key] = leader(look, text, math.log10(end.x), math.log10(end.y), end.colour, **place)
        widest = max(widest, width_px(text, look.small_px))
    add_end_names(figure, names, px_per_decade, TALL_GAP_PX)
    figure.update_layout(margin={"r": math.ceil(widest) + LEADER_PX})


def add_names_below(figure: go.Figure, look: Look, ends: Mapping[str, End]) -> None:
    """Names in a legend below the plot, one a line: of traces that have the titles of `ends` as names.

    For many lines on a phone, where names in the plot would hide the points.
    """
    missing = {end.title for end in ends.values()}

    def show(trace: go.Scatter) -> None:
        if trace.name in missing:
            missing.remove(trace.name)
            trace.update(showlegend=True)
        elif not trace.showlegend:
            trace.update(showlegend=False)

    rows = len(missing)
    figure.for_each_trace(show)
    more_px = rows * (line_px(look.small_px) + ROW_PX)
    figure.update_layout(
        showlegend=True,
        height=figure.layout.height + more_px,
        margin={"b": figure.layout.margin.b + more_px},
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0},
    )


def add_names(
    figure: go.Figure, look: Look, ends: Mapping[str, End], px_per_decade: float, middle: float
) -> None:
    """Names in the plot; one whose line ends beyond `middle` (in data units) runs to the left, else right."""
    names = {}
    for key, end in ends.items():
        y = math.log10(end.y) + (-CLEAR_PX if end.below else CLEAR_PX) / px_per_decade
        place = {"xanchor": "right" if end.x > middle else "left", "yanchor": "middle", **backed(look)}
        names[key] = label(look, f"<b>{end.title}</b>", math.log10(end.x), y, colour=end.colour, **place)
    add_end_names(figure, names, px_per_decade, NAME_GAP_PX)
