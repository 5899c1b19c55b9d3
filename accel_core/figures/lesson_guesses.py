"""Guesses of several lessons on one axis: how many times too low or too high each was."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import log_axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import Look, faded
from accel_core.figures.drawing.marks import add_dots, add_vertical
from accel_core.figures.drawing.text import line_px, lines, wrap
from accel_core.figures.lessons import FOUND, GUESS
from accel_core.lessons.told import Guessed

LINE_PX, DOT_PX, TOP_PX, BOTTOM_PX, SIDE_PX = 34, 16, 40, 66, 24
"""The height of a guess's line below its text; and the rims of the plot."""
LEAST = 10.0
"""The axis reaches so far to either side at least."""
EMPTY = "Answer a question that asks for a number: how far off each guess was will stand here."


def guesses_figure(guesses: Sequence[Guessed], look: Look) -> go.Figure:
    """A row a guess: a hollow diamond where it was, a dot in the middle where it should have been."""
    if not guesses:
        return teaching_figure(EMPTY, look, 220)
    widest = max(LEAST, *(1.5 * max(one.ratio, 1 / one.ratio) for one in guesses))
    texts = [_text(one, look) for one in guesses]
    figure = sheet_of_rows(
        look,
        sum(_text_px(text, look) + LINE_PX for text in texts),
        top_px=TOP_PX,
        bottom_px=BOTTOM_PX,
        left_px=SIDE_PX,
        right_px=SIDE_PX,
    )
    axis = log_axis(look, "guess / found (log scale)", 1 / widest, widest)
    figure.update_xaxes(axis, fixedrange=True)
    add_vertical(figure, look, 1, "as found", look.muted)
    place = {"xref": "paper", "xanchor": "left", "yanchor": "top", "bgcolor": faded(look.background, 0.85)}
    top = 0.0
    for one, text in zip(guesses, texts, strict=True):
        figure.add_annotation(label(look, text, 0, top, **place))
        y = top + _text_px(text, look) + LINE_PX / 2 - 4
        top += _text_px(text, look) + LINE_PX
        line = {"color": look.muted, "width": 3}
        figure.add_shape(type="line", x0=1, x1=one.ratio, y0=y, y1=y, line=line, layer="below")
        add_dots(figure, [(1, y)], {"symbol": FOUND, "size": DOT_PX, "color": look.family("compiled")})
        marker = {"symbol": GUESS, "size": DOT_PX, "color": look.background}
        marker["line"] = {"width": 3, "color": look.ink}
        add_dots(figure, [(one.ratio, y)], marker, hovertext=[f"{one.title}: {one.outcome}"])
    return figure


def _text(one: Guessed, look: Look) -> str:
    """What stands above a guess's line."""
    text = f"<b>{escape(one.title, quote=False)}</b>: {one.outcome}"
    return wrap(text, look.room_px(2 * SIDE_PX), look.small_px)


def _text_px(text: str, look: Look) -> int:
    return line_px(look.small_px) * lines(text) + 4
