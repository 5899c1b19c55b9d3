"""Rate against one swept parameter: a line a kernel, and the places where caches should bite."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go

from accel_core.errors import BadInput, shown
from accel_core.figures.drawing.axes import (
    decades,
    label,
    log2_axis,
    log_axis,
    sample_banner,
    sheet,
    teaching_figure,
    wrap,
)
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, KERNEL_DASHES, Look, faded
from accel_core.figures.drawing.marks import add_disturbed, add_disturbed_legend
from accel_core.figures.line_names import name_beside, name_inside
from accel_core.model import Ceiling, Kernel, Measurement, Workload
from accel_core.readings.marks import Mark
from accel_core.readings.words import find_kernel, interval, library_lines, rate_bounds, roof_rate, settings
from accel_core.units import format_bytes, format_rate, format_time

AXIS_TITLES = {
    "size": "Size N (elements a side, log scale)",
    "block": "Block (elements a side, log scale)",
    "threads": "Threads (count)",
    "bytes": "Bytes read and written, each once (log scale)",
}
HEIGHT_PX, TOP_PX, BOTTOM_PX = 580, 120, 60


def swept(m: Measurement, over: str) -> float | None:
    """The swept value of a measurement; None where it has no such parameter."""
    if over not in AXIS_TITLES:
        raise BadInput(
            f"A sweep goes over size, block, threads or bytes, not over {shown(over)}; choose one of these."
        )
    if over == "block":
        return m.parameters.get("block")
    if over == "bytes":
        return float(m.least_bytes)
    return float(m.size if over == "size" else m.threads)


def rate_of(m: Measurement, over: str) -> float:
    """What is drawn against `over`: FLOP/s, and against the bytes themselves byte/s (least bytes over time)."""
    return m.flop_per_s * _scale(m, over)


def _scale(m: Measurement, over: str) -> float:
    return m.least_bytes / m.flop if over == "bytes" and m.flop else 1.0


def curves(
    workload: Workload, results: Sequence[Measurement], over: str
) -> dict[str, list[tuple[float, Measurement]]]:
    """Kernel id -> (swept value, newest measurement there), rising; kernels in the order of the ladder."""
    latest: dict[tuple[str, float], Measurement] = {}
    for m in sorted(results, key=lambda m: m.created):
        value = swept(m, over)
        if value is not None and value > 0:
            latest[m.kernel, value] = m
    order = [kernel.id for kernel in workload.kernels]
    names = sorted({k for k, _ in latest}, key=lambda k: (order.index(k) if k in order else len(order), k))
    return {k: sorted(((v, m) for (n, v), m in latest.items() if n == k), key=lambda p: p[0]) for k in names}


def sweep_figure(
    workload: Workload,
    results: Sequence[Measurement],
    over: str,
    look: Look,
    *,
    marks: Sequence[Mark] = (),
    ceiling: Ceiling | None = None,
    stale: str = "",
) -> go.Figure:
    """GFLOP/s against size, block or threads, GB/s against bytes; bands are intervals, vertical lines `marks`.

    `stale` says whose or which result this is where it does not answer the reader's settings: grey lines.
    """
    lines = curves(workload, results, over)
    if not lines:
        varied = "the size" if over == "bytes" else over
        text = (
            f"Run a sweep over {varied}: a line for each kernel will stand here, with the cache sizes marked."
        )
        return teaching_figure(text, look)
    figure = sheet(look, HEIGHT_PX)
    figure.update_layout(margin={"t": TOP_PX, "b": BOTTOM_PX}, showlegend=False)
    rates = [rate_of(m, over) for line in lines.values() for _, m in line] + (
        [ceiling.value] if ceiling else []
    )
    low, high = decades(rates, below=2, above=2.2)
    drawn = "Bandwidth (GB/s, log scale)" if over == "bytes" else "Speed (GFLOP/s, log scale)"
    figure.update_yaxes(log_axis(look, drawn, low, high, 1e9))
    values = [v for line in lines.values() for v, _ in line]
    title = "Bytes (log scale)" if look.narrow and over == "bytes" else AXIS_TITLES[over]
    figure.update_xaxes(log2_axis(look, title, values, sizes=over == "bytes"))
    seen: dict[str, int] = {}
    for kernel_id, line in lines.items():
        _add_line(figure, look, workload, kernel_id, line, over, seen, stale)
    points = [(v, m) for line in lines.values() for v, m in line]
    add_disturbed(figure, look, [(v, rate_of(m, over)) for v, m in points if m.disturbed])
    add_disturbed_legend(figure)
    px_per_decade = (HEIGHT_PX - TOP_PX - BOTTOM_PX) / math.log10(high / low)
    roof = ceiling.value if ceiling else None
    ends = {kernel_id: [rate_of(m, over) for _, m in line[-2:]] for kernel_id, line in lines.items()}
    if over == "bytes" and not look.narrow:
        name_beside(figure, look, workload, lines, ends, px_per_decade, stale)
    else:
        name_inside(figure, look, workload, lines, ends, px_per_decade, roof, stale)
    _add_marks(
        figure,
        look,
        marks,
        min(values) / 1.2,
        max(values) * 1.2,
        format_bytes if over == "bytes" else "{:.0f}".format,
    )
    if ceiling is not None:
        _add_roof(figure, look, ceiling)
    if stale:
        sample_banner(figure, look, stale)
    return figure


def _add_line(
    figure: go.Figure,
    look: Look,
    workload: Workload,
    kernel_id: str,
    line: Sequence[tuple[float, Measurement]],
    over: str,
    seen: dict[str, int],
    stale: str,
) -> None:
    """One kernel: its interval band, line and markers; a second kernel of a family gets another dash."""
    kernel = find_kernel([workload], kernel_id)
    family = kernel.family if kernel else ""
    colour = look.stale if stale else look.family(family)
    dash = KERNEL_DASHES[seen.get(family, 0) % len(KERNEL_DASHES)]
    seen[family] = seen.get(family, 0) + 1
    x = [v for v, _ in line]
    flop_bounds = [(rate_bounds(m) or (m.flop_per_s, m.flop_per_s), _scale(m, over)) for _, m in line]
    bounds = [(low * scale, high * scale) for (low, high), scale in flop_bounds]
    quiet: dict[str, Any] = {
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "name": f"{kernel_id} interval",
    }
    figure.add_scatter(x=x, y=[b[0] for b in bounds], **quiet)
    figure.add_scatter(x=x, y=[b[1] for b in bounds], fill="tonexty", fillcolor=faded(colour, 0.22), **quiet)
    figure.add_scatter(
        x=x,
        y=[rate_of(m, over) for _, m in line],
        mode="lines+markers",
        line={"color": colour, "width": 3, "dash": dash},
        marker={
            "symbol": FAMILY_SYMBOLS.get(family, "circle"),
            "size": 11,
            "color": colour,
            "line": {"width": 1.5, "color": colour},
        },
        name=kernel.title if kernel else kernel_id,
        hovertext=[_hover(kernel, m, over) for _, m in line],
        hoverinfo="text",
    )


def _hover(kernel: Kernel | None, m: Measurement, over: str) -> str:
    lines = [
        f"<b>{kernel.title if kernel else m.kernel}</b>",
        f"{format_rate(m.flop_per_s, 'FLOP/s')}, {format_time(m.time_s.median)} (median)",
        *([f"{format_rate(rate_of(m, over), 'B/s')} = {m.least_bytes:,} B / time"] if over == "bytes" else []),
        interval(m),
        settings(m),
        *library_lines(kernel, m),
    ]
    return "<br>".join(lines + ([f"disturbed: {m.disturbed_reason}"] if m.disturbed else []))


def _add_marks(
    figure: go.Figure,
    look: Look,
    marks: Sequence[Mark],
    low: float,
    high: float,
    text: Callable[[float], str],
) -> None:
    """Vertical lines with their labels above the plot, alternating between two heights.

    On a phone only two whole labels have room; of more marks the levels alone are named.
    """
    shown = [m for m in sorted(marks, key=lambda m: m.value) if low <= m.value <= high]
    short = look.narrow and len(shown) > 2
    for rank, mark in enumerate(shown):
        colour = look.level(mark.level)
        figure.add_shape(
            type="line",
            x0=mark.value,
            x1=mark.value,
            yref="paper",
            y0=0,
            y1=1,
            line={"color": colour, "width": 1.5, "dash": "6px,4px"},
            layer="between",
        )
        figure.add_annotation(
            label(
                look,
                f"{mark.level if short else wrap(mark.label, 13)}: {text(mark.value)}",
                math.log10(mark.value),
                1,
                yref="paper",
                yanchor="bottom",
                yshift=2 + 40 * (rank % 2),
                xanchor="center" if low * 1.5 < mark.value < high / 1.5 else "right",
                align="center",
                font={"size": look.small_px, "color": colour},
            )
        )


def _add_roof(figure: go.Figure, look: Look, ceiling: Ceiling) -> None:
    figure.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        y0=ceiling.value,
        y1=ceiling.value,
        line={"color": look.ink, "width": 2, "dash": "7px,4px"},
    )
    text = f"{ceiling.operation.upper()} roof {roof_rate(ceiling)}"
    figure.add_annotation(
        label(
            look, text, 0, math.log10(ceiling.value), xref="paper", xanchor="left", yanchor="bottom", xshift=6
        )
    )
