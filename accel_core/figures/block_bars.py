"""A transformer block's time as a strip, one piece a kind of operation: as it is, and partly faster."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures import block_marks
from accel_core.figures.drawing.axes import linear_axis, sheet_of_rows
from accel_core.figures.drawing.hover import broken
from accel_core.figures.drawing.labels import backed, label, sample_banner
from accel_core.figures.drawing.look import MARK_DASH, Look
from accel_core.figures.drawing.marks import add_vertical
from accel_core.figures.drawing.text import line_px, lines, width_px, wrap
from accel_core.readings.block_roofline import how, part_text, percent
from accel_core.readings.block_rows import Faster, Part, whole_s
from accel_core.units import format_number, format_time

BAR_PX, GAP_PX, TOP_PX, BOTTOM_PX, SIDE_PX = 58, 16, 44, 62, 20
ROOM = 1.04
"""The axis reaches so far past the longer bar."""
UNITS = (("s", 1.0, 10.0), ("ms", 1e-3, 1e-3), ("µs", 1e-6, 0.0))
"""Of the axis: the name, its seconds, and from how many seconds on."""
RIM_PX, LABEL_PX = 8, 24
"""Beside a name in its piece, and what the name of the limit takes above the plot."""


def block_bars_figure(found: Faster, look: Look, *, stale: str = "") -> go.Figure:
    """The block before and after, piece by piece, and what remains however fast the chosen part gets."""
    before_s, after_s, timed = found.before_s, found.after_s, how(found.before)
    longest_s = max(before_s, after_s) * ROOM
    heads = (
        f"<b>The block</b> {format_time(before_s)}, {timed}",
        f"<b>{found.word} {found.factor:g} times as fast</b> {format_time(after_s)}: "
        f"{format_number(found.speedup)} times as fast",
    )
    room_px = look.room_px(2 * SIDE_PX)
    tops, at_px = [], 0.0
    wrapped = [wrap(head, room_px, look.small_px) for head in heads]
    for head in wrapped:
        tops.append((at_px, at_px + line_px(look.small_px) * lines(head) + 4))
        at_px = tops[-1][1] + BAR_PX + GAP_PX
    margins = {"top_px": TOP_PX, "bottom_px": BOTTOM_PX, "left_px": SIDE_PX, "right_px": SIDE_PX}
    figure = sheet_of_rows(look, at_px, **margins)
    unit, scale = next((u, s) for u, s, least_s in UNITS if longest_s >= least_s)
    figure.update_xaxes(linear_axis(look, f"Time of one block ({unit})", longest_s, scale), fixedrange=True)
    px_per_s = (look.width_px - 2 * SIDE_PX) / longest_s
    for head, (top, below), parts in zip(wrapped, tops, (found.before, found.after), strict=True):
        place = {"xref": "paper", "xanchor": "left", "yanchor": "top", **backed(look), "borderpad": 0}
        figure.add_annotation(label(look, head, 0, top, **place))
        _add_strip(figure, look, parts, below + BAR_PX / 2, px_per_s, bool(stale))
    if found.share < 1:
        said = "limit" if look.narrow else f"limit: {format_number(found.limit)} times as fast"
        rest_s = before_s * (1 - found.share)
        side = "right" if rest_s > 0.6 * longest_s else "left"
        add_vertical(
            figure, look, rest_s, said, look.ink, dash=MARK_DASH, width=2, log=False, xanchor=side, align=side
        )
    sample_banner(figure, look, stale, clear_px=LABEL_PX)
    return figure


def _add_strip(
    figure: go.Figure, look: Look, parts: Sequence[Part], at: float, px_per_s: float, grey: bool
) -> None:
    """The pieces of one bar in the order in which they run, with their names where they have room."""
    start_s, total_s = 0.0, whole_s(parts)
    for part in parts:
        colour = look.stale if grey else block_marks.colour(look, part.kind)
        figure.add_bar(
            orientation="h",
            x=[part.time_s],
            base=[start_s],
            y=[at],
            width=BAR_PX,
            name=part.name,
            customdata=[part.kind],
            hovertext=[broken(part_text(part, total_s))],
            hoverinfo="text",
            marker={
                "color": colour,
                "line": {"color": look.background, "width": 1.5},
                "pattern": {
                    "fillmode": "overlay",
                    "shape": block_marks.pattern(part.kind),
                    "fgcolor": look.background,
                    "size": 8,
                    "solidity": 0.2,
                },
            },
        )
        room_px = part.time_s * px_per_s - RIM_PX
        text = next((t for t in _names(part, total_s) if width_px(t, look.small_px) <= room_px), "")
        if text:
            place = {"xanchor": "center", "yanchor": "middle", "align": "center", **backed(look, 0.9)}
            figure.add_annotation(label(look, text, start_s + part.time_s / 2, at, **place))
        start_s += part.time_s


def _names(part: Part, total_s: float) -> tuple[str, ...]:
    """From the longest to the shortest."""
    share = percent(part.time_s / total_s)
    return f"{part.name} {share}", f"{part.name}<br>{share}", part.name, part.kind
