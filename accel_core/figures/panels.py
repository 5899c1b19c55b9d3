"""Which level holds which block of the packed product: a bar a level, filled by its block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import label, sheet
from accel_core.figures.drawing.look import LEAST_PX, Look, faded
from accel_core.units import format_bytes, format_number

BAR_PX, HEAD_PX, LINE_PX, GAP_PX = 40, 26, 19, 28
"""Heights of a bar, of the line above it, of a further line of that, and of the room under a bar."""
ROOM = 1.4
"""How far the picture reaches, in full levels: what overflows further is cut off and says so."""
PATTERN = "/"
"""Of what overflows: seen without colour too."""
JUST = 0.9
"""From this share on nothing else has room beside the block."""
RULE_GAP = 0.005
"""Shares nearer than this are drawn as the same."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A block of the packed product, and the level that it is cut for."""

    level: str
    """"registers", "L1", "L2" or "L3"."""
    beyond: str
    """The next level, which takes what does not fit."""
    block: str
    """What it is: "micro-panel of a"."""
    names: str
    """Its lengths as the literature names them: "mr x kc"."""
    rows: int
    columns: int
    size_bytes: int
    level_bytes: int
    rule_bytes: int
    """Bytes of the block that the rule cuts for this level."""
    assumed: bool = False
    """Whether the system does not say how large the level is, and a typical size stands in."""

    @property
    def share(self) -> float:
        """The part of its level that the block fills; above 1 it overflows."""
        return self.size_bytes / self.level_bytes

    @property
    def overflows(self) -> bool:
        return self.size_bytes > self.level_bytes


def panels_figure(panels: Sequence[Panel], look: Look) -> go.Figure:
    """A bar a level, from the registers outwards: filled by its block, and marked where it overflows.

    All levels are drawn equally long, so a bar shows the share. A dashed line marks the rule's share.
    """
    heads = [_head(panel, look) for panel in panels]
    step = [HEAD_PX + LINE_PX * head.count("<br>") + BAR_PX + GAP_PX for head in heads]
    height = sum(step)
    figure = sheet(look, height + 16)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False, barmode="overlay")
    figure.update_xaxes(visible=False, range=[-0.004, ROOM], fixedrange=True)
    figure.update_yaxes(visible=False, range=[height, 0], fixedrange=True)
    top = 0.0
    for panel, head, more in zip(panels, heads, step, strict=True):
        _draw(figure, look, panel, head, top + more - GAP_PX - BAR_PX)
        top += more
    return figure


def _head(panel: Panel, look: Look) -> str:
    """What stands above a bar: the level, its block, and how full it is; on a phone in two or three lines."""
    gap, taken = ("<br>", "<br>") if look.narrow else (": ", " ")
    said = f'<b><span style="color:{look.warning}">{verdict(panel)}</span></b>'
    return (
        f"<b>{_named(panel)}</b>  {panel.block}, {lengths(panel)}{gap}{amounts(panel, taken)}, "
        f"{said if panel.overflows else verdict(panel)}"
    )


def lengths(panel: Panel) -> str:
    """ "mr x kc = 6 x 512"."""
    return f"{panel.names} = {panel.rows} x {panel.columns}"


def amounts(panel: Panel, gap: str = " ") -> str:
    """ "12 KiB of 48 KiB, 25 %"; `gap` stands before what is said of a size that the system does not know."""
    taken = f"{gap}(taken as typical)" if panel.assumed else ""
    return (
        f"{format_bytes(panel.size_bytes)} of {format_bytes(panel.level_bytes)}{taken}, {percent(panel.share)}"
    )


def percent(share: float) -> str:
    """A share as a percentage: "25 %", "0.6 %"."""
    return f"{format_number(share * 100, 2 if share < 0.995 else 3)} %"


def verdict(panel: Panel) -> str:
    """Whether the block fits, in words."""
    if panel.overflows:
        return f"overflows into {panel.beyond}"
    return "just fits" if panel.share > JUST else "fits"


def _named(panel: Panel) -> str:
    return panel.level.capitalize()


def _draw(figure: go.Figure, look: Look, panel: Panel, head: str, top: float) -> None:
    """The level as an outlined box, its block in it, what overflows hatched beyond its end, and the words."""
    colour = look.level(panel.level)
    middle = top + BAR_PX / 2
    figure.add_shape(
        type="rect",
        x0=0,
        x1=1,
        y0=top,
        y1=top + BAR_PX,
        fillcolor=look.panel,
        line={"color": colour, "width": 2},
        layer="below",
    )
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
    rule = panel.rule_bytes / panel.level_bytes
    if abs(rule - panel.share) > RULE_GAP and rule < ROOM:
        _mark_rule(figure, look, rule, top)


def _bar(figure: go.Figure, panel: Panel, at: float, start: float, share: float, marker: dict) -> None:
    figure.add_bar(
        orientation="h",
        x=[share],
        base=[start],
        y=[at],
        width=[BAR_PX - 2],
        marker=marker,
        name=_named(panel),
        hovertext=(
            f"<b>{_named(panel)}</b>: {panel.block}<br>{lengths(panel)} elements<br>{amounts(panel)}: "
            f"{verdict(panel)}<br>the rule fills {percent(panel.rule_bytes / panel.level_bytes)}"
        ),
        hoverinfo="text",
    )


def _cut_off(figure: go.Figure, look: Look, panel: Panel, top: float) -> None:
    """At the end of a bar that would run on: how far, on a plate that keeps it readable on the hatching."""
    figure.add_annotation(
        label(
            look,
            f"<b>{percent(panel.share)} \N{RIGHTWARDS ARROW}</b>",
            ROOM - 0.03,
            top + BAR_PX / 2,
            xanchor="right",
            yanchor="middle",
            bgcolor=look.background,
            borderpad=1,
            font={"size": look.small_px, "color": look.warning},
        )
    )


def _mark_rule(figure: go.Figure, look: Look, share: float, top: float) -> None:
    """Where the block of the rule would end."""
    line = {"color": look.ink, "width": 2, "dash": "4px,3px"}
    figure.add_shape(type="line", x0=share, x1=share, y0=top - 2, y1=top + BAR_PX + 3, line=line)
    figure.add_annotation(
        label(look, "rule", share, top + BAR_PX + 1, yanchor="top", font={"size": LEAST_PX, "color": look.ink})
    )


def panels_reading(panels: Sequence[Panel]) -> str:
    """Which blocks overflow which level and by how much; that all fit, where none does."""
    over = [p for p in panels if p.overflows]
    if not over:
        fullest = max((p for p in panels if p.level != "registers"), key=lambda p: p.share, default=None)
        if fullest is None:
            return ""
        return (
            f"Every block fits in its level; the fullest is {fullest.level}: {percent(fullest.share)} of it "
            f"is the {fullest.block}. The rest is for what passes through."
        )
    parts = [need(p) for p in over]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}. What does not fit has to come from the next level again."


def need(panel: Panel) -> str:
    """ "the micro-panel of a needs 96 KiB, L1 has 48 KiB"."""
    return (
        f"the {panel.block} needs {format_bytes(panel.size_bytes)}, "
        f"{panel.level} has {format_bytes(panel.level_bytes)}"
    )


def panels_alt(panels: Sequence[Panel]) -> str:
    """Each level with its block, how full it is, and whether it fits."""
    parts = [f"{_named(p)}: {p.block}, {lengths(p)}, {amounts(p)}, {verdict(p)}" for p in panels]
    return f"Which block of the packed product fills which level. {'; '.join(parts)}."
