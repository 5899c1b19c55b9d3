"""The rungs of an elementwise ladder side by side: time, effective bandwidth, arrays allocated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, label, log_axis, sample_banner, sheet, teaching_figure, wrap
from accel_core.figures.drawing.look import FAMILY_PATTERNS, Look, faded
from accel_core.figures.drawing.marks import add_disturbed, add_disturbed_legend
from accel_core.model import Ceiling, Measurement, Workload
from accel_core.readings.fusion_steps import (
    Step,
    arrays_text,
    bandwidth,
    bandwidth_text,
    change_text,
    fusion_steps,
)
from accel_core.readings.words import interval, library_lines, roof_rate, settings
from accel_core.units import format_bytes, format_rate, format_time

BAR_PX, LINE_PX, GAP_PX = 24, 20, 12
TOP_PX, BOTTOM_PX, LEFT_PX = 36, 62, 20
CHAR_PX = 8.0
"""A generous width for a character of a rung's sentence: a line must fit."""
WIDE = {"time": (0.0, 0.4), "bandwidth": (0.46, 0.73), "arrays": (0.79, 1.0)}
NARROW = {"time": (0.0, 0.62), "arrays": (0.68, 1.0)}
"""Parts of the width; a phone has no room for the bandwidth, which stands in its text."""
BLOCK = 0.86
"""Width of the block that stands for one array; the rest is the gap to the next."""


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
    tops = _tops(heads)
    places = [top + LINE_PX * _lines(head) + 4 + BAR_PX / 2 for top, head in zip(tops, heads, strict=False)]
    figure = sheet(look, round(tops[-1]) + TOP_PX + BOTTOM_PX, left_px=LEFT_PX)
    figure.update_layout(bargap=0, barmode="overlay", margin={"t": TOP_PX, "b": BOTTOM_PX}, showlegend=False)
    figure.update_yaxes(visible=False, range=[tops[-1], 0], fixedrange=True)
    _add_axes(figure, look, steps, roof)
    for step, at, top, head in zip(steps, places, tops, heads, strict=False):
        colour = look.stale if stale else look.family(step.row.kernel.family)
        _add_bars(figure, look, step, at, colour)
        figure.add_annotation(_across(look, head, top))
    add_disturbed(
        figure,
        look,
        [(s.measured.time_s.median, y) for s, y in zip(steps, places, strict=True) if s.measured.disturbed],
    )
    add_disturbed_legend(figure)
    if roof is not None and not look.narrow:
        _add_roof(figure, look, roof)
    if stale:
        sample_banner(figure, look, stale)
    return figure


def _head(step: Step, look: Look) -> str:
    """The rung's name and what its change did, beside each other or, on a phone, below."""
    kernel = step.row.kernel
    name = f"{step.row.number} {kernel.name if look.narrow else kernel.title}"
    if step.measured.disturbed and not look.narrow:
        name += " (disturbed)"
    change = change_text(step) if step.before is not None else ""
    beside = f"   {bandwidth_text(step.measured)}" if look.narrow else ""
    if not change:
        return f"<b>{name}</b>{beside}"
    if not look.narrow and len(name) + len(change) + 3 <= look.chars(CHAR_PX, LEFT_PX + 24):
        return f"<b>{name}</b>   {change}"
    return f"<b>{name}</b>{beside}<br>{wrap(change, look.chars(CHAR_PX, LEFT_PX + 24))}"


def _lines(text: str) -> int:
    return text.count("<br>") + 1


def _tops(heads: Sequence[str]) -> list[float]:
    """Upper edge of each row in pixels, and the lower edge of the last."""
    tops = [4.0]
    for head in heads:
        tops.append(tops[-1] + LINE_PX * _lines(head) + BAR_PX + GAP_PX)
    return tops


def _add_axes(figure: go.Figure, look: Look, steps: Sequence[Step], roof: Ceiling | None) -> None:
    """One horizontal axis a panel; time is logarithmic, bandwidth and arrays begin at nothing."""
    domains = NARROW if look.narrow else WIDE
    times = [s.measured.time_s.median for s in steps]
    least = min(s.measured.time_s.low or s.measured.time_s.median for s in steps)
    low, high = 10 ** math.floor(math.log10(least) - 0.2), max(times) * (20 if look.narrow else 5)
    unit, scale = next(
        (u, s) for u, s in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)) if max(times) >= s or s < 1e-5
    )
    time_title = f"Time ({unit}, log)" if look.narrow else f"Time of a call ({unit}, log scale)"
    figure.update_xaxes(log_axis(look, time_title, low, high, scale), domain=domains["time"])
    if not look.narrow:
        top = max([_bounds(s.measured)[1] for s in steps] + ([roof.value] if roof else []))
        figure.update_layout(
            xaxis2=_linear(look, "Effective bandwidth (GB/s)", top * 1.36, domains["bandwidth"], 1e9)
        )
    most = max([s.arrays or 0 for s in steps] + [3.0])
    room = 2.1 if any(s.arrays_size for s in steps) else 1.5
    title = "Arrays made" if look.narrow else "Arrays allocated (count)"
    figure.update_layout(xaxis3=_linear(look, title, most * room, domains["arrays"], 1.0))
    if look.narrow:
        figure.update_layout(xaxis3={"showticklabels": False})


