"""The roofs of a roofline picture: which are drawn, the frame they span, lines, bands and labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import label, spread, wrap
from accel_core.figures.drawing.look import LEVEL_DASHES, THEORY_DASH, Look, faded
from accel_core.model import LEVELS, Ceiling
from accel_core.readings.words import ceiling_text, roof_rate
from accel_core.roofline import frame, ridge_point, select_roofs
from accel_core.units import format_count, format_number, format_rate

PLOT_PX = 440
LABEL_GAP_PX = 20
MARGIN_PX, NARROW_MARGIN_PX = 222, 16
"""Right of the plot: room for the names of the compute roofs, none on a phone. They fit in the widest of the
fonts that a computer may fall back to (DejaVu Sans, Verdana)."""
NAMES_CHARS = 20
ROOM_RIGHT = 0.6
"""A stair of labels that begins beyond this part of the axis runs to the left."""
EQUAL = 0.06
"""Compute roofs closer than this share a label: wide additions are as fast as half as wide multiply-adds."""


@dataclass(frozen=True)
class Scene:
    """The roofs of one picture and its frame: intensities in FLOP/byte and rates in FLOP/s, low and high."""

    compute: tuple[Ceiling, ...]
    """Measured (or typed in), from the highest down; never empty."""
    memory: tuple[Ceiling, ...]
    """One a level, from near to far; never empty."""
    theory: tuple[Ceiling, ...]
    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def peak(self) -> float:
        return self.compute[0].value

    @property
    def px_per_decade(self) -> float:
        return PLOT_PX / math.log10(self.y[1] / self.y[0])


def scene(ceilings: Sequence[Ceiling], dtype: str, threads: int) -> Scene | None:
    """What to draw for `dtype` and `threads`; None without a compute and a memory roof.

    A level is drawn with its highest operation mix. The frame is a function of the ceilings alone, so a kernel
    that became faster moves on the picture.
    """
    roofs = select_roofs([c for c in ceilings if c.value > 0], dtype, threads)
    compute = tuple(c for c in roofs.compute if c.source != "theory")
    memory = tuple(
        max(found, key=lambda c: c.value)
        for level in LEVELS
        if (found := [c for c in roofs.memory if c.level == level and c.source != "theory"])
    )
    if not compute or not memory:
        return None
    theory = tuple(c for c in roofs.compute if c.source == "theory")
    x_low, x_high, y_low, y_high = frame((*compute, *memory))
    # a decade above the roof for the labels of the slopes
    return Scene(compute, memory, theory, (x_low, x_high), (y_low, max(y_high, 10 * compute[0].value)))


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
        ends = [_slope(view, value) for value in (roof.low, roof.high)]
        figure.add_scatter(
            x=[*ends[0][0], *reversed(ends[1][0])],
            y=[*ends[0][1], *reversed(ends[1][1])],
            fill="toself",
            fillcolor=faded(colour, 0.25),
            **_quiet(f"{roof.name} interval"),
        )
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
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=[roof.low, roof.low, roof.high, roof.high],
            fill="toself",
            fillcolor=faded(look.ink, 0.18),
            **_quiet(f"{roof.name} interval"),
        )
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


def _quiet(name: str) -> dict[str, Any]:
    return {
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "name": name,
    }


def roof_title(roof: Ceiling) -> str:
    """ "L2 load", "FMA 256-bit", "FMA scalar"."""
    if roof.kind == "memory":
        return f"{roof.level} {roof.operation}"
    width = "" if roof.width_bits is None else f"{roof.width_bits}-bit"
    if roof.width_bits is not None and roof.width_bits <= 64:
        width = "scalar"
    return f"{roof.operation.upper() if roof.operation == 'fma' else roof.operation} {width}".strip()


def _label_slope(figure: go.Figure, look: Look, view: Scene, rank: int, roof: Ceiling, colour: str) -> None:
    """Text above the upper end of the slope, joined to it by a leader: one step of a stair.

    Every step has a height of its own, and text runs over its neighbours' shorter leaders to the side with more
    room, so labels and leaders cannot meet at any width; text along the line would need an angle that changes
    with that width.
    """
    low, high = (math.log10(x) for x in view.x)
    last = math.log10(ridge_point(view.peak, view.memory[-1].value))
    leftwards = (last - low) / (high - low) > ROOM_RIGHT
    step = rank if leftwards else len(view.memory) - 1 - rank
    text = f"<b>{roof.level} {roof_rate(roof)}</b>"
    if not look.narrow:
        convention = f", {roof.byte_convention.replace('_', '-')} bytes" if roof.byte_convention else ""
        text += f"  {roof.operation}, {format_count(roof.threads, 'thread')}{convention}"
    figure.add_annotation(
        x=math.log10(ridge_point(view.peak, roof.value)),
        y=math.log10(view.peak),
        ax=0,
        ay=-(26 + step * LABEL_GAP_PX),
        xanchor="right" if leftwards else "left",
        yanchor="bottom",
        showarrow=True,
        arrowhead=0,
        arrowwidth=1.5,
        arrowcolor=colour,
        text=text,
        font={"size": look.small_px, "color": look.muted if colour == look.stale else colour},
    )


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
    places = spread(heights, LABEL_GAP_PX / view.px_per_decade)
    excess = max(0.0, heights["0"] - places["0"])  # the highest stays at its line, the others follow
    for rank, group in enumerate(groups):
        moved_px = (places[str(rank)] + excess - heights[str(rank)]) * view.px_per_decade
        _label_group(figure, look, group, moved_px)
    figure.add_annotation(
        label(
            look,
            "Compute roofs (GFLOP/s)",
            1,
            math.log10(view.peak),
            xref="paper",
            xanchor="left",
            yanchor="bottom",
            xshift=14,
            yshift=10,
            font={"size": look.small_px, "color": look.muted},
        )
    )


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
    figure.add_annotation(
        x=1,
        xref="paper",
        y=math.log10(group[0].value),
        ax=16,
        ay=moved_px,
        xanchor="left",
        yanchor="middle",
        align="left",
        showarrow=True,
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=look.muted,
        text=_group_text(group),
        hovertext="<br>".join(f"{roof_title(c)} {format_rate(c.value, 'FLOP/s')}" for c in group),
        font={"size": look.small_px, "color": look.ink},
    )


def _group_text(group: Sequence[Ceiling]) -> str:
    """ "<b>127</b> FMA 256, add 512": GFLOP/s, then operation and vector width in bits."""
    widths: dict[str, list[str]] = {}
    for roof in group:
        operation, _, width = roof_title(roof).partition(" ")
        widths.setdefault(operation, []).append(width.removesuffix("-bit"))
    names = ", ".join(f"{operation} {'/'.join(w)}".strip() for operation, w in widths.items())
    return f"<b>{format_number(group[0].value / 1e9)}</b>  {wrap(names, NAMES_CHARS)}"


def _mark_ridges(figure: go.Figure, look: Look, view: Scene) -> None:
    """A dot where each slope meets the highest compute roof."""
    ridges = [ridge_point(view.peak, c.value) for c in view.memory]
    figure.add_scatter(
        x=ridges,
        y=[view.peak] * len(ridges),
        mode="markers",
        marker={"symbol": "circle", "size": 8, "color": look.ink},
        name="ridge points",
        hovertext=[
            f"ridge point of {c.level}: {r:.3g} FLOP/byte" for c, r in zip(view.memory, ridges, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
