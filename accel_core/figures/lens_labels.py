"""The words in a lens: each kernel's name at the end of its line, each dot's level where there is room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import spread
from accel_core.figures.drawing.look import Look, faded
from accel_core.figures.point_names import COLUMN_GAP
from accel_core.figures.points import family_of
from accel_core.figures.roofs import Scene
from accel_core.model import Workload
from accel_core.readings.traffic import Traffic

NAME_GAP_PX = 21
LEVEL_PX = 24
"""What the names of a line's dots take above or below it."""
TOGETHER = 0.06
"""Dots closer than this part of a decade share a name."""
NOTE = "Measured times, simulated bytes"


def level_texts(one: Traffic) -> list[str]:
    """The name of each dot's level; dots that lie on each other are named once: "L3, DRAM"."""
    levels = list(one.level_bytes)
    places = [math.log10(one.intensity(level)) for level in levels]
    texts, group = [""] * len(levels), [0]
    for rank in range(1, len(levels) + 1):
        if rank < len(levels) and abs(places[rank] - places[group[0]]) < TOGETHER:
            group.append(rank)
            continue
        texts[group[0]] = ", ".join(levels[i] for i in group)
        group = [rank]
    return texts


def level_sides(view: Scene, found: Sequence[Traffic]) -> dict[str, str]:
    """Measurement id -> "bottom", "top", or "" where other lines leave no room for the names of the dots."""
    falling = sorted(found, key=lambda one: -one.measurement.flop_per_s)
    heights = [math.log10(one.measurement.flop_per_s) * view.px_per_decade for one in falling]
    free = [math.inf, *(upper - lower for upper, lower in pairwise(heights)), math.inf]
    sides: dict[str, str] = {}
    for rank, one in enumerate(falling):
        side = "bottom" if free[rank + 1] >= LEVEL_PX else "top" if free[rank] >= LEVEL_PX else ""
        free[rank + (side == "bottom")] -= LEVEL_PX if side else 0
        sides[one.measurement.id] = side
    return sides


def add_names(
    figure: go.Figure, look: Look, view: Scene, found: Sequence[Traffic], workloads: Sequence[Workload]
) -> None:
    """A column of names right of all dots, each joined to its line's end; on a phone in the lower corner."""
    figure.add_annotation(
        x=0,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        xshift=6,
        yshift=4,
        showarrow=False,
        text=NOTE.replace(", ", ",<br>") if look.narrow else NOTE,
        align="left",
        font={"size": look.small_px, "color": look.muted},
    )
    own = {one.measurement.id: math.log10(one.measurement.flop_per_s) for one in found}
    span = math.log10(view.x[1] / view.x[0])
    right = max((math.log10(max(map(one.intensity, one.level_bytes))) for one in found), default=0)
    places = _corner(view, found) if look.narrow else spread(own, NAME_GAP_PX / view.px_per_decade)
    for one in found:
        m = one.measurement
        ends = [math.log10(one.intensity(level)) for level in one.level_bytes]
        colour = look.family(family_of(workloads, m))
        block = f", {m.parameters['block']}" if "block" in m.parameters else ""
        figure.add_annotation(
            x=min(ends) if look.narrow else max(ends),
            y=own[m.id],
            ax=math.log10(view.x[0] * 1.2) if look.narrow else right + COLUMN_GAP * span,
            axref="x",
            ay=places[m.id],
            ayref="y",
            xanchor="left",
            yanchor="middle",
            standoff=8,
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=colour,
            text=f"<b>{m.kernel.partition('/')[2]}{block}</b>",
            bgcolor=faded(look.background, 0.85),
            borderpad=1,
            font={"size": look.small_px, "color": colour},
        )


def _corner(view: Scene, found: Sequence[Traffic]) -> dict[str, float]:
    """Heights of a stack of names above the lower edge, in the order of the lines."""
    low, step = math.log10(view.y[0]), NAME_GAP_PX / view.px_per_decade
    rising = sorted(found, key=lambda one: one.measurement.flop_per_s)
    return {one.measurement.id: low + (rank + 2.4) * step for rank, one in enumerate(rising)}
