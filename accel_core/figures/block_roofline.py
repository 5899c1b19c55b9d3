"""A transformer block under two roofs: a dot a kind of operation, as large as its share of the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from accel_core.figures import block_marks
from accel_core.figures.drawing.axes import log_axis, sheet, teaching_figure
from accel_core.figures.drawing.hover import broken
from accel_core.figures.drawing.labels import backed, caption, label, leader, sample_banner, spread, within
from accel_core.figures.drawing.look import LEAST_PX, SHORT_DASH, Look, faded
from accel_core.figures.drawing.marks import add_dots
from accel_core.figures.drawing.text import line_px, lines, wrap
from accel_core.model import Ceiling
from accel_core.readings.block_roofline import part_text, percent, roofs_text
from accel_core.readings.block_rows import Part, whole_s
from accel_core.readings.roofs import roof_rate
from accel_core.roofline import attainable, ridge_point

PLOT_PX, TOP_PX, LEFT_PX, RIGHT_PX, BELOW_PX = 440, 48, 76, 24, 66
LARGEST_PX, NARROW_LARGEST_PX, LEAST_DOT_PX = 64, 40, 10
"""Of a dot that is all of the block, and of the smallest that is drawn."""
GHOST_PX = 9
LABEL_GAP_PX, BESIDE_PX = 21, 14
LEFT_OF, RIGHT_OF, BELOW, ABOVE, UNDER = 3.0, 4.0, 3.0, 3.0, 2.0
"""How far the frame reaches beyond what it holds, and under the lower end of the slope, as factors."""
NAMES_RIGHT = 30.0
"""And to the right on a phone where memory bounds everything, so that all names stand there."""
WORDS = "Each operation of the block will stand here under the roofs, as soon as there are some."


@dataclass(frozen=True, slots=True)
class _Frame:
    """The ranges of both axes, and where a place lies in pixels from the plot's lower left corner."""

    x: tuple[float, float]
    y: tuple[float, float]
    wide_px: float

    def across(self, x: float) -> float:
        return self.wide_px * math.log(x / self.x[0]) / math.log(self.x[1] / self.x[0])

    def exponent(self, across_px: float) -> float:
        low, high = map(math.log10, self.x)
        return low + (high - low) * across_px / self.wide_px

    def up(self, y: float) -> float:
        return PLOT_PX * math.log(y / self.y[0]) / math.log(self.y[1] / self.y[0])


def block_roofline_figure(
    parts: Sequence[Part], roofs: tuple[Ceiling, Ceiling] | None, look: Look, *, note: str = "", stale: str = ""
) -> go.Figure:
    """Dots at FLOP / bytes and FLOP / time: filled where measured, hollow on the roof where predicted.

    `roofs` are that of computing and that of memory. `note` says what was counted and measured, under the plot;
    `stale` whose result it is where it is not this machine's: grey.
    """
    if roofs is None or not parts:
        return teaching_figure(WORDS, look, 560)
    frame = _frame(parts, roofs, look)
    text = wrap(" ".join([_legend(parts), note, roofs_text(roofs)]).strip(), look.room_px(20), LEAST_PX)
    bottom_px = BELOW_PX + line_px(LEAST_PX) * lines(text) + 8
    figure = sheet(
        look,
        PLOT_PX,
        top_px=TOP_PX,
        bottom_px=bottom_px,
        left_px=LEFT_PX,
        right_px=RIGHT_PX,
        showlegend=False,
    )
    figure.update_xaxes(log_axis(look, "Arithmetic intensity (FLOP/byte)", *frame.x), tickangle=0)
    figure.update_yaxes(log_axis(look, "Speed (GFLOP/s)", *frame.y, 1e9))
    figure.add_annotation(caption(look, text, BELOW_PX, LEFT_PX))
    total_s = whole_s(parts)
    largest_px = NARROW_LARGEST_PX if look.narrow else LARGEST_PX
    sizes = {p.kind: max(LEAST_DOT_PX, largest_px * math.sqrt(p.time_s / total_s)) for p in parts}
    top_px = frame.up(roofs[0].value)
    clear_px = max(0.0, *(frame.up(_speed(p)) + sizes[p.kind] / 2 - top_px for p in parts))
    _add_roofs(figure, look, roofs, frame, clear_px, bool(stale))
    for part in sorted(parts, key=lambda p: -p.time_s):  # small ones in front
        _add_part(figure, look, part, sizes[part.kind], total_s, bool(stale))
    _add_names(figure, look, parts, roofs, frame, sizes, bool(stale))
    sample_banner(figure, look, stale)
    return figure


def _legend(parts: Sequence[Part]) -> str:
    if all(part.measured for part in parts):
        said = "Filled: measured, its size the share of the time. Hollow, on the roof: predicted."
    elif any(part.measured for part in parts):
        said = "Filled: measured. Hollow: predicted. The size is the share of the time."
    else:
        said = "Hollow: predicted, not measured. The size is the share of the predicted time."
    return said


def _speed(part: Part) -> float:
    return part.flop / part.time_s


