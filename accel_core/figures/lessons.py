"""A lesson's answer: the guess and what was found on one axis, or the numbers that decided as bars."""

from __future__ import annotations

import math
from html import escape

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, decades, log_axis, sheet_of_rows
from accel_core.figures.drawing.labels import label, sample_banner
from accel_core.figures.drawing.look import THEORY_DASH, Look, faded
from accel_core.figures.drawing.marks import DISTURBED, add_box, add_dots, intervals
from accel_core.figures.drawing.text import line_px, lines, width_px, wrap
from accel_core.lessons.forms import Choice, Form, Number, Order, Truth
from accel_core.lessons.lesson import off
from accel_core.lessons.told import as_given, found_text, read
from accel_core.model import Estimate
from accel_core.units import format_number

LARGER = 1.35
"""Of what a picture of one number says, over the other texts: it is read from a projector."""
GUESS, FOUND = "diamond", "circle"
"""What was guessed is hollow, what was measured is filled."""
DOT_PX, SIDE_PX, TOP_PX, BOTTOM_PX = 24, 24, 40, 66
ROW_PX, BAR_PX, GAP_PX = 150, 26, 20
WIDE = 30.0
"""Bars whose numbers differ by more than this factor stand on a log axis."""


def reveal_figure(
    form: Form, said: str, truth: Truth, look: Look, *, disturbed: bool = False, stale: str = ""
) -> go.Figure:
    """The guess as it was given (empty where none was made) beside what was found.

    `disturbed` says in the picture that the run was; `stale` whose it is, where it is another machine's.
    """
    figure = _number(form, said, truth, look) if isinstance(form, Number) else _bars(form, said, truth, look)
    if disturbed:
        place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 6}
        figure.add_annotation(label(look, f"<b>{DISTURBED}</b>", 0, 1, colour=look.warning, **place))
    sample_banner(figure, look, stale, clear_px=30 * disturbed)
    return figure


# -- a number ------------------------------------------------------------------------------------------------


def _number(form: Number, said: str, truth: Truth, look: Look) -> go.Figure:
    """Two rows on one log axis: what was said, above what was found with its interval."""
    guess, found = read(form, said), float(truth.value)
    ends = (truth.low or found, truth.high or found)
    values = [value for value in (guess, found, *ends) if isinstance(value, float) and value > 0]
    low, high = decades(values or [form.low, form.high], below=2.5, above=2.5)
    rows = 1 if guess is None else 2
    figure = sheet_of_rows(
        look, ROW_PX * rows, top_px=TOP_PX, bottom_px=BOTTOM_PX, left_px=SIDE_PX, right_px=SIDE_PX
    )
    figure.update_xaxes(_number_axis(look, form, low, high), fixedrange=True)
    at = ROW_PX * (rows - 0.35)
    if found > 0:
        add_box(figure, ends, (0, ROW_PX * rows), faded(look.family("compiled"), 0.25), {"width": 0})
        _add_number(figure, look, found, at, f"Found: <b>{found_text(form, truth)}</b>", FOUND, (low, high))
        error = intervals([found], [ends], look.ink, thickness=4, width=12)
        figure.data[-1].update(error_x=error)
    if isinstance(guess, float):
        _add_number(
            figure, look, guess, 0.65 * ROW_PX, f"You said: <b>{as_given(form, said)}</b>", GUESS, (low, high)
        )
        if found > 0 and (wrong := off(form, guess, truth)):
            _add_distance(figure, look, (guess, found), 0.65 * ROW_PX, at, wrong)
    return figure


def _number_axis(look: Look, form: Number, low: float, high: float) -> dict[str, object]:
    """A log axis with as many ticks as there is room for."""
    found = log_axis(look, f"{form.unit} (log scale)", low, high)
    most = max(2, int(look.room_px(2 * SIDE_PX) / (1.5 * width_px(found["ticktext"][-1], look.small_px))))
    ticks = [tick for tick in zip(found["tickvals"], found["ticktext"], strict=True) if low <= tick[0] <= high]
    ticks = ticks[:: math.ceil(len(ticks) / most)]
    return found | {"tickvals": [value for value, _ in ticks], "ticktext": [text for _, text in ticks]}


