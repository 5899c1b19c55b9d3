"""The names of memory levels beside the dots of a lens, on their line or above or below it.

They are placed for the narrowest width at which the figure may be shown: with more room dots move apart, and
names go along with theirs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.boxes import Box
from accel_core.figures.drawing.labels import backed, label
from accel_core.figures.drawing.look import Look
from accel_core.figures.drawing.text import width_px
from accel_core.figures.roofs import PLOT_PX, px_per_decade
from accel_core.readings.lenses import Traffic
from accel_core.readings.scene import Scene

DOT_PX, LARGE_PX, RIM_PX = 10, 18, 2
"""A dot, that of the lens, and the line round each."""
TOGETHER_PX = 8
"""Dots nearer than this share a name."""
GAP_PX = 4
NARROWEST = 0.8
"""Part of the planned width at which a figure may be shown."""


@dataclass(frozen=True, slots=True)
class Group:
    """Dots of a kernel that share a name, in pixels of the plot."""

    text: str
    levels: tuple[str, ...]
    left: float
    right: float
    height: float
    radius: float


def add_level_names(
    figure: go.Figure, look: Look, view: Scene, found: Sequence[Traffic], level: str, taken: Sequence[Box] = ()
) -> None:
    """Name the levels of all dots, that of `level` being large, where `taken` and other kernels leave room.

    A dot without room has its colour and its hover text.
    """
    scale = x_px_per_decade(figure, look, view)
    frame = Box(0, scale * math.log10(view.x[1] / view.x[0]), 0, PLOT_PX)
    groups = {one.measurement.id: list(_groups(view, one, level, scale)) for one in found}
    placed = [*taken, *(_around(group) for each in groups.values() for group in each)]
    for one in sorted(found, key=lambda one: -one.measurement.flop_per_s):
        own = one.measurement.id
        others = [_line(each) for key, each in groups.items() if key != own]
        for group in groups[own]:
            wide = width_px(group.text, look.small_px)
            for box, place in _places(group, wide, look.small_px + GAP_PX):
                if box.is_free(frame, [*placed, *others]):
                    at = {"left": group.levels[0], "right": group.levels[-1]}
                    x = math.log10(one.intensity(at[place.pop("end")]))
                    y = math.log10(one.measurement.flop_per_s)
                    figure.add_annotation(label(look, group.text, x, y, **place, **backed(look, 1)))
                    placed.append(box)
                    break


def x_px_per_decade(figure: go.Figure, look: Look, view: Scene) -> float:
    """Pixels of the plot's width for each power of ten, where the figure is shown at its narrowest."""
    margin = figure.layout.margin
    return NARROWEST * look.room_px(margin.l + margin.r) / math.log10(view.x[1] / view.x[0])


def _groups(view: Scene, one: Traffic, level: str, scale: float) -> Iterator[Group]:
    """The dots of a kernel from left to right, those that lie on each other together: "L3, DRAM"."""
    ranks = list(one.level_bytes)
    height = math.log10(one.measurement.flop_per_s / view.y[0]) * px_per_decade(view)
    places = {name: math.log10(one.intensity(name) / view.x[0]) * scale for name in ranks}
    rising = sorted(ranks, key=lambda name: places[name])
    while rising:
        near = [name for name in rising if places[name] - places[rising[0]] < TOGETHER_PX]
        rising = rising[len(near) :]
        text = ", ".join(sorted(near, key=ranks.index))
        radius = (LARGE_PX if level in near else DOT_PX) / 2 + RIM_PX / 2
        yield Group(text, tuple(near), places[near[0]], places[near[-1]], height, radius)


def _around(group: Group) -> Box:
    out = group.radius
    return Box(group.left - out, group.right + out, group.height - out, group.height + out)


def _line(groups: Sequence[Group]) -> Box:
    height = groups[0].height
    return Box(groups[0].left, groups[-1].right, height - RIM_PX / 2, height + RIM_PX / 2)


def _places(group: Group, wide: float, high: float) -> Iterator[tuple[Box, dict[str, Any]]]:
    """Where a name of this size may stand, the best first: its rectangle, and its place beside a dot."""
    y, out = group.height, group.radius + GAP_PX
    level = (y - high / 2, y + high / 2)
    ends = {"left": group.left, "right": group.right}
    yield (
        Box(group.left - out - wide, group.left - out, *level),
        {"end": "left", "xanchor": "right", "xshift": -out},
    )
    yield (
        Box(group.right + out, group.right + out + wide, *level),
        {"end": "right", "xanchor": "left", "xshift": out},
    )
    for low, side in ((y - out - high, -1), (y + out, 1)):
        shift = {"yshift": side * (out + high / 2)}
        for end, x in ends.items():
            middle = {"end": end, "xanchor": "center", **shift}
            yield Box(x - wide / 2, x + wide / 2, low, low + high), middle
        aside = {"end": "left", "xanchor": "right", "xshift": group.radius, **shift}
        yield Box(group.left + group.radius - wide, group.left + group.radius, low, low + high), aside
