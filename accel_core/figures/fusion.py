"""The rungs of a ladder side by side: time, effective bandwidth, arrays allocated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import linear_axis, sheet_of_rows, teaching_figure, time_axis
from accel_core.figures.drawing.hover import hover
from accel_core.figures.drawing.labels import label, sample_banner
from accel_core.figures.drawing.look import LEVEL_DASHES, Look, faded
from accel_core.figures.drawing.marks import (
    add_disturbed,
    add_disturbed_legend,
    add_vertical,
    bar_marker,
    intervals,
)
from accel_core.figures.drawing.text import line_px, lines, width_px, wrap
from accel_core.model import DRAM, Ceiling, Measurement, Workload
from accel_core.readings.estimates import interval
from accel_core.readings.fusion_steps import (
    Step,
    arrays_text,
    bandwidth,
    bandwidth_text,
    fusion_steps,
    step_text,
)
from accel_core.readings.roofs import roof_rate
from accel_core.units import format_bytes, format_rate, format_time

BAR_PX, GAP_PX = 24, 12
TOP_PX, BOTTOM_PX, LEFT_PX, RIGHT_PX = 36, 62, 20, 24
WIDE = {"time": (0.0, 0.4), "bandwidth": (0.46, 0.73), "arrays": (0.79, 1.0)}
NARROW = {"time": (0.0, 0.62), "arrays": (0.68, 1.0)}
"""Parts of the width; a phone has no room for the bandwidth, which stands in its text."""
BLOCK = 0.86
"""Width of the block that stands for one array; the rest is the gap to the next."""
SAID_PX = 8
"""Between a bar and its value, and at least as much behind that."""
LEAST_PART = 0.25
"""Of the panel of arrays that is left to the blocks, however long their text."""


def fusion_figure(
    workload: Workload,
    measurements: Sequence[Measurement],
    look: Look,
    *,
    roof: Ceiling | None = None,
    elsewhere: Sequence[Measurement] = (),
    stale: str = "",
) -> go.Figure:
    """Three bars a rung: seconds (log), byte/s against the copy `roof`, and a block for each array allocated.

    `elsewhere` are other sizes, for the memory of calls too long to be traced. `stale` says whose or which
    result this is where it does not answer the reader's settings: grey bars.
    """
    steps = fusion_steps(workload, measurements, elsewhere)
    if not steps:
        text = "Time the rungs: each will stand here with its time, its bandwidth and the arrays it allocates."
        return teaching_figure(text, look)
    heads = [_head(step, look) for step in steps]
    high_px = [line_px(look.small_px) * lines(head) + 1 for head in heads]
    tops = list(accumulate((high + BAR_PX + GAP_PX for high in high_px), initial=4.0))
    places = [top + high + 4 + BAR_PX / 2 for top, high in zip(tops, high_px, strict=False)]
    margins = {"top_px": TOP_PX, "bottom_px": BOTTOM_PX, "left_px": LEFT_PX, "right_px": RIGHT_PX}
    figure = sheet_of_rows(look, tops[-1], **margins)
    _add_axes(figure, look, steps, roof)
    beside = {"xref": "paper", "xanchor": "left", "yanchor": "top", "xshift": -2, "borderpad": 0}
    for step, at, top, head in zip(steps, places, tops, heads, strict=False):
        colour = look.stale if stale else look.family(step.row.kernel.family)
        _add_bars(figure, look, step, at, colour)
        figure.add_annotation(label(look, head, 0, top, bgcolor=faded(look.background, 0.85), **beside))
    add_disturbed(
        figure,
        look,
        [(s.measured.time_s.median, y) for s, y in zip(steps, places, strict=True) if s.measured.disturbed],
    )
    add_disturbed_legend(figure)
    if roof is not None and not look.narrow:
        text = f"<b>{roof.level} {roof.operation} {roof_rate(roof)}</b>"
        line = {"dash": LEVEL_DASHES[DRAM], "width": 2, "log": False, "xref": "x2", "xanchor": "center"}
        add_vertical(figure, look, roof.value, text, look.level(roof.level), **line)
    sample_banner(figure, look, stale)
    return figure


def _head(step: Step, look: Look) -> str:
    """The rung's name and what its change did, beside each other or, on a phone, below."""
    kernel = step.row.kernel
    name = f"{step.row.number} {kernel.name if look.narrow else kernel.title}"
    if step.measured.disturbed and not look.narrow:
        name += " (disturbed)"
    change = step_text(step) if step.before is not None else ""
    beside = f"   {bandwidth_text(step.measured)}" if look.narrow else ""
    if not change:
        return f"<b>{name}</b>{beside}"
    room_px, one_line = look.room_px(LEFT_PX + RIGHT_PX), f"<b>{name}</b>   {change}"
    if not look.narrow and width_px(one_line, look.small_px) <= room_px:
        return one_line
    return f"<b>{name}</b>{beside}<br>{wrap(change, room_px, look.small_px)}"