def _add_number(
    figure: go.Figure, look: Look, value: float, y: float, text: str, symbol: str, ends: tuple[float, float]
) -> None:
    """A marker, and above it what it is, within the plot."""
    colour = look.family("compiled") if symbol == FOUND else look.ink
    fill = colour if symbol == FOUND else look.background
    marker = {"symbol": symbol, "size": DOT_PX, "color": fill, "line": {"width": 4, "color": colour}}
    add_dots(figure, [(value, y)], marker, hovertext=[text], showlegend=False)
    room_px = look.room_px(2 * SIDE_PX)
    size = LARGER * look.font_px
    text = wrap(text, room_px, size) if width_px(text, size) > room_px else text
    share = math.log10(value / ends[0]) / math.log10(ends[1] / ends[0])
    half = width_px(text, size) / 2
    place: dict[str, object] = {"xanchor": "center", "x": math.log10(value)}
    if share * room_px < half:
        place = {"xanchor": "left", "xref": "paper", "x": 0}
    elif (1 - share) * room_px < half:
        place = {"xanchor": "right", "xref": "paper", "x": 1}
    x = place.pop("x")
    place |= {"yanchor": "bottom", "yshift": DOT_PX * 0.8, "size": size, "bgcolor": faded(look.background, 0.8)}
    figure.add_annotation(label(look, text, x, y, **place))  # type: ignore[arg-type]


def _add_distance(
    figure: go.Figure, look: Look, between: tuple[float, float], top: float, bottom: float, text: str
) -> None:
    """A line from the guess to what was found, with how many times that is."""
    guess, found = between
    dotted = {"color": look.muted, "width": 2, "dash": THEORY_DASH}
    figure.add_shape(type="line", x0=guess, x1=guess, y0=top, y1=bottom, line=dotted, layer="below")
    figure.add_shape(
        type="line",
        x0=guess,
        x1=found,
        y0=bottom,
        y1=bottom,
        line={"color": look.muted, "width": 3},
        layer="below",
    )
    middle = (math.log10(guess) + math.log10(found)) / 2
    place = {"xanchor": "center", "yanchor": "top", "yshift": -DOT_PX * 0.6, "size": LARGER * look.font_px}
    figure.add_annotation(label(look, f"<b>{text}</b>", middle, bottom, **place))


# -- a choice, an order --------------------------------------------------------------------------------------


def _bars(form: Choice | Order, said: str, truth: Truth, look: Look) -> go.Figure:
    """A row an answer, the greatest first: its words, whether it was said, and the number that decides."""
    guess = read(form, said)
    names = _rows(form, truth)
    size = round(LARGER * look.font_px) if not truth.each and not look.narrow else look.font_px
    room_px = look.room_px(2 * SIDE_PX + DOT_PX)
    texts = {
        name: wrap(_told(form, name, place, guess, truth), room_px, size) for place, name in enumerate(names)
    }
    known = {name: truth.each[name] for name in names if name in truth.each}
    figure_px, tops = 0.0, {}
    for name in names:
        tops[name] = figure_px
        figure_px += line_px(size) * lines(texts[name]) + (BAR_PX if known else 0) + GAP_PX
    figure = sheet_of_rows(
        look,
        figure_px,
        top_px=TOP_PX,
        bottom_px=BOTTOM_PX if known else SIDE_PX,
        left_px=SIDE_PX,
        right_px=SIDE_PX,
    )
    base = _bar_axis(figure, look, form.unit, known)
    for name in names:
        is_found, is_said = name == truth.value, name == guess
        y = tops[name] + line_px(size) / 2 + 4
        text_px = line_px(size) * lines(texts[name])
        place = {"xref": "paper", "xanchor": "left", "yanchor": "top", "size": size}
        shift = 0 if isinstance(form, Order) else DOT_PX + 6
        if isinstance(form, Choice):
            _add_sign(figure, look, y, is_said=is_said, is_found=is_found)
        figure.add_annotation(label(look, texts[name], 0, tops[name], xshift=shift, **place))
        if name in known:
            at = tops[name] + text_px + BAR_PX / 2 + 4
            _add_bar(figure, look, known[name], at, base, form.unit, strong=isinstance(form, Order) or is_found)
    return figure