def _linear(look: Look, title: str, high: float, domain: tuple[float, float], scale: float) -> dict[str, Any]:
    """A linear axis from zero with about four round ticks, in units of `scale`."""
    rough = high / scale / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    step = max(step, 1) if scale == 1.0 else step
    ticks = [i * step for i in range(int(high / scale / step) + 1)]
    return axis(
        look,
        title,
        range=[0, high],
        domain=domain,
        anchor="y",
        tickmode="array",
        tickvals=[t * scale for t in ticks],
        ticktext=[f"{t:g}" for t in ticks],
    )


def _add_bars(figure: go.Figure, look: Look, step: Step, at: float, colour: str) -> None:
    m = step.measured
    common: dict[str, Any] = {
        "orientation": "h",
        "width": BAR_PX,
        "name": step.row.kernel.title,
        "hovertext": [_hover(step)],
        "hoverinfo": "text",
        "customdata": [step.name],
        "marker": {
            "color": colour,
            "line": {"color": colour, "width": 1},
            "pattern": {
                "fillmode": "overlay",
                "shape": FAMILY_PATTERNS.get(step.row.kernel.family, ""),
                "fgcolor": look.background,
                "size": 8,
                "solidity": 0.25,
            },
        },
    }
    figure.add_bar(x=[m.time_s.median], y=[at], error_x=_error(look, m), **common)
    time = format_time(m.time_s.median)
    end = math.log10(m.time_s.high or m.time_s.median)
    _say(figure, look, time, end, at, "x", shift=14 if m.disturbed else 8)
    if not look.narrow:
        figure.add_bar(x=[bandwidth(m)], y=[at], xaxis="x2", error_x=_error(look, m, rate=True), **common)
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
    text = arrays_text(step)
    text = text.replace(" arrays", "").replace("no array", "none") if look.narrow else text
    _say(figure, look, text, len(starts), at, "x3", shift=4)


def _bounds(m: Measurement) -> tuple[float, float]:
    """Byte/s at the ends of the interval of the time."""
    low, high = m.time_s.low or m.time_s.median, m.time_s.high or m.time_s.median
    return m.least_bytes / high, m.least_bytes / low


def _error(look: Look, m: Measurement, *, rate: bool = False) -> dict[str, Any] | None:
    if m.time_s.low is None or m.time_s.high is None:
        return None
    middle = bandwidth(m) if rate else m.time_s.median
    low, high = _bounds(m) if rate else (m.time_s.low, m.time_s.high)
    ends = {"array": [high - middle], "arrayminus": [middle - low]}
    return {"type": "data", "symmetric": False, **ends, "color": look.ink, "thickness": 2}


def _say(figure: go.Figure, look: Look, text: str, x: float, y: float, xref: str, shift: int = 8) -> None:
    """A value at the end of its bar."""
    place = {"xref": xref, "xanchor": "left", "yanchor": "middle", "xshift": shift, "borderpad": 0}
    figure.add_annotation(label(look, text, x, y, bgcolor=faded(look.background, 0.85), **place))


def _across(look: Look, text: str, y: float) -> dict[str, Any]:
    place = {"xref": "paper", "xanchor": "left", "yanchor": "top", "xshift": -2, "borderpad": 0}
    return label(look, text, 0, y, bgcolor=faded(look.background, 0.85), **place)


def _hover(step: Step) -> str:
    m, kernel = step.measured, step.row.kernel
    memory = f"{arrays_text(step)} allocated in one call"
    if m.peak_alloc_bytes is not None:
        memory += f" ({format_bytes(m.peak_alloc_bytes)})"
    elif step.arrays is None:
        memory = "memory not measured: a call takes longer than is traced"
    lines = [
        f"<b>{kernel.title}</b>",
        f"{format_time(m.time_s.median)} (median), {bandwidth_text(m)} = {m.least_bytes:,} B / time",
        f"{format_rate(m.flop_per_s, 'FLOP/s')}, {interval(m)}",
        memory,
        settings(m),
        *library_lines(kernel, m),
        wrap(kernel.idea, 60),
    ]
    return "<br>".join(lines + ([f"disturbed: {m.disturbed_reason}"] if m.disturbed else []))


def _add_roof(figure: go.Figure, look: Look, roof: Ceiling) -> None:
    """What a copy reaches, as a dashed line through the bandwidths."""
    figure.add_shape(
        type="line",
        xref="x2",
        yref="paper",
        x0=roof.value,
        x1=roof.value,
        y0=0,
        y1=1,
        line={"color": look.level(roof.level), "width": 2, "dash": "12px,4px,3px,4px"},
    )
    figure.add_annotation(
        label(
            look,
            f"<b>{roof.level} {roof.operation} {roof_rate(roof)}</b>",
            roof.value,
            1,
            xref="x2",
            yref="paper",
            xanchor="center",
            yanchor="bottom",
            font={"size": look.small_px, "color": look.level(roof.level)},
        )
    )