def _add_axes(figure: go.Figure, look: Look, steps: Sequence[Step], roof: Ceiling | None) -> None:
    """One horizontal axis a panel; time is logarithmic, bandwidth and arrays begin at nothing."""
    domains = NARROW if look.narrow else WIDE
    times = [s.measured.time_s.median for s in steps]
    least = min(s.measured.time_s.low or s.measured.time_s.median for s in steps)
    low_s = 10 ** math.floor(math.log10(least) - 0.2)
    title, room = ("Time ({unit}, log)", 20) if look.narrow else ("Time of a call ({unit}, log scale)", 5)
    figure.update_xaxes(time_axis(look, title, low_s, max(times), room), domain=domains["time"])
    if not look.narrow:
        top = max([_bounds(s.measured)[1] for s in steps] + ([roof.value] if roof else []))
        title, domain = "Effective bandwidth (GB/s)", domains["bandwidth"]
        figure.update_layout(xaxis2=linear_axis(look, title, top * 1.36, 1e9, domain=domain, anchor="y"))
    start, end = domains["arrays"]
    panel_px = (end - start) * look.room_px(LEFT_PX + RIGHT_PX)
    ends = ((s.arrays or 0.0, width_px(_arrays_label(look, s), look.small_px) + 2 * SAID_PX) for s in steps)
    most = max([blocks / max(1 - text_px / panel_px, LEAST_PART) for blocks, text_px in ends] + [4.5])
    title = "Arrays made" if look.narrow else "Arrays allocated (count)"
    place: dict[str, Any] = {"domain": domains["arrays"], "anchor": "y", "showticklabels": not look.narrow}
    figure.update_layout(xaxis3=linear_axis(look, title, most, **place))


def _add_bars(figure: go.Figure, look: Look, step: Step, at: float, colour: str) -> None:
    m = step.measured
    common: dict[str, Any] = {
        "orientation": "h",
        "width": BAR_PX,
        "name": step.row.kernel.title,
        "hovertext": [_hover(step)],
        "hoverinfo": "text",
        "customdata": [step.name],
        "marker": bar_marker(look, step.row.kernel.family, colour),
    }
    time, rate = m.time_s, bandwidth(m)
    ends = (time.low, time.high) if time.low is not None and time.high is not None else None
    error = intervals([time.median], [ends], look.ink) if ends else None
    figure.add_bar(x=[time.median], y=[at], error_x=error, **common)
    end = math.log10(time.high or time.median)
    _say(figure, look, format_time(time.median), end, at, "x", shift=14 if m.disturbed else SAID_PX)
    if not look.narrow:
        error = intervals([rate], [_bounds(m)], look.ink) if ends else None
        figure.add_bar(x=[rate], y=[at], xaxis="x2", error_x=error, **common)
        _say(figure, look, bandwidth_text(m), _bounds(m)[1], at, "x2")
    _add_blocks(figure, look, step, at, common)


def _add_blocks(figure: go.Figure, look: Look, step: Step, at: float, common: dict[str, Any]) -> None:
    """A block for each array that a call allocates; none is said in words, and so is what was not measured."""
    arrays = step.arrays or 0
    whole = round(arrays, 2)
    starts = range(math.ceil(whole - 0.02))
    widths = [min(1.0, whole - i) * BLOCK for i in starts]
    if widths:
        blocks = {
            **common,
            "hovertext": common["hovertext"] * len(widths),
            "customdata": [step.name] * len(widths),
        }
        figure.add_bar(x=widths, base=list(starts), y=[at] * len(widths), xaxis="x3", **blocks)
    _say(figure, look, _arrays_label(look, step), whole if widths else 0, at, "x3")


def _arrays_label(look: Look, step: Step) -> str:
    text = arrays_text(step)
    return text.replace(" arrays", "").replace("no array", "none") if look.narrow else text


def _bounds(m: Measurement) -> tuple[float, float]:
    """Byte/s at the ends of the interval of the time."""
    low, high = m.time_s.low or m.time_s.median, m.time_s.high or m.time_s.median
    return m.least_bytes / high, m.least_bytes / low


def _say(figure: go.Figure, look: Look, text: str, x: float, y: float, xref: str, shift: int = SAID_PX) -> None:
    """A value at the end of its bar."""
    place = {"xref": xref, "xanchor": "left", "yanchor": "middle", "xshift": shift, "borderpad": 0}
    figure.add_annotation(label(look, text, x, y, bgcolor=faded(look.background, 0.85), **place))


def _hover(step: Step) -> str:
    m, kernel = step.measured, step.row.kernel
    memory = f"{arrays_text(step)} allocated in one call"
    if m.peak_alloc_bytes is not None:
        memory += f" ({format_bytes(m.peak_alloc_bytes)})"
    elif step.arrays is None:
        memory = "memory not measured: a call takes longer than is traced"
    time = f"{format_time(m.time_s.median)} (median), {bandwidth_text(m)} = {m.least_bytes:,} B / time"
    rate = f"{format_rate(m.flop_per_s, 'FLOP/s')}, {interval(m)}"
    return hover(m, f"<b>{kernel.title}</b>", time, rate, memory, kernel=kernel, idea=True)
