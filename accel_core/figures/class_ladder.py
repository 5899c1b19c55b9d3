"""A ladder as a strip for each rung: one dot a machine, on one log axis."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import plotly.graph_objects as go

from accel_core.figures.class_marks import (
    MOST_HOVERS,
    OWN_RING_PX,
    RING_PX,
    dot_px,
    own_marker,
    strength,
    whose,
)
from accel_core.figures.drawing.axes import decades, log_axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, Look, faded
from accel_core.figures.drawing.marks import add_dots
from accel_core.readings.class_ladder import Dot, Strip, value_text
from accel_core.readings.rungs import settings
from accel_core.units import format_number

ROW_PX, NAME_PX, TOP_PX, BOTTOM_PX, LEGEND_PX = 50, 22, 40, 66, 34
BAND = 0.3
"""Half the part of a row's height in which dots are scattered, so that equal ones do not hide each other."""


def class_ladder_figure(found: Sequence[Strip], look: Look, *, shares: bool = False) -> go.Figure:
    """A strip a rung: dots scattered in height only, a stroke at the median, rings round outliers, the own
    machine as a large diamond."""
    if not found:
        return teaching_figure("Rungs of several machines will stand here: give packs or records.", look, 480)
    figure = sheet_of_rows(
        look,
        ROW_PX * len(found),
        top_px=TOP_PX,
        bottom_px=BOTTOM_PX + LEGEND_PX * (3 if look.narrow else 1),
        left_px=16,
        showlegend=True,
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0},
    )
    values = [dot.value for strip in found for dot in strip.dots]
    title = "Speed / own peak (log scale)" if shares else "Speed (GFLOP/s, log scale)"
    figure.update_xaxes(log_axis(look, title, *decades(values), 1 if shares else 1e9))
    hovers = len(values) <= MOST_HOVERS
    for at, strip in enumerate(found):
        _add_strip(figure, look, strip, ROW_PX * at, shares, hovers)
    _add_own(figure, look, found, shares)
    _add_rings(figure, look, found)
    _add_median_entry(figure, look)
    return figure


def _add_strip(figure: go.Figure, look: Look, strip: Strip, top_px: float, shares: bool, hovers: bool) -> None:
    others = [dot for dot in strip.dots if not dot.member.own]
    colour, middle_px = look.family(strip.kernel.family), top_px + NAME_PX + (ROW_PX - NAME_PX) / 2
    text = f"<b>{strip.kernel.title}</b>"
    if not look.narrow:
        text += f"  median {value_text(strip.middle, shares)}"
    place = {"xref": "paper", "xanchor": "left", "yanchor": "top"}
    figure.add_annotation(label(look, text, 0, top_px, **place))
    marker = {
        "symbol": FAMILY_SYMBOLS.get(strip.kernel.family, "x"),
        "size": dot_px(len(others)),
        "color": faded(colour, strength(len(others), 0.25)),
        "opacity": 1,
        "line": {"width": 0},
    }
    extra = {"hovertext": [_hover(dot, shares) for dot in others]} if hovers else {}
    at = [(dot.value, middle_px + _scatter(dot)) for dot in others]
    add_dots(figure, at, marker, name=strip.kernel.title, showlegend=False, **extra)
    half_px = (ROW_PX - NAME_PX) * 0.45
    line = {"color": look.ink, "width": 2}
    ends = {"x0": strip.middle, "x1": strip.middle, "y0": middle_px - half_px, "y1": middle_px + half_px}
    figure.add_shape(type="line", line=line, **ends)


def _scatter(dot: Dot) -> float:
    """How far from the middle of its row a dot stands: by its measurement, so the same at each drawing."""
    digest = blake2b(f"{dot.member.name} {dot.measurement.kernel}".encode("utf-8", "replace"), digest_size=4)
    part = int.from_bytes(digest.digest(), "big") / 2**32
    return (2 * part - 1) * BAND * (ROW_PX - NAME_PX)


def _hover(dot: Dot, shares: bool) -> str:
    said = f"{whose(dot.member)}<br>{value_text(dot.value, shares)}<br>{settings(dot.measurement)}"
    if dot.far:
        said += f"<br>outlier: {format_number(dot.value / dot.far.middle)} times the median"
    return said


def _middle_px(at: int) -> float:
    return ROW_PX * at + NAME_PX + (ROW_PX - NAME_PX) / 2


def _add_own(figure: go.Figure, look: Look, found: Sequence[Strip], shares: bool) -> None:
    own = [(dot, _middle_px(at)) for at, strip in enumerate(found) for dot in strip.dots if dot.member.own]
    texts = [_hover(dot, shares) for dot, _ in own]
    at = [(dot.value, y) for dot, y in own]
    add_dots(figure, at, own_marker(look), name="this machine", showlegend=True, hovertext=texts)


def _add_rings(figure: go.Figure, look: Look, found: Sequence[Strip]) -> None:
    far = [(dot, row) for row, strip in enumerate(found) for dot in strip.dots if dot.far]
    at = [(dot.value, _middle_px(row) + (0 if dot.member.own else _scatter(dot))) for dot, row in far]
    sizes = [OWN_RING_PX if dot.member.own else RING_PX for dot, _ in far]
    ring = {"symbol": "circle-open", "size": sizes, "color": look.warning, "line": {"width": 2}}
    add_dots(figure, at, ring, name="outlier", showlegend=True)


def _add_median_entry(figure: go.Figure, look: Look) -> None:
    stroke = {"symbol": "line-ns", "size": 14, "line": {"color": look.ink, "width": 2}}
    add_dots(figure, [(None, None)], stroke, name="median of the machines", showlegend=True)
