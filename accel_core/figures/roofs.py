"""The roofs of a roofline picture: which are drawn, the frame they span, lines, bands and labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import log_axis, sheet
from accel_core.figures.drawing.labels import caption, label, leader, spread
from accel_core.figures.drawing.look import LEAST_PX, LEVEL_DASHES, THEORY_DASH, Look, faded
from accel_core.figures.drawing.marks import QUIET, add_dots
from accel_core.figures.drawing.text import line_px, lines, width_px, wrap
from accel_core.model import Ceiling
from accel_core.model.disk import DISK
from accel_core.readings.roofs import ceiling_text, roof_rate, roof_title
from accel_core.readings.scene import Scene
from accel_core.roofline import ridge_point
from accel_core.units import format_count, format_number, format_rate

PLOT_PX = 440
LABEL_GAP_PX = 20
BELOW_PX, NARROW_MARGIN_PX = 66, 16
NAMES_PX, NAMES_HEAD = 150, "Compute roofs (GFLOP/s)"
"""Width of the names of the compute roofs, right of the plot, and what stands above them; not on a phone."""
ROOM_RIGHT, DISK_RIGHT = 0.6, 0.7
"""A stair of labels that begins beyond this part of the axis runs to the left; the disk's label is short."""
EQUAL = 0.06
"""Compute roofs closer than this share a label: wide additions are as fast as half as wide multiply-adds."""


def px_per_decade(view: Scene) -> float:
    """Pixels of the plot's height for each power of ten."""
    return PLOT_PX / view.decades


def roofline_sheet(
    look: Look, view: Scene, note: str, *, top_px: int, left_px: int, legend_px: int = 0
) -> go.Figure:
    """The axes of a roofline, and under them `note`, beneath a legend of `legend_px`.

    The height follows the note; the plot's own height never changes.
    """
    below_px = BELOW_PX + legend_px
    bottom_px = below_px + line_px(LEAST_PX) * lines(note) + 8
    figure = sheet(
        look, PLOT_PX, top_px=top_px, bottom_px=bottom_px, left_px=left_px, right_px=_margin_px(look, view)
    )
    figure.update_xaxes(log_axis(look, "Arithmetic intensity (FLOP/byte)", *view.x), tickangle=0)
    figure.update_yaxes(log_axis(look, "Speed (GFLOP/s)", *view.y, 1e9))
    figure.add_annotation(caption(look, note, below_px, left_px))
    return figure


def _margin_px(look: Look, view: Scene) -> int:
    """Room right of the plot for the names of the compute roofs."""
    if look.narrow:
        return NARROW_MARGIN_PX
    texts = (NAMES_HEAD, *(_group_text(look, group) for group in _groups(view.compute)))
    return math.ceil(max(width_px(text, look.small_px) for text in texts)) + NARROW_MARGIN_PX + 8


def add_roofs(figure: go.Figure, look: Look, view: Scene, *, sample: bool = False) -> None:
    """All lines of the scene with their bands, ridge points and labels."""
    for rank, roof in enumerate(view.memory):
        colour = look.stale if sample else look.level(roof.level)
        _add_slope(figure, look, view, roof, colour)
        _label_slope(figure, look, view, rank, roof, colour)
    for roof in view.theory:
        _add_level_line(figure, look, view, roof, width=1.2, dash=THEORY_DASH)
    for rank, roof in enumerate(view.compute):
        _add_level_line(figure, look, view, roof, width=3 if rank == 0 else 1, dash="solid")
    _label_compute(figure, look, view)
    _mark_ridges(figure, look, view)


def _add_slope(figure: go.Figure, look: Look, view: Scene, roof: Ceiling, colour: str) -> None:
    """A memory roof up to the highest compute roof, with its interval as a band."""
    if roof.low is not None and roof.high is not None:
        (low_x, low_y), (high_x, high_y) = (_slope(view, value) for value in (roof.low, roof.high))
        _add_band(figure, roof, [*low_x, *reversed(high_x)], [*low_y, *reversed(high_y)], faded(colour, 0.25))
    x, y = _slope(view, roof.value)
    _add_line(figure, look, roof, x, y, colour, 3, LEVEL_DASHES.get(roof.level or "", "solid"))


def _slope(view: Scene, bandwidth: float) -> tuple[list[float], list[float]]:
    """The line of a bandwidth from the frame's left or lower edge to the peak."""
    left = max(view.x[0], view.y[0] / bandwidth)
    right = ridge_point(view.peak, bandwidth)
    return [left, right], [left * bandwidth, view.peak]


def _add_level_line(figure: go.Figure, look: Look, view: Scene, roof: Ceiling, width: float, dash: str) -> None:
    """A compute roof from the nearest level's slope to the right edge, with its interval as a band."""
    left = ridge_point(roof.value, max(c.value for c in view.memory))
    x = [left, view.x[1]]
    if roof.low is not None and roof.high is not None:
        y = [roof.low, roof.low, roof.high, roof.high]
        _add_band(figure, roof, [*x, *reversed(x)], y, faded(look.ink, 0.18))
    _add_line(figure, look, roof, x, [roof.value] * 2, look.ink if width > 2 else look.muted, width, dash)


