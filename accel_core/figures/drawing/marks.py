"""Marks that mean the same in every picture: bars of a family, intervals, roofs, cache sizes, disturbances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import FAMILY_PATTERNS, FAMILY_SYMBOLS, MARK_DASH, Look

QUIET: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
"""A trace that is seen by its filling only."""
DISTURBED = "disturbed timing"
CROSS_PX, LEGEND_PX = 18, 30


def bar_marker(look: Look, family: str, colour: str, *, hollow: bool = False) -> dict[str, Any]:
    """The fill of a bar of a kernel family, with the pattern that a grey print keeps; hollow if predicted."""
    return {
        "color": look.background if hollow else colour,
        "line": {"color": colour, "width": 2},
        "pattern": {
            "fillmode": "overlay",  # the other mode takes the bar's colour away
            "shape": "" if hollow else FAMILY_PATTERNS.get(family, ""),
            "fgcolor": look.background,
            "size": 8,
            "solidity": 0.25,
        },
    }


def intervals(
    values: Sequence[float], ends: Sequence[tuple[float, float]], colour: str, **extra: Any
) -> dict[str, Any]:
    """Error bars from `values` to their (low, high) `ends`."""
    up = [high - value for value, (_, high) in zip(values, ends, strict=True)]
    down = [value - low for value, (low, _) in zip(values, ends, strict=True)]
    bars = {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": colour}
    return {**bars, "thickness": 2, **extra}


def add_band(
    figure: go.Figure,
    name: str,
    x: Sequence[float],
    ends: Sequence[tuple[float, float]],
    fill: str,
    **extra: Any,
) -> None:
    """Fill between the (low, high) `ends` along `x`."""
    quiet = {**QUIET, "x": x, "name": name, **extra}
    figure.add_scatter(y=[low for low, _ in ends], **quiet)
    figure.add_scatter(y=[high for _, high in ends], fill="tonexty", fillcolor=fill, **quiet)


def add_vertical(figure: go.Figure, look: Look, x: float, text: str, colour: str, **extra: Any) -> None:
    """A line through the plot at `x`, its name above; `dash` and `width` are the line's, `log` the axis's."""
    line = {"color": colour, "width": extra.pop("width", 1.5), "dash": extra.pop("dash", MARK_DASH)}
    at = math.log10(x) if extra.pop("log", True) else x
    xref = extra.setdefault("xref", "x")
    ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, "xref": xref, "yref": "paper"}
    figure.add_shape(type="line", line=line, layer="between", **ends)
    place = {"yref": "paper", "yanchor": "bottom", "align": "center", "colour": colour}
    figure.add_annotation(label(look, text, at, 1, **{**place, **extra}))


def add_level(figure: go.Figure, look: Look, y: float, text: str, colour: str, **extra: Any) -> None:
    """A level line across the plot at `y`, with its name at the left end; `log` says whether the axis is."""
    line = {"color": colour, "width": 2, "dash": extra.pop("dash", MARK_DASH)}
    at = math.log10(y) if extra.pop("log", False) else y
    figure.add_shape(type="line", xref="paper", x0=0, x1=1, y0=y, y1=y, line=line)
    place = {"xref": "paper", "xanchor": "left", "yanchor": "bottom", "xshift": 6, "colour": colour}
    figure.add_annotation(label(look, text, 0, at, **{**place, **extra}))


def add_box(
    figure: go.Figure,
    x: tuple[float, float],
    y: tuple[float, float],
    fill: str,
    line: dict[str, Any],
    **extra: Any,
) -> None:
    """A filled rectangle below everything else."""
    ends = {"x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1]}
    figure.add_shape(type="rect", fillcolor=fill, line=line, **{"layer": "below", **ends, **extra})


def add_arrow(figure: go.Figure, ends: Iterable[tuple[float, float]], colour: str, **extra: Any) -> None:
    """An arrow from the first place (x, y) of two log axes to the second."""
    (ax, ay), (x, y) = ((math.log10(a), math.log10(b)) for a, b in ends)
    at = {"x": x, "y": y, "ax": ax, "ay": ay, "xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
    arrow = {"arrowhead": 2, "arrowsize": 1, "arrowwidth": 1.5, "arrowcolor": colour}
    figure.add_annotation(text="", showarrow=True, **{**at, **arrow, **extra})


def add_dots(figure: go.Figure, at: Sequence[tuple[Any, Any]], marker: dict[str, Any], **extra: Any) -> None:
    """Markers at the places (x, y); nothing where there are none. Without `hovertext` they say nothing."""
    if at:
        extra |= {"hoverinfo": "text" if "hovertext" in extra else "skip"}
        figure.add_scatter(x=[x for x, _ in at], y=[y for _, y in at], mode="markers", marker=marker, **extra)


def add_legend_entry(figure: go.Figure, family: str, colour: str, name: str, **extra: Any) -> None:
    """A trace without points, whose marker in the legend is never faded."""
    marker = {"symbol": FAMILY_SYMBOLS.get(family, "x"), "size": 12, "color": colour}
    add_dots(figure, [(None, None)], marker, name=name, showlegend=True, **extra)


def add_disturbed(figure: go.Figure, look: Look, at: Sequence[tuple[float, float]]) -> None:
    """Cross the points `at` (x, y) in data units, wider than a marker, whose shape and colour still show.

    The point keeps its filled marker: hollow ones are predictions.
    """
    cross = {"symbol": "x-thin", "size": CROSS_PX, "line": {"width": 2, "color": look.ink}}
    add_dots(figure, at, cross, name=DISTURBED, showlegend=True)


def add_disturbed_legend(figure: go.Figure) -> None:
    """Below a figure without a legend, one line that says what the cross means, where there is one."""
    if not any(trace.name == DISTURBED for trace in figure.data):
        return
    figure.for_each_trace(lambda trace: trace.update(showlegend=trace.name == DISTURBED))
    figure.update_layout(
        showlegend=True,
        height=figure.layout.height + LEGEND_PX,
        margin={"b": figure.layout.margin.b + LEGEND_PX},
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0},
    )
