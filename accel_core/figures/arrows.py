"""Arrows beside a ladder, from each rung to the one that changes it: no two lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.figures.drawing.look import Look
from accel_core.model import Workload
from accel_core.readings.ladder import Rung

FIRST_PX, PITCH_PX, RIM_PX = 10, 14, 16
"""From the bars to the nearest lane, from lane to lane, and from the outermost to the edge."""


@dataclass(frozen=True, slots=True)
class Change:
    """An arrow from one row to another, both counted from 0, in a lane: 0 is nearest to the bars."""

    start: int
    end: int
    lane: int


def changes(workload: Workload, rows: Sequence[Rung]) -> tuple[Change, ...]:
    """The arrows between `rows`: neighbours in lane 0, longer ones further out, the shortest nearest.

    Arrows from one rung share a lane; others do so only where they do not overlap.
    """
    at = {row.kernel.name: place for place, row in enumerate(rows)}
    found, ends = [], dict[int, list[int]]()
    for place, row in enumerate(rows):
        before = workload.before(row.kernel)
        if before is None or before.name not in at:
            continue
        start = at[before.name]
        if place - start == 1:
            found.append(Change(start, place, 0))
        else:
            ends.setdefault(start, []).append(place)
    lanes: list[list[tuple[int, int]]] = []
    for start, places in sorted(ends.items(), key=lambda item: (max(item[1]) - item[0], item[0])):
        last = max(places)
        free = (n for n, taken in enumerate(lanes) if all(last <= a or b <= start for a, b in taken))
        lane = next(free, len(lanes))
        lanes[lane:] = lanes[lane:] or [[]]
        lanes[lane].append((start, last))
        found += [Change(start, end, lane + 1) for end in places]
    return tuple(found)


def arrows_px(arrows: Sequence[Change]) -> int:
    """The left margin that holds `arrows`."""
    return FIRST_PX + PITCH_PX * max((a.lane for a in arrows), default=0) + RIM_PX


def add_arrows(
    figure: go.Figure, look: Look, arrows: Sequence[Change], middles: Sequence[float], bar_px: int
) -> None:
    """Draw `arrows` between bars whose middles lie at so many pixels; a long one begins with a dot."""
    for arrow in arrows:
        near = arrow.lane == 0
        head = middles[arrow.end] - (bar_px / 2 if near else 4)
        length = middles[arrow.end] - middles[arrow.start] - (bar_px if near else 8)
        figure.add_annotation(
            x=0,
            xref="paper",
            xshift=-FIRST_PX - PITCH_PX * arrow.lane,
            y=head,
            ax=0,
            ay=-length,
            text="",
            showarrow=True,
            arrowhead=2,
            startarrowhead=0 if near else 6,
            startarrowsize=0.8,
            arrowside="end" if near else "end+start",
            arrowsize=1.1,
            arrowwidth=2,
            arrowcolor=look.muted,
        )