def _add_line(
    figure: go.Figure,
    look: Look,
    roof: Ceiling,
    x: list[float],
    y: list[float],
    colour: str,
    width: float,
    dash: str,
) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        name=roof.name,
        hovertext=f"<b>{roof_title(roof)}</b><br>{ceiling_text(roof)}<br>{roof.definition}",
        hoverinfo="text",
        showlegend=False,
    )


def _add_band(figure: go.Figure, roof: Ceiling, x: list[float], y: list[float], fill: str) -> None:
    figure.add_scatter(**QUIET, x=x, y=y, fill="toself", fillcolor=fill, name=f"{roof.name} interval")


def _label_slope(figure: go.Figure, look: Look, view: Scene, rank: int, roof: Ceiling, colour: str) -> None:
    """Text above the upper end of the slope, joined to it by a leader: one step of a stair.

    Every step has a height of its own, and text runs over its neighbours' shorter leaders to the side with more
    room, so labels and leaders cannot meet at any width; text along the line would need an angle that changes
    with that width.
    """
    low, high = (math.log10(x) for x in view.x)
    last = math.log10(view.ridge)
    leftwards = (last - low) / (high - low) > (DISK_RIGHT if view.memory[-1].level == DISK else ROOM_RIGHT)
    step = rank if leftwards else len(view.memory) - 1 - rank
    text = f"<b>{roof.level} {roof_rate(roof)}</b>"
    if not look.narrow:
        convention = f", {roof.byte_convention.replace('_', '-')} bytes" if roof.byte_convention else ""
        text += f"  {roof.operation}, {format_count(roof.threads, 'thread')}{convention}"
    x, y = math.log10(ridge_point(view.peak, roof.value)), math.log10(view.peak)
    place = {"ax": 0, "ay": -(26 + step * LABEL_GAP_PX), "xanchor": "right" if leftwards else "left"}
    ink = look.muted if colour == look.stale else colour
    line = {"yanchor": "bottom", "arrowwidth": 1.5, "colour": ink}
    figure.add_annotation(leader(look, text, x, y, colour, **place, **line))


def _label_compute(figure: go.Figure, look: Look, view: Scene) -> None:
    """In the right margin, each joined to the end of its line; roofs that are equal to the eye share one.

    A phone has no margin: there only the highest roof is labelled, above its end.
    """
    if look.narrow:
        text = f"<b>{format_rate(view.peak, 'FLOP/s')}</b>"
        figure.add_annotation(
            label(look, text, 1, math.log10(view.peak), xref="paper", xanchor="right", yanchor="bottom")
        )
        return
    groups = _groups(view.compute)
    heights = {str(rank): -math.log10(group[0].value) for rank, group in enumerate(groups)}
    places = spread(heights, LABEL_GAP_PX / px_per_decade(view))
    excess = max(0.0, heights["0"] - places["0"])  # the highest stays at its line, the others follow
    for rank, group in enumerate(groups):
        moved_px = (places[str(rank)] + excess - heights[str(rank)]) * px_per_decade(view)
        _label_group(figure, look, group, moved_px)
    head = {"xref": "paper", "xanchor": "left", "yanchor": "bottom", "xshift": 14, "yshift": 10}
    figure.add_annotation(label(look, NAMES_HEAD, 1, math.log10(view.peak), colour=look.muted, **head))


def _groups(compute: Sequence[Ceiling]) -> list[list[Ceiling]]:
    """Roofs from the highest down, equal ones together."""
    groups: list[list[Ceiling]] = []
    for roof in sorted(compute, key=lambda c: -c.value):
        if groups and roof.value > groups[-1][0].value * (1 - EQUAL):
            groups[-1].append(roof)
        else:
            groups.append([roof])
    return groups


def _label_group(figure: go.Figure, look: Look, group: Sequence[Ceiling], moved_px: float) -> None:
    """The name of some equal roofs, `moved_px` below their line where others are near."""
    place = {"xref": "paper", "ax": 16, "ay": moved_px, "xanchor": "left", "colour": look.ink}
    said = "<br>".join(f"{roof_title(c)} {format_rate(c.value, 'FLOP/s')}" for c in group)
    text, y = _group_text(look, group), math.log10(group[0].value)
    figure.add_annotation(leader(look, text, 1, y, look.muted, hovertext=said, **place))


def _group_text(look: Look, group: Sequence[Ceiling]) -> str:
    """ "<b>127</b> FMA 256, add 512": GFLOP/s, then operation and vector width in bits."""
    widths: dict[str, list[str]] = {}
    for roof in group:
        operation, _, width = roof_title(roof).partition(" ")
        widths.setdefault(operation, []).append(width.removesuffix("-bit"))
    names = ", ".join(f"{operation} {'/'.join(w)}".strip() for operation, w in widths.items())
    return f"<b>{format_number(group[0].value / 1e9)}</b>  {wrap(names, NAMES_PX, look.small_px)}"


def _mark_ridges(figure: go.Figure, look: Look, view: Scene) -> None:
    """A dot where each slope meets the highest compute roof."""
    ridges = [ridge_point(view.peak, c.value) for c in view.memory]
    texts = [f"ridge point of {c.level}: {r:.3g} FLOP/byte" for c, r in zip(view.memory, ridges, strict=True)]
    at, dot = [(ridge, view.peak) for ridge in ridges], {"symbol": "circle", "size": 8, "color": look.ink}
    add_dots(figure, at, dot, name="ridge points", hovertext=texts, showlegend=False)
