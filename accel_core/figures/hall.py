"""What a room said in both votes, on one axis with what was found."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, sheet, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.labels import backed, label
from accel_core.figures.drawing.look import Look, faded
from accel_core.figures.drawing.text import line_px, lines, wrap
from accel_core.hall import Asked, Found
from accel_core.hall.reading import NAMES, found_text
from accel_core.hall.votes import counted, numbers, off
from accel_core.lessons import Choice, Lesson, Number, Order
from accel_core.units import format_count, format_number

ROOM = {"light": "#0067A3", "dark": "#4AA8DE"}
"""What people said; colours of the pages' controls, which no kernel and no memory level has."""
PLOT_PX, GAP = 290, 0.2
"""The height of both votes, and the part of it between them."""
ASIDE = 0.25
"""So near to an end of the axis words stand beside the line, not over it."""
STEPS = (0.1, 0.2, 0.25, 0.5, 1.0)
"""Widths of a bar, in decades."""
MOST_BARS = 26
BAR_PX, ROW_GAP_PX = 34, 22


def votes_figure(lesson: Lesson, asked: Asked, look: Look) -> go.Figure:
    """Both votes and what was found: on a log axis, by the pairs that are off, or in a row for each answer."""
    if asked.found is None:
        return teaching_figure("Both votes will stand here, with what is measured.", look)
    if isinstance(lesson.form, Choice):
        return _choices(lesson.form, asked, asked.found, look)
    if isinstance(lesson.form, Number):
        return _numbers(lesson.form, asked, asked.found, look)
    return _orders(lesson.form, asked, asked.found, look)


def _numbers(form: Number, asked: Asked, found: Found, look: Look) -> go.Figure:
    votes = [[math.log10(value) for value in numbers(form, one)] for one in (asked.first, asked.second)]
    at = math.log10(float(found.value))
    ends = [math.log10(end) for end in (found.low, found.high) if end is not None and end > 0]
    every = [*votes[0], *votes[1], at, *ends]
    low, high = math.floor(min(every)), math.ceil(max(every))
    low, high = (low, high) if high > low else (low - 1, high + 1)
    step = next(s for s in STEPS if (high - low) / s <= MOST_BARS or s == STEPS[-1])
    bins = [
        Counter(min(int((value - low) / step + 1e-9), round((high - low) / step) - 1) for value in one)
        for one in votes
    ]
    middles = [{low + (place + 0.5) * step: number for place, number in one.items()} for one in bins]
    hover = {x: _between(x - step / 2, x + step / 2, form.unit) for one in middles for x in one}
    share = (at - low) / (high - low)
    figure = _two(middles, step, [len(one) for one in votes], look, hover, share)
    ticks = list(range(low, high + 1, 1 if high - low <= 9 else 2))
    title = f"Guess ({form.unit}, log scale)"
    texts = [_power(tick) for tick in ticks]
    _axis(figure, axis(look, title, range=[low, high], tickmode="array", tickvals=ticks, ticktext=texts))
    if len(ends) == 2:
        band = {"x0": ends[0], "x1": ends[1], "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
        figure.add_shape(type="rect", fillcolor=faded(look.ink, 0.22), line={"width": 0}, layer="below", **band)
    _truth(figure, look, at, share, f"measured: {found_text(form, found)}")
    return figure


def _orders(form: Order, asked: Asked, found: Found, look: Look) -> go.Figure:
    votes = [
        Counter(off(form, said, found.truth) for said in one.values()) for one in (asked.first, asked.second)
    ]
    middles = [{float(x): number for x, number in one.items()} for one in votes]
    hover = {float(x): f"{format_count(x, 'pair')} the other way round" for x in range(form.pairs + 1)}
    figure = _two(middles, 1.0, [len(asked.first), len(asked.second)], look, hover, 0)
    title = "Pairs that stand the other way round"
    step = max(1, math.ceil(form.pairs / 12))
    _axis(figure, axis(look, title, range=[-0.5, form.pairs + 0.5], dtick=step, tick0=0))
    _truth(figure, look, 0, 0, "as measured")
    return figure


def _two(
    votes: Sequence[Mapping[float, int]],
    width: float,
    numbers: Sequence[int],
    look: Look,
    hover: Mapping[float, str],
    share: float,
) -> go.Figure:
    """Bars of both votes, the first above, on one height for one person; their names not where the line is.

    `share` is how far along the axis that stands.
    """
    side = "right" if share < ASIDE else "left"
    top_px = line_px(look.font_px + 2) + line_px(look.small_px) + 16
    figure = sheet(
        look,
        PLOT_PX,
        top_px=top_px,
        bottom_px=look.font_px * 2 + 30,
        left_px=24,
        right_px=64,
        showlegend=False,
        bargap=0,
    )
    most = max([*votes[0].values(), *votes[1].values(), 1])
    colour = ROOM[look.mode]
    for place, (one, name, number) in enumerate(zip(votes, NAMES, numbers, strict=True)):
        y = "y2" if place == 0 else "y"
        figure.add_bar(
            x=list(one),
            y=list(one.values()),
            width=0.92 * width,
            yaxis=y,
            marker={"color": faded(colour, 0.35), "line": {"color": colour, "width": 2}},
            text=[str(n) for n in one.values()],
            textposition="outside",
            textangle=0,
            textfont={"size": look.small_px, "color": look.ink},
            cliponaxis=False,
            hovertext=[f"{hover[x]}: {number_}" for x, number_ in one.items()],
            hoverinfo="text",
        )
        foot = (1 + GAP) / 2 if place == 0 else 0
        head = 1 if place == 0 else (1 - GAP) / 2
        text = f"<b>{name}</b>  {'1 guess' if number == 1 else f'{number} guesses'}"
        at = {"xref": "paper", "yref": "paper", "xanchor": side, "yanchor": "bottom"}
        figure.add_annotation(label(look, text, int(side == "right"), head, **at, **backed(look)))
        quiet: dict[str, Any] = {"visible": False, "fixedrange": True, "range": [0, 1.3 * most]}
        figure.update_layout({f"yaxis{y[1:]}": {**quiet, "domain": [foot, head], "anchor": "x"}})
        line = {"color": look.muted, "width": 1}
        figure.add_shape(
            type="line", x0=0, x1=1, y0=foot, y1=foot, xref="paper", yref="paper", line=line, layer="below"
        )
    return figure


def _axis(figure: go.Figure, x: dict[str, Any]) -> None:
    figure.update_xaxes({**x, "fixedrange": True, "tickangle": 0, "anchor": "y"})


def _truth(figure: go.Figure, look: Look, x: float, share: float, text: str) -> None:
    """A strong line through both votes, its words above."""
    line, above_px = {"color": look.ink, "width": 4}, line_px(look.small_px) + 4
    top = 1 + above_px / PLOT_PX
    figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=top, xref="x", yref="paper", line=line)
    side = "left" if share < ASIDE else "right" if share > 1 - ASIDE else "center"
    place = {"xref": "x", "yref": "paper", "xanchor": side, "yanchor": "bottom", "size": look.font_px + 2}
    figure.add_annotation(label(look, f"<b>{text}</b>", x, top, **place, **backed(look, 1)))


