"""The board of an event: every person's score and the ladder's rungs, on one axis that ends at the roof."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.hover import broken
from accel_core.figures.drawing.labels import caption, label, sample_banner
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, SHORT_DASH, Look, faded
from accel_core.figures.drawing.marks import add_box, add_dots, intervals
from accel_core.figures.drawing.text import width_px
from accel_core.readings.arena_board import ROOF, Line, interval_text, people, score_text
from accel_core.readings.arena_text import plain_name

ROW_PX, NAME_PX, TOP_PX, BOTTOM_PX, CAPTION_PX, RIM_PX = 38, 24, 46, 66, 30, 16
"""The height of a row, of the name above it where there is no room beside it; and the rims of the plot."""
NAMES_PX, SCORES_PX = 280, 74
"""The width of the names left of the plot at most, and of the scores right of it."""
LABEL_PX = 30
"""How far the name of the roof reaches above the plot."""
MOST = 14
"""Rows that are drawn; the table holds all."""
BEYOND = 108.0
"""Where the axis ends."""
EMPTY = "Nobody has handed in yet. The best entry of each person will stand here, under the roof at 100."


def board_figure(lines: Sequence[Line], look: Look, *, stale: str = "", roof: str = "") -> go.Figure:
    """A row a person and a row a rung, the best on top: a dot at the score, its interval, the roof at 100.

    Those who share a rank stand on one ground. `stale` says whose board it is where it is another machine's;
    `roof` what stands at 100 where that is no machine.
    """
    if not lines:
        return teaching_figure(EMPTY, look, 480)
    drawn = most_important(lines)
    row_px = ROW_PX + (NAME_PX if look.narrow else 0)
    left_px = RIM_PX if look.narrow else _names_px(drawn, look)
    more = len(people(lines)) - len(people(drawn))
    figure = sheet_of_rows(
        look,
        row_px * len(drawn),
        top_px=TOP_PX,
        bottom_px=BOTTOM_PX + (CAPTION_PX if more else 0),
        left_px=left_px,
        right_px=SCORES_PX,
    )
    ticks = list(range(0, int(ROOF) + 1, 20))
    title = f"Score (roof = {ROOF:.0f})"
    figure.update_xaxes(axis(look, title, range=[0, BEYOND], tickvals=ticks, fixedrange=True))
    _add_grounds(figure, look, drawn, row_px)
    _add_roof(figure, look, len(drawn) * row_px, roof or f"the roof of {'that' if stale else 'this'} machine")
    for at, line in enumerate(drawn):
        _add_line(figure, look, line, at * row_px, left_px, bool(stale))
    if more:
        figure.add_annotation(caption(look, f"{more} more in the table below.", BOTTOM_PX, left_px))
    sample_banner(figure, look, stale, clear_px=LABEL_PX)
    return figure


def most_important(lines: Sequence[Line]) -> list[Line]:
    """The rows that are drawn, the highest score first: the rungs, one's own, and the best of the others."""
    order = sorted(lines, key=lambda line: -line.score)
    kept = [line for line in order if line.rank is None or line.own]
    others = [line for line in order if line not in kept]
    shown = [*kept, *others[: max(MOST - len(kept), 1)]]
    return [line for line in order if line in shown]


def _names_px(lines: Sequence[Line], look: Look) -> int:
    widest = max(width_px(_name(line, NAMES_PX - RIM_PX, look), look.font_px) for line in lines)
    return round(min(NAMES_PX, widest + 2 * RIM_PX))


def _name(line: Line, room_px: float, look: Look) -> str:
    """ "<b>2=</b> ada", cut to fit."""
    place, name = f"<b>{line.place}</b>  " if line.place else "", plain_name(line.name)

    def told(name: str) -> str:
        safe = escape(name, quote=False)
        return f"{place}<b>{safe}</b>" if line.own else f"{place}{safe}"

    cut = name
    while len(cut) > 1 and width_px(told(cut), look.font_px) > room_px:
        cut = f"{cut.rstrip('…')[:-1]}…"
    return told(cut)


