"""A lesson as a class answered it: each guess against what the same machine then showed."""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.class_marks import MOST_HOVERS, dot_px, own_marker, strength, whose
from accel_core.figures.drawing.axes import (
    decades,
    linear_axis,
    log_axis,
    sheet,
    sheet_of_rows,
    teaching_figure,
)
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import MARK_DASH, Look, faded
from accel_core.figures.drawing.marks import add_dots
from accel_core.readings.class_guesses import NEAR, Asked, counts, numbers
from accel_core.readings.members import Guessed, Member, middle
from accel_core.units import format_number

PLOT_PX, ROW_PX, BAR_PX, BELOW_PX = 420, 74, 20, 66
BELOW = {"yref": "container", "y": 0, "yanchor": "bottom"}
"""The legend stands under the plot, since the toolbar stands above it."""
GUESSED, FOUND = "guessed", "found"


def class_guesses_figure(asked: Asked, found: Sequence[tuple[Member, Guessed]], look: Look) -> go.Figure:
    """Numbers as dots against the diagonal of those who were right; answers as bars of how often each came."""
    if asked.answers and found:
        return _bars(asked, found, look)
    rows = numbers(found)
    if not rows:
        return teaching_figure(
            "Guesses will stand here against measurements: give packs of this lesson.", look, 480
        )
    return _dots(asked, rows, look)


def _legend_px(look: Look) -> int:
    """Room for a legend of five entries."""
    return 30 * -(-5 // max(1, look.width_px // 210)) + 10


def _dots(asked: Asked, rows: Sequence[tuple[Member, float, float]], look: Look) -> go.Figure:
    low, high = decades([value for _, *pair in rows for value in pair], below=2, above=2)
    figure = sheet(
        look,
        PLOT_PX,
        top_px=48,
        bottom_px=BELOW_PX + _legend_px(look),
        left_px=84,
        showlegend=True,
        legend=BELOW,
    )
    figure.update_xaxes(log_axis(look, f"Guess ({asked.unit})", low, high), tickangle=0)
    figure.update_yaxes(log_axis(look, f"Measured ({asked.unit})", low, high))
    ends = [low, high]
    band = {"x": [*ends, *reversed(ends)], "y": [low * NEAR, high * NEAR, high / NEAR, low / NEAR]}
    figure.add_scatter(
        **band,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(look.stale, 0.25),
        hoverinfo="skip",
        name=f"within a factor of {NEAR:g}",
    )
    line = {"color": look.ink, "width": 1.5, "dash": MARK_DASH}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=line, hoverinfo="skip", name="guess = measurement")
    others, own = ([row for row in rows if row[0].own is is_own] for is_own in (False, True))
    marker = {
        "symbol": "circle",
        "size": dot_px(len(others)) + 2,
        "color": faded(look.family("compiled"), strength(len(others), 0.25)),
        "opacity": 1,
        "line": {"color": look.family("compiled"), "width": 1 if len(others) <= 120 else 0},
    }
    for part, mark, name in ((others, marker, "one machine"), (own, own_marker(look), "this machine")):
        extra = {"hovertext": [_hover(asked, *row) for row in part]} if len(rows) <= MOST_HOVERS else {}
        add_dots(figure, [(guess, truth) for _, guess, truth in part], mark, name=name, **extra)
    figure.add_scatter(
        x=[middle([guess for _, guess, _ in rows])],
        y=[middle([truth for *_, truth in rows])],
        mode="markers",
        marker={"symbol": "cross-thin", "size": 20, "line": {"color": look.warning, "width": 3}},
        name="medians",
        hoverinfo="skip",
    )
    return figure


def _hover(asked: Asked, member: Member, guess: float, truth: float) -> str:
    said = f"guess {format_number(guess)}, measured {format_number(truth)} {html.escape(asked.unit)}"
    return f"{whose(member)}<br>{said}"


def _bars(asked: Asked, found: Sequence[tuple[Member, Guessed]], look: Look) -> go.Figure:
    """An answer a row: how often it was guessed, hollow, and how often it was found, solid."""
    rows = counts(asked, found)
    figure = sheet_of_rows(
        look, ROW_PX * len(rows), top_px=40, bottom_px=BELOW_PX + 34, left_px=16, showlegend=True, legend=BELOW
    )
    most = max((*(count for pair in rows.values() for count in pair), 4))
    figure.update_xaxes(linear_axis(look, "Machines", most * 1.1))
    colour = look.family("compiled")
    for part, name in enumerate((GUESSED, FOUND)):
        marker = {
            "color": look.background if name == GUESSED else colour,
            "line": {"color": colour, "width": 2},
        }
        figure.add_bar(
            orientation="h",
            x=[pair[part] for pair in rows.values()],
            y=[ROW_PX * at + 34 + part * (BAR_PX + 2) for at in range(len(rows))],
            width=BAR_PX,
            marker=marker,
            name=name,
            hovertext=[f"{name} by {pair[part]} of {len(found)}" for pair in rows.values()],
            hoverinfo="text",
        )
    place = {"xref": "paper", "xanchor": "left", "yanchor": "top"}
    for at, answer in enumerate(rows):
        figure.add_annotation(label(look, f"<b>{asked.answers[answer]}</b>", 0, ROW_PX * at, **place))
    return figure