def _choices(form: Choice, asked: Asked, found: Found, look: Look) -> go.Figure:
    votes = [counted(form, one.values()) for one in (asked.first, asked.second)]
    most, colour = max([*votes[0].values(), *votes[1].values(), 1]), ROOM[look.mode]
    room_px = look.room_px(60)
    told = {name: wrap(_answer(form, name, found), room_px, look.font_px) for name in form.answers}
    tops, y = {}, 0.0
    for name in form.answers:
        tops[name] = y
        y += lines(told[name]) * line_px(look.font_px) + 2 * BAR_PX + ROW_GAP_PX
    figure = sheet_of_rows(look, y, top_px=20, bottom_px=16, left_px=16, right_px=16)
    figure.update_xaxes(visible=False, range=[0, 1.45 * most], fixedrange=True)
    for name in form.answers:
        head = lines(told[name]) * line_px(look.font_px)
        at = {"xref": "paper", "xanchor": "left", "yanchor": "top", "size": look.font_px}
        figure.add_annotation(label(look, told[name], 0, tops[name], **at))
        for place, one in enumerate(votes):
            middle = tops[name] + head + 6 + BAR_PX * (place + 0.5)
            figure.add_bar(
                orientation="h",
                x=[one[name]],
                y=[middle],
                width=BAR_PX - 4,
                marker={
                    "color": faded(colour, 0.15 if place == 0 else 0.6),
                    "line": {"color": colour, "width": 2},
                },
                hovertext=[f"{NAMES[place]}: {one[name]}"],
                hoverinfo="text",
            )
            text = f"{one[name]}  {NAMES[place].lower()}"
            beside = {"xanchor": "left", "xshift": 8, "yanchor": "middle", "size": look.small_px}
            figure.add_annotation(label(look, text, one[name], middle, **beside))
    return figure


def _answer(form: Choice, name: str, found: Found) -> str:
    """An answer in its words; what was found is bold and says so, with its number where there is one."""
    told = form.answers[name]
    number = f" {format_number(found.each[name].median)} {form.unit}" if name in found.each else ""
    return f"<b>✓ {told}: measured{number}</b>" if name == found.value else f"{told}{number}"


def _between(low: float, high: float, unit: str) -> str:
    return f"{format_number(10**low, 2)} to {format_number(10**high, 2)} {unit}"


def _power(exponent: int) -> str:
    """A tick label, 0.01 to 10,000,000."""
    return f"{10**exponent:,}" if exponent >= 0 else format_number(10.0**exponent, 1)