def _add_grounds(figure: go.Figure, look: Look, drawn: Sequence[Line], row_px: int) -> None:
    """One ground under all rows that share a rank."""
    for shared, rows in groupby(enumerate(drawn), key=lambda row: row[1].shared and row[1].rank):
        at = [number for number, _ in rows]
        if shared:
            ends = (at[0] * row_px + 2, (at[-1] + 1) * row_px - 2)
            add_box(figure, (0, 1), ends, faded(look.stale, 0.16), {"width": 0}, xref="paper")


def _add_roof(figure: go.Figure, look: Look, bottom_px: float, name: str) -> None:
    add_box(figure, (ROOF, BEYOND), (0, bottom_px), faded(look.ink, 0.10), {"width": 0})
    line = {"color": look.ink, "width": 5}
    figure.add_shape(type="line", x0=ROOF, x1=ROOF, y0=0, y1=1, yref="paper", line=line)
    place = {"yref": "paper", "yanchor": "bottom", "xanchor": "right", "xshift": 3}
    figure.add_annotation(label(look, f"<b>{name}</b>", ROOF, 1, yshift=8, **place))


def _add_line(figure: go.Figure, look: Look, line: Line, top_px: float, left_px: int, grey: bool) -> None:
    """A row: the name, a line to the dot, its interval, and the number at the right end."""
    y = top_px + (NAME_PX if look.narrow else 0) + ROW_PX / 2
    rung = line.rank is None
    colour = look.stale if grey else look.family(line.family) if rung else look.ink
    ink = look.muted if grey or rung else look.ink
    if look.narrow:
        text, place = _name(line, look.room_px(RIM_PX + SCORES_PX), look), {"xanchor": "left", "yanchor": "top"}
        figure.add_annotation(label(look, text, 0, top_px + 4, xref="paper", colour=ink, **place))
    else:
        at: dict[str, Any] = {
            "xanchor": "left",
            "yanchor": "middle",
            "xshift": RIM_PX - left_px,
            "size": look.font_px,
        }
        text = _name(line, NAMES_PX - RIM_PX, look)
        figure.add_annotation(label(look, text, 0, y, xref="paper", colour=ink, **at))
    stroke = {"color": faded(colour, 0.45), "width": 2 if rung else 6, "dash": SHORT_DASH if rung else "solid"}
    figure.add_shape(type="line", x0=0, x1=line.score, y0=y, y1=y, line=stroke, layer="below")
    symbol = FAMILY_SYMBOLS.get(line.family, "x") if rung else "diamond" if line.own else "circle"
    rim = {"color": look.background, "width": 1}
    marker = {"symbol": symbol, "size": 12 if rung else 15 if line.own else 12, "color": colour, "line": rim}
    ends = [(line.low or line.score, line.high or line.score)]
    bars = intervals([line.score], ends, colour, width=0 if rung else 8)
    extra = {"hovertext": [_hover(line)], "name": plain_name(line.name)}
    add_dots(
        figure, [(line.score, y)], marker, error_x=bars, cliponaxis=False, customdata=[line.entry], **extra
    )
    end: dict[str, Any] = {"xref": "paper", "xanchor": "right", "yanchor": "middle", "xshift": SCORES_PX - 6}
    number = score_text(line.score) if rung else f"<b>{score_text(line.score)}</b>"
    figure.add_annotation(label(look, number, 1, y, colour=ink, size=look.font_px, **end))


def _hover(line: Line) -> str:
    name, ends = escape(plain_name(line.name)), interval_text(line)
    what = f"rank {line.place}" if line.place else "a rung of the ladder, which ran in turns with the entries"
    lines = [f"<b>{name}</b>, {what}", f"score {score_text(line.score)}" + (f" ({ends})" if ends else "")]
    if line.built_on:
        lines.append(f"built on {escape(plain_name(line.built_on))}")
    return "<br>".join(broken(text) for text in lines)
