"""Every host of a pool against those like it: a row for computing and each memory level, outliers by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.labels import backed, caption, label
from accel_core.figures.drawing.look import LEAST_PX, Look, faded
from accel_core.figures.drawing.marks import add_box, add_dots
from accel_core.figures.drawing.text import line_px, lines, shown, wrap
from accel_core.readings.fleet import NOTICED, Group, Part, nothing_compared
from accel_core.readings.ratios import EVEN
from accel_core.units import format_number

ROW_PX, HEAD_PX, NAME_Y, DOT_Y = 50, 34, 14, 32
TOP_PX, LEFT_PX, RIGHT_PX, BELOW_PX = 48, 24, 24, 62
TICKS = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.3,
    0.5,
    0.7,
    0.8,
    0.9,
    0.95,
    1,
    1.05,
    1.1,
    1.2,
    1.5,
    2,
    3,
    5,
    10,
    20,
    50,
    100,
)
TICK_PX = 46
"""Ticks stand no nearer to each other."""
ROOM = 1.25
"""Left and right of the farthest dots, as a factor, for names."""
LONGEST_NAME = 24
MOST_GROUPS = 4


def fleet_ratios_figure(found: Sequence[Group], look: Look) -> go.Figure:
    """The ratio of each host to the median of its alike hosts; groups of one host have none."""
    groups = [group for group in found if group.ratios][:MOST_GROUPS]
    if not groups:
        return teaching_figure(nothing_compared(found), look, 240)
    rows_px = sum(ROW_PX * len(group.ratios) + HEAD_PX for group in groups)
    text = (
        f"Each dot is a host; 1 is the median of its alike hosts. Shaded is what counts as the same, "
        f"{100 * EVEN:g} % either way; diamonds with a name are outliers."
    )
    note = wrap(text, look.room_px(20), LEAST_PX)
    figure = sheet_of_rows(
        look,
        rows_px,
        top_px=TOP_PX,
        left_px=LEFT_PX,
        right_px=RIGHT_PX,
        bottom_px=BELOW_PX + 8 + line_px(LEAST_PX) * lines(note),
    )
    span = _span(groups)
    figure.update_xaxes(_axis(look, span))
    figure.add_annotation(caption(look, note, BELOW_PX, LEFT_PX))
    y_px = 0
    for group in groups:
        title = shown(group.title)
        who = f"{len(group.hosts)} hosts"
        _name(figure, look, f"<b>{who}</b>: {title}", y_px + HEAD_PX / 2)
        y_px += HEAD_PX
        for part, of in group.ratios.items():
            _add_row(figure, look, group, part, of, y_px)
            y_px += ROW_PX
    return figure


def _span(groups: Sequence[Group]) -> tuple[float, float]:
    every = [ratio for group in groups for of in group.ratios.values() for ratio in of.values()]
    edge = math.exp(2 * NOTICED)
    return min(*every, 1 / edge) / ROOM, max(*every, edge) * ROOM


def _axis(look: Look, span: tuple[float, float]) -> dict[str, Any]:
    """A log axis with as many round ratios as have room, 1 among them."""
    px = (look.width_px - LEFT_PX - RIGHT_PX) / math.log(span[1] / span[0])
    ticks = [1.0]
    for tick in sorted(
        (tick for tick in TICKS if span[0] < tick < span[1]), key=lambda tick: abs(math.log(tick))
    ):
        if all(abs(math.log(tick / other)) * px >= TICK_PX for other in ticks):
            ticks.append(tick)
    return axis(
        look,
        "Of the median of alike hosts (ratio)",
        type="log",
        range=[math.log10(span[0]), math.log10(span[1])],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{tick:g}" for tick in ticks],
        tickangle=0,
    )


def _name(figure: go.Figure, look: Look, text: str, y_px: float) -> None:
    place = {"xref": "paper", "xanchor": "left", "yanchor": "middle", **backed(look)}
    figure.add_annotation(label(look, text, 0, y_px, **place))


def _add_row(
    figure: go.Figure, look: Look, group: Group, part: Part, of: Mapping[str, float], top_px: float
) -> None:
    """The name of a part, the band around 1, and a dot for each host."""
    y_px = top_px + DOT_Y
    band = math.exp(-NOTICED), math.exp(NOTICED)
    add_box(figure, band, (y_px - 10, y_px + 10), faded(look.stale, 0.3), {"width": 0})
    colour = look.level(part.level)
    figure.add_annotation(
        label(
            look,
            part.said[:1].upper() + part.said[1:],
            0,
            top_px + NAME_Y,
            xref="paper",
            xanchor="left",
            yanchor="middle",
            colour=colour,
            **backed(look),
        )
    )
    odd = {name for name, parts in group.outliers.items() if part in parts}
    for outlying in (False, True):
        names = [name for name in of if (name in odd) == outlying]
        marker = {
            "symbol": "diamond" if outlying else "circle",
            "size": 15 if outlying else 11,
            "color": look.warning if outlying else faded(look.ink, 0.6),
            "opacity": 1,
            "line": {"color": look.background, "width": 1.5},
        }
        hover = [
            f"<b>{shown(name, LONGEST_NAME)}</b>{', outlier' if outlying else ''}<br>{part.said}: "
            f"{format_number(of[name], 3)} of the median"
            for name in names
        ]
        add_dots(figure, [(of[name], y_px) for name in names], marker, hovertext=hover, showlegend=False)
    for name in odd:
        side = {"xanchor": "left", "xshift": 11} if of[name] > 1 else {"xanchor": "right", "xshift": -11}
        place = {"yanchor": "middle", "colour": look.warning, **side, **backed(look)}
        text = f"<b>{shown(name, LONGEST_NAME)}</b> {format_number(of[name], 2)}"
        figure.add_annotation(label(look, text, math.log10(of[name]), y_px, **place))
