"""Which level holds which block of the packed product: a bar a level, filled by its block."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import sheet_of_rows
from accel_core.figures.drawing.labels import backed, label
from accel_core.figures.drawing.look import LEAST_PX, SHORT_DASH, Look, faded
from accel_core.figures.drawing.marks import add_box
from accel_core.figures.drawing.text import line_px, lines, width_px
from accel_core.readings.panels import Panel, amounts, lengths, percent, verdict

BAR_PX, HEAD_PX, GAP_PX, SIDE_PX = 40, 7, 28, 8
"""Heights of a bar, of the room above the line over it and of the room under a bar; the rims beside them."""
ROOM = 1.4
"""How far the picture reaches, in full levels: what overflows further is cut off and says so."""
RIM = 0.25
"""How near to an end of the picture a name is no longer centred, in full levels."""
PATTERN = "/"
"""Of what overflows: seen without colour too."""
DERIVED_GAP = 0.005
"""Shares nearer than this are drawn as the same."""


def panels_figure(panels: Sequence[Panel], look: Look) -> go.Figure:
    """A bar a level, from the registers outwards: filled by its block, and marked where it overflows.

    All levels are drawn equally long, so a bar shows the share. A dashed line marks that of the block
    sizes from the caches.
    """
    heads = [_head(panel, look) for panel in panels]
    step = [HEAD_PX + line_px(look.small_px) * lines(head) + BAR_PX + GAP_PX for head in heads]
    figure = sheet_of_rows(look, sum(step), top_px=8, bottom_px=8, left_px=SIDE_PX, right_px=SIDE_PX)
    figure.update_xaxes(visible=False, range=[-0.004, ROOM], fixedrange=True)
    top = 0.0
    for panel, head, more in zip(panels, heads, step, strict=True):
        _draw(figure, look, panel, head, top + more - GAP_PX - BAR_PX)
        top += more
    return figure


def _head(panel: Panel, look: Look) -> str:
    """What stands above a bar: the level, its block, and how full it is; broken where it is too long."""
    line = _told(panel, look, ": ", " ")
    if not look.narrow and width_px(line, look.small_px) <= look.room_px(2 * SIDE_PX):
        return line
    return _told(panel, look, "<br>", "<br>" if look.narrow else " ")


def _told(panel: Panel, look: Look, gap: str, taken: str) -> str:
    """The words above a bar; `gap` stands before its bytes, `taken` before what is said of an unknown size."""
    said = f'<b><span style="color:{look.warning}">{verdict(panel)}</span></b>'
    return (
        f"<b>{panel.title}</b>  {panel.block}, {lengths(panel)}{gap}{amounts(panel, taken)}, "
        f"{said if panel.overflows else verdict(panel)}"
    )


def _draw(figure: go.Figure, look: Look, panel: Panel, head: str, top: float) -> None:
    """The level as an outlined box, its block in it, what overflows hatched beyond its end, and the words."""
    colour = look.level(panel.level)
    middle = top + BAR_PX / 2
    add_box(figure, (0, 1), (top, top + BAR_PX), look.panel, {"color": colour, "width": 2})
    _bar(figure, panel, middle, 0, min(panel.share, 1.0), {"color": faded(colour, 0.6)})
    if panel.overflows:
        hatched = {
            "color": faded(look.warning, 0.25),
            "line": {"color": look.warning, "width": 2},
            "pattern": {"shape": PATTERN, "fgcolor": look.warning, "size": 9, "solidity": 0.35},
        }
        _bar(figure, panel, middle, 1, min(panel.share, ROOM - 0.01) - 1, hatched)
    figure.add_annotation(label(look, head, 0, top, xanchor="left", yanchor="bottom"))
    if panel.share > ROOM:
        _cut_off(figure, look, panel, top)
    derived = panel.derived_bytes / panel.level_bytes
    if abs(derived - panel.share) > DERIVED_GAP and derived < ROOM:
        _mark_derived(figure, look, derived, top)


def _bar(figure: go.Figure, panel: Panel, at: float, start: float, share: float, marker: dict) -> None:
    figure.add_bar(
        orientation="h",
        x=[share],
        base=[start],
        y=[at],
        width=[BAR_PX - 2],
        marker=marker,
        name=panel.title,
        hovertext=(
            f"<b>{panel.title}</b>: {panel.block}<br>{lengths(panel)} elements<br>{amounts(panel)}: "
            f"{verdict(panel)}<br>the block sizes from the caches fill "
            f"{percent(panel.derived_bytes / panel.level_bytes)}"
        ),
        hoverinfo="text",
    )


def _cut_off(figure: go.Figure, look: Look, panel: Panel, top: float) -> None:
    """At the end of a bar that would run on: how far, on a plate that keeps it readable on the hatching."""
    text = f"<b>{percent(panel.share)} \N{RIGHTWARDS ARROW}</b>"
    place = {"xanchor": "right", "yanchor": "middle", "colour": look.warning, **backed(look, 1)}
    figure.add_annotation(label(look, text, ROOM - 0.03, top + BAR_PX / 2, **place))


def _mark_derived(figure: go.Figure, look: Look, share: float, top: float) -> None:
    """Where the block would end with the block sizes from the caches, named towards the middle."""
    line = {"color": look.ink, "width": 2, "dash": SHORT_DASH}
    figure.add_shape(type="line", x0=share, x1=share, y0=top - 2, y1=top + BAR_PX + 3, line=line)
    side = "left" if share < RIM else "right" if share > ROOM - RIM else "center"
    place = {"xanchor": side, "yanchor": "top", "size": LEAST_PX}
    figure.add_annotation(label(look, "from the caches", share, top + BAR_PX + 1, **place))