def _rows(form: Choice | Order, truth: Truth) -> list[str]:
    """The answers: in the order that was found, or by their numbers, or as they are listed."""
    if isinstance(form, Order):
        return str(truth.value).split(",")
    return sorted(form.answers, key=lambda name: -truth.each[name].median if name in truth.each else math.inf)


def _told(form: Choice | Order, name: str, place: int, guess: object, truth: Truth) -> str:
    """An answer's words, its number, and what was said of it."""
    words = escape(form.answers.get(name, name), quote=False)
    number = f", {format_number(truth.each[name].median)} {form.unit}".rstrip() if name in truth.each else ""
    if isinstance(form, Order):
        said = ""
        if guess is not None:
            there = str(guess).split(",").index(name) + 1
            said = f" (you said: {there})" if there != place + 1 else " (as you said)"
        return f"<b>{place + 1}. {words}</b>{number}{said}"
    signs = [*(["found"] if name == truth.value else []), *(["you said this"] if name == guess else [])]
    return f"<b>{words}</b>{number}" + (f" ({' and '.join(signs)})" if signs else "")


def _add_sign(figure: go.Figure, look: Look, y: float, *, is_said: bool, is_found: bool) -> None:
    """A filled dot where an answer was found, a hollow diamond round it where it was said."""
    place = {"xref": "paper", "yref": "y", "x0": 0, "x1": 0, "xsizemode": "pixel", "xanchor": 0}
    if is_found:
        half = DOT_PX / 4
        ends = {"x0": DOT_PX / 2 - half, "x1": DOT_PX / 2 + half, "y0": y - half, "y1": y + half}
        colour = look.family("compiled")
        figure.add_shape(type="circle", fillcolor=colour, line={"color": colour}, **{**place, **ends})
    if is_said:
        half = DOT_PX / 2
        path = f"M 0 {y} L {half} {y - half} L {2 * half} {y} L {half} {y + half} Z"
        figure.add_shape(
            type="path",
            path=path,
            line={"color": look.ink, "width": 3},
            xref="paper",
            xsizemode="pixel",
            xanchor=0,
        )


def _bar_axis(figure: go.Figure, look: Look, unit: str, known: dict[str, Estimate]) -> float | None:
    """Draw the axis of the numbers; where bars begin on it, None from zero."""
    if not known:
        figure.update_xaxes(visible=False, fixedrange=True, range=[0, 1])
        return None
    values = [one.median for one in known.values()]
    highest = max(max(one.high or one.median, one.median) for one in known.values())
    if min(values) > 0 and highest / min(values) > WIDE:
        low = 10 ** math.floor(math.log10(min(values)) - 0.3)
        figure.update_xaxes(log_axis(look, f"{unit} (log scale)".strip(), low, 1.3 * highest), fixedrange=True)
        return low
    ticks = {"nticks": 5, "exponentformat": "none", "rangemode": "tozero", "fixedrange": True}
    figure.update_xaxes(axis(look, unit, range=[min(0, *values), 1.1 * highest or 1], **ticks))
    return None


def _add_bar(
    figure: go.Figure, look: Look, value: Estimate, y: float, base: float | None, unit: str, *, strong: bool
) -> None:
    colour = look.family("compiled") if strong else look.stale
    ends = (value.low or value.median, value.high or value.median)
    figure.add_bar(
        orientation="h",
        x=[value.median],
        y=[y],
        width=BAR_PX,
        marker={"color": colour, "line": {"color": colour, "width": 2}},
        error_x=intervals([value.median], [ends], look.ink, thickness=3),
        hovertext=[f"{format_number(value.median)} ({' to '.join(map(format_number, ends))}) {unit}"],
        hoverinfo="text",
    )
