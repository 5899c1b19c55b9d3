"""Simulated cache misses under a sweep, on its own axis: what explains the measured best, or does not."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import decades, log_axis
from accel_core.figures.drawing.labels import add_end_names, backed, label
from accel_core.figures.drawing.look import LEVEL_DASHES, Look
from accel_core.readings.sweep import PER_FLOP, Misses
from accel_core.units import format_number

LOWER_PX, GAP_PX = 240, 76
LABEL_GAP_PX = 20


def add_misses(figure: go.Figure, look: Look, misses: Misses, *, title: str) -> None:
    """Put a panel under a sweep figure: a line for each cache level, on the sweep's own x axis.

    The sweep's panel keeps its height. Levels that never miss are left out of the logarithmic picture.
    """
    shown = {level: line for level, line in misses.items() if line and all(count > 0 for _, count in line)}
    if not shown:
        return
    margin = figure.layout.margin
    upper_px = figure.layout.height - margin.t - margin.b
    plot_px = upper_px + GAP_PX + LOWER_PX
    low, high = decades([count for line in shown.values() for _, count in line], above=5)
    lower = log_axis(look, f"Misses for {PER_FLOP:,} FLOP", low, high)
    figure.update_layout(
        height=figure.layout.height + GAP_PX + LOWER_PX,
        yaxis={"domain": [1 - upper_px / plot_px, 1]},
        yaxis2={**lower, "domain": [0, LOWER_PX / plot_px], "anchor": "x"},
        xaxis={"anchor": "y2"},
    )
    for level, line in shown.items():
        figure.add_scatter(
            x=[at for at, _ in line],
            y=[count for _, count in line],
            yaxis="y2",
            mode="lines+markers",
            line={"color": look.level(level), "width": 3, "dash": LEVEL_DASHES.get(level, "solid")},
            marker={"size": 8, "symbol": "circle-open"},
            name=f"{level} misses",
            hovertext=[
                f"<b>{level}</b>, {title}, block {at:.0f}<br>{format_number(count)} misses for {PER_FLOP:,} "
                "FLOP, simulated"
                for at, count in line
            ],
            hoverinfo="text",
            showlegend=False,
        )
    px_per_decade = LOWER_PX / math.log10(high / low)
    side = {"yref": "y2", "xanchor": "right", "yanchor": "middle", **backed(look)}
    names = {}
    for level, line in shown.items():
        x, y = math.log10(line[-1][0]), math.log10(line[-1][1]) + 14 / px_per_decade
        names[level] = label(look, f"<b>{level}</b>", x, y, colour=look.level(level), **side)
    add_end_names(figure, names, px_per_decade, LABEL_GAP_PX)
    head = f"Simulated misses of {title}" + ("" if look.narrow else ", this CPU's caches as detected")
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 6}
    place["bgcolor"] = look.background
    figure.add_annotation(label(look, f"<b>{head}</b>", 0, LOWER_PX / plot_px, **place))