def _frame(parts: Sequence[Part], roofs: tuple[Ceiling, Ceiling], look: Look) -> _Frame:
    peak, bandwidth = roofs[0].value, roofs[1].value
    ridge = ridge_point(peak, bandwidth)
    most = max(ridge, *(p.intensity for p in parts))
    x = (
        min(ridge, *(p.intensity for p in parts)) / LEFT_OF,
        most * (NAMES_RIGHT if look.narrow and most == ridge else RIGHT_OF),
    )
    low = min(attainable(x[0], peak, bandwidth) / UNDER, *(_speed(p) / BELOW for p in parts))
    high = max(peak, *(_speed(p) for p in parts)) * ABOVE
    return _Frame(x, (low, high), look.width_px - LEFT_PX - RIGHT_PX)


def _add_roofs(
    figure: go.Figure, look: Look, roofs: tuple[Ceiling, Ceiling], frame: _Frame, clear_px: float, grey: bool
) -> None:
    """The slope of memory up to the ridge point, the flat roof from there on, and their values.

    That of the flat one stands `clear_px` above it, over the highest dot.
    """
    compute, memory = roofs
    ridge = ridge_point(compute.value, memory.value)
    for roof, xs, colour in (
        (memory, (frame.x[0], ridge), look.stale if grey else look.level(memory.level)),
        (compute, (ridge, frame.x[1]), look.stale if grey else look.ink),
    ):
        figure.add_scatter(
            x=xs,
            y=[attainable(x, compute.value, memory.value) for x in xs],
            mode="lines",
            line={"color": colour, "width": 3},
            hovertext=f"{roof.name}: {roof.definition}",
            hoverinfo="text",
            name=roof.name,
        )
    said, place = f"<b>{roof_rate(compute)}</b>", {"xref": "paper", "xanchor": "right", "yanchor": "bottom"}
    figure.add_annotation(label(look, said, 1, math.log10(compute.value), yshift=4 + clear_px, **place))
    said, ink = f"<b>{memory.level} {roof_rate(memory)}</b>", look.muted if grey else look.level(memory.level)
    at, side = (frame.x[0], "left") if look.narrow else (ridge, "right")
    place = {"xanchor": side, "yanchor": "bottom", "colour": ink}
    figure.add_annotation(label(look, said, math.log10(at), math.log10(compute.value), yshift=6, **place))


def _add_part(figure: go.Figure, look: Look, part: Part, size_px: float, total_s: float, grey: bool) -> None:
    """The dot of a kind; where it was measured, a small hollow one where it was predicted."""
    colour = look.stale if grey else block_marks.colour(look, part.kind)
    symbol, at = block_marks.symbol(part.kind), (part.intensity, _speed(part))
    said = [broken(part_text(part, total_s))]
    if part.measured:
        roof = part.flop / part.predicted_s
        line = {"color": colour, "width": 1.5, "dash": SHORT_DASH}
        figure.add_scatter(
            x=[part.intensity] * 2, y=[roof, at[1]], mode="lines", line=line, hoverinfo="skip", name=part.name
        )
        hollow: dict[str, Any] = {"symbol": symbol, "size": GHOST_PX, "color": look.background}
        hollow["line"] = {"color": colour, "width": 2}
        add_dots(figure, [(part.intensity, roof)], hollow, name=f"{part.name}, predicted", hovertext=said)
        marker: dict[str, Any] = {"color": faded(colour, 0.8), "line": {"color": look.background, "width": 1.5}}
    else:
        marker = {"color": faded(colour, 0.15), "line": {"color": colour, "width": 2.5}}
    marker |= {"symbol": symbol, "size": size_px, "opacity": 1}
    add_dots(figure, [at], marker, name=part.name, hovertext=said, customdata=[part.kind])


def _add_names(
    figure: go.Figure,
    look: Look,
    parts: Sequence[Part],
    roofs: tuple[Ceiling, Ceiling],
    frame: _Frame,
    sizes: dict[str, float],
    grey: bool,
) -> None:
    """Names in two columns under the flat roof: right of what memory bounds, and left of what computing bounds.

    Each has a height of its own, so that no two can touch at any width.
    """
    own = {p.kind: frame.up(_speed(p)) for p in parts}
    highest_px = frame.up(roofs[0].value) - LABEL_GAP_PX
    places = within(spread(own, LABEL_GAP_PX), LABEL_GAP_PX, highest_px, LABEL_GAP_PX)
    across = {p.kind: frame.across(p.intensity) for p in parts}
    left = [p.kind for p in parts if p.intensity < ridge_point(roofs[0].value, roofs[1].value)]
    right = [p.kind for p in parts if p.kind not in left]
    columns = dict.fromkeys(left, max((across[k] + sizes[k] / 2 for k in left), default=0) + BESIDE_PX)
    columns |= dict.fromkeys(right, min((across[k] - sizes[k] / 2 for k in right), default=0) - BESIDE_PX)
    for part in parts:
        colour = look.stale if grey else block_marks.colour(look, part.kind)
        text = part.name if look.narrow else f"<b>{part.name}</b> {percent(part.time_s / whole_s(parts))}"
        place: dict[str, Any] = {
            "ax": frame.exponent(columns[part.kind]),
            "axref": "x",  # so that columns stay columns in a wider window
            "ay": own[part.kind] - places[part.kind],
            "xanchor": "left" if part.kind in left else "right",
            "standoff": sizes[part.kind] / 2,
            "colour": look.muted if grey else colour,
        }
        x, y = math.log10(part.intensity), math.log10(_speed(part))
        figure.add_annotation(leader(look, text, x, y, colour, **place, **backed(look)))
