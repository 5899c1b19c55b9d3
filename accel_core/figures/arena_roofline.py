"""An entry under the roof: a dot a size, and the roofs that the sizes are held against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import log_axis, sheet, teaching_figure
from accel_core.figures.drawing.hover import broken
from accel_core.figures.drawing.labels import backed, caption, label, leader, sample_banner, spread, within
from accel_core.figures.drawing.look import LEAST_PX, LEVEL_DASHES, Look, faded
from accel_core.figures.drawing.marks import add_dots, intervals
from accel_core.figures.drawing.text import line_px, lines, width_px, wrap
from accel_core.readings.arena_sizes import Point, peak_of, slopes_of
from accel_core.readings.ratios import share_text
from accel_core.units import format_rate

PLOT_PX, TOP_PX, LEFT_PX, RIGHT_PX, BELOW_PX = 440, 48, 76, 24, 66
LABEL_GAP_PX, BESIDE = 21, 1.6
"""Between two names, and from the nearest dot to the column of names, as a factor of the intensity."""
ASIDE, BELOW, ABOVE, LEAST_SPAN = 3.0, 1.5, 1.6, 4.0
"""How far the frame reaches beyond what it holds, as factors; on one side it has room for the names too."""
RIM_PX = 30
"""Between the names and the frame."""
WORDS = "A dot for each size will stand here under the roof, as soon as one was timed."
LEGEND = "A circle is a printed size, a diamond one that was drawn. The stroke leads to its roof."


@dataclass(frozen=True, slots=True)
class _Frame:
    x: tuple[float, float]
    y: tuple[float, float]

    def up(self, y: float) -> float:
        """Pixels from the lower edge of the plot."""
        return PLOT_PX * math.log(y / self.y[0]) / math.log(self.y[1] / self.y[0])


def entry_roofline_figure(points: Sequence[Point], look: Look, *, stale: str = "") -> go.Figure:
    """Dots at FLOP / least bytes and FLOP / time, with their intervals, each named with its share of the roof.

    The roofs are drawn from what the verdict says of each size, so they are those of the machine that judged.
    """
    if not points:
        return teaching_figure(WORDS, look, 480)
    frame = _frame(points, look)
    text = wrap(LEGEND, look.room_px(20), LEAST_PX)
    bottom_px = BELOW_PX + line_px(LEAST_PX) * lines(text) + 8
    place = {"top_px": TOP_PX, "bottom_px": bottom_px, "left_px": LEFT_PX, "right_px": RIGHT_PX}
    figure = sheet(look, PLOT_PX, showlegend=False, **place)
    figure.update_xaxes(log_axis(look, "Arithmetic intensity (FLOP/byte)", *frame.x), tickangle=0)
    figure.update_yaxes(log_axis(look, "Speed (GFLOP/s)", *frame.y, 1e9))
    figure.add_annotation(caption(look, text, BELOW_PX, LEFT_PX))
    _add_roofs(figure, look, points, frame, bool(stale))
    _add_dots(figure, look, points, bool(stale))
    _add_names(figure, look, points, frame, bool(stale))
    sample_banner(figure, look, stale)
    return figure


def _frame(points: Sequence[Point], look: Look) -> _Frame:
    """Round all points and ridges, with room for the names on their side."""
    xs = [point.intensity for point in points]
    slopes, peak = slopes_of(points), peak_of(points)
    ridges = [peak / slope for slope in slopes.values()] if peak else []
    left, right = min([*xs, *ridges]) / ASIDE, max([*xs, *ridges]) * ASIDE
    plot_px = look.width_px - LEFT_PX - RIGHT_PX
    names_px = max(width_px(_name(point, look), look.small_px) for point in points) + RIM_PX
    part = min(names_px / plot_px, 0.6)
    if _named_right(points):
        first = max(xs) * BESIDE
        right = max(right, first * (first / left) ** (part / (1 - part)))
    else:
        last = min(xs) / BESIDE
        left = min(left, last / (right / last) ** (part / (1 - part)))
    top = max(point.roof_flop_per_s for point in points)
    part = min((len(points) + 2) * LABEL_GAP_PX / PLOT_PX, 0.9)  # of the height, below the roof, for the names
    least = top / max(LEAST_SPAN, ABOVE ** (part / (1 - part)))
    low = min(least, *(point.flop_per_s / BELOW for point in points))
    return _Frame((left, right), (low, top * ABOVE))


def _named_right(points: Sequence[Point]) -> bool:
    """Whether the names stand right of the dots: where memory bounds most, the flat roof leaves room there."""
    return sum(point.bound_by == "memory" for point in points) * 2 > len(points)


def _name(point: Point, look: Look) -> str:
    return point.name if look.narrow else f"{point.name}  <b>{share_text(point.share)}</b>"


def _add_roofs(figure: go.Figure, look: Look, points: Sequence[Point], frame: _Frame, grey: bool) -> None:
    peak, slopes = peak_of(points), slopes_of(points)
    for level, slope in slopes.items():
        right = peak / slope if peak else frame.x[1]
        left = max(frame.x[0], frame.y[0] / slope)
        colour = look.stale if grey else look.level(level)
        line = {"color": colour, "width": 3, "dash": LEVEL_DASHES.get(level, "solid")}
        said = f"{level or 'memory'} {format_rate(slope, 'B/s')}"
        _add_roof(figure, [left, right], [left * slope, right * slope], line, said)
        place = {
            "xanchor": "left",
            "yanchor": "bottom",
            "colour": look.muted if grey else colour,
            **backed(look),
        }
        figure.add_annotation(label(look, f"<b>{said}</b>", 0, math.log10(left * slope), xref="paper", **place))
    if peak:
        left = min((peak / slope for slope in slopes.values()), default=frame.x[0])
        line = {"color": look.stale if grey else look.ink, "width": 3}
        _add_roof(figure, [left, frame.x[1]], [peak, peak], line, format_rate(peak, "FLOP/s"))
        place = {"xref": "paper", "xanchor": "right", "yanchor": "bottom", "yshift": 4}
        figure.add_annotation(
            label(look, f"<b>{format_rate(peak, 'FLOP/s')}</b>", 1, math.log10(peak), **place)
        )


def _add_roof(figure: go.Figure, xs: list[float], ys: list[float], line: dict[str, Any], said: str) -> None:
    figure.add_scatter(x=xs, y=ys, mode="lines", line=line, hovertext=said, hoverinfo="text", name=said)


def _add_dots(figure: go.Figure, look: Look, points: Sequence[Point], grey: bool) -> None:
    for point in points:
        colour = look.stale if grey else look.family("compiled")
        ends = intervals([point.flop_per_s], [(point.low, point.high)], colour, thickness=1.5, width=5)
        gap = {"color": faded(colour, 0.6), "width": 1.5, "dash": "2px,3px"}
        _add_roof(figure, [point.intensity] * 2, [point.flop_per_s, point.roof_flop_per_s], gap, point.name)
        marker = {
            "symbol": "diamond" if point.drawn else "circle",
            "size": 14 if point.drawn else 13,
            "color": colour,
            "line": {"color": look.background, "width": 1.5},
        }
        at, said = [(point.intensity, point.flop_per_s)], [broken(point.said)]
        add_dots(figure, at, marker, error_y=ends, name=point.name, hovertext=said)


def _add_names(figure: go.Figure, look: Look, points: Sequence[Point], frame: _Frame, grey: bool) -> None:
    """In one column beside all dots, on the side with more room, each at a height of its own."""
    own = {str(at): frame.up(point.flop_per_s) for at, point in enumerate(points)}
    highest = frame.up(max(point.roof_flop_per_s for point in points)) - LABEL_GAP_PX
    places = within(spread(own, LABEL_GAP_PX), LABEL_GAP_PX, highest, LABEL_GAP_PX)
    xs = [point.intensity for point in points]
    right = _named_right(points)
    column = math.log10(max(xs) * BESIDE if right else min(xs) / BESIDE)
    for at, point in enumerate(points):
        colour = look.stale if grey else look.family("compiled")
        beside: dict[str, Any] = {
            "ax": column,
            "axref": "x",
            "ay": own[str(at)] - places[str(at)],
            "xanchor": "left" if right else "right",
            "standoff": 8,
            "colour": look.muted if grey else colour,
        }
        x, y = math.log10(point.intensity), math.log10(point.flop_per_s)
        line = faded(colour, 0.45)
        figure.add_annotation(leader(look, _name(point, look), x, y, line, **beside, **backed(look)))
