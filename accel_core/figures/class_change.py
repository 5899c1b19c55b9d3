"""Before and after a change: each case's two speeds as a ratio, joined by an arrow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import log_axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, Look
from accel_core.figures.drawing.marks import add_dots, intervals
from accel_core.figures.drawing.text import width_px
from accel_core.figures.points import family_of
from accel_core.model import Workload
from accel_core.readings.change import Change, change_text
from accel_core.readings.estimates import interval
from accel_core.readings.rungs import kernel_title, settings
from accel_core.units import format_rate

ROW_PX, NAME_PX, TOP_PX, BOTTOM_PX, LEGEND_PX = 56, 24, 40, 66, 34
MOST_ROWS = 12
"""More rows are no picture: those that changed most are drawn, and the table has them all."""
SHORTEST = 0.03
"""An arrow over less than this part of the axis would be a head alone."""


def drawn(changes: Sequence[Change]) -> list[Change]:
    """Those that changed most, in their order."""
    by_size = sorted(changes, key=lambda change: -abs(math.log(change.ratio.median)))
    kept = {id(change) for change in by_size[:MOST_ROWS]}
    return [change for change in changes if id(change) in kept]


def class_change_figure(changes: Sequence[Change], look: Look, *, workloads: Sequence[Workload]) -> go.Figure:
    """A row a case: hollow before, at 1, solid after, an arrow between, and the ratio with its interval."""
    if not changes:
        text = "Speeds before and after a change will stand here: give two records that hold the same case."
        return teaching_figure(text, look, 480)
    rows = drawn(changes)
    figure = sheet_of_rows(
        look,
        ROW_PX * len(rows),
        top_px=TOP_PX,
        bottom_px=BOTTOM_PX + LEGEND_PX,
        left_px=16,
        showlegend=True,
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0},
    )
    ends = [end for change in rows for end in (1.0, *_ends(change))]
    low, high = min(min(ends) / 1.15, 0.8), max(max(ends) * 1.15, 1.25)
    figure.update_xaxes(log_axis(look, "Speed after / speed before (log scale)", low, high))
    line = {"color": look.muted, "width": 1.5}
    figure.add_shape(type="line", x0=1, x1=1, y0=0, y1=1, yref="paper", line=line, layer="below")
    for at, change in enumerate(rows):
        _add_row(figure, look, change, ROW_PX * at, workloads, math.log10(high / low), first=at == 0)
    return figure


def _ends(change: Change) -> tuple[float, float]:
    """The interval of the ratio; the median twice where there is none."""
    ratio = change.ratio
    return ratio.median if ratio.low is None else ratio.low, ratio.median if ratio.high is None else ratio.high


def _add_row(
    figure: go.Figure,
    look: Look,
    change: Change,
    top_px: float,
    workloads: Sequence[Workload],
    decades: float,
    *,
    first: bool,
) -> None:
    y, ratio = top_px + NAME_PX + (ROW_PX - NAME_PX) / 2, change.ratio.median
    family = family_of(workloads, change.after)
    colour, symbol = look.family(family), FAMILY_SYMBOLS.get(family, "x")
    strong = look.warning if change.is_loss else look.ink if change.is_clear else look.muted
    place = {"xref": "paper", "xanchor": "left", "yanchor": "top", "colour": strong}
    figure.add_annotation(label(look, _text(look, change, workloads), 0, top_px, **place))
    if abs(math.log10(ratio)) > SHORTEST * decades:
        _add_arrow(figure, ratio, y, strong)
    before = {"symbol": f"{symbol}-open", "size": 12, "color": colour, "line": {"width": 2, "color": colour}}
    after = {"symbol": symbol, "size": 13, "color": colour, "line": {"width": 1, "color": look.background}}
    for at, m, name, marker in ((1.0, change.before, "before", before), (ratio, change.after, "after", after)):
        said = f"{name}: {format_rate(m.flop_per_s, 'FLOP/s')}<br>{interval(m)}<br>{settings(m)}"
        said += f"<br>disturbed: {m.disturbed_reason}" if m.disturbed else ""
        extra = {} if name == "before" else {"error_x": intervals([ratio], [_ends(change)], colour, width=6)}
        add_dots(figure, [(at, y)], marker, name=name, showlegend=first, hovertext=[said], **extra)


def _text(look: Look, change: Change, workloads: Sequence[Workload]) -> str:
    """The kernel and its ratio, and of rates and settings what one line has room for; the hover has all."""
    title = f"<b>{kernel_title(workloads, change.after.kernel)}</b>"
    rates = " → ".join(format_rate(m.flop_per_s, "FLOP/s") for m in (change.before, change.after))
    parts = [f"{title}  {change_text(change)}", rates, settings(change.after)]
    lines = ("; ".join(parts[:count]) for count in (3, 2))
    fits = (line for line in lines if width_px(line, look.small_px) <= look.room_px(50))
    return next(fits, parts[0])


def _add_arrow(figure: go.Figure, ratio: float, y: float, colour: str) -> None:
    """From 1 to the ratio along a row: the rows count pixels, the axis is a log axis."""
    ends = {"x": math.log10(ratio), "ax": 0.0, "y": y, "ay": y, "standoff": 8, "startstandoff": 8}
    refs = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
    head = {"arrowhead": 2, "arrowsize": 1, "arrowwidth": 2, "arrowcolor": colour}
    figure.add_annotation(text="", showarrow=True, **ends, **refs, **head)
