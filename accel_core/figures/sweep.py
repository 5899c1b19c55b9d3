"""Rate against one swept parameter: a line a kernel, and the places where caches should bite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import decades, log2_axis, log_axis, sheet, teaching_figure
from accel_core.figures.drawing.ends import End, add_names, add_names_below, add_names_beside
from accel_core.figures.drawing.hover import hover
from accel_core.figures.drawing.labels import sample_banner
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, KERNEL_DASHES, Look, faded
from accel_core.figures.drawing.marks import (
    add_band,
    add_disturbed,
    add_disturbed_legend,
    add_level,
    add_vertical,
)
from accel_core.figures.drawing.text import line_px, wrap
from accel_core.figures.scaling import add_scaling, heights
from accel_core.model import Ceiling, Kernel, Measurement, Workload
from accel_core.readings.estimates import interval, rate_ends, speed_text
from accel_core.readings.roofs import roof_rate
from accel_core.readings.rungs import find_kernel
from accel_core.readings.scaling import Scaling
from accel_core.readings.sweep import Mark, curves, rate_of
from accel_core.units import format_bytes, format_rate

AXIS_TITLES = {
    "size": "Size N (elements a side, log scale)",
    "block": "Block (elements a side, log scale)",
    "threads": "Threads (count)",
    "bytes": "Bytes read and written, each once (log scale)",
}
BESIDE = ("bytes", "threads")
"""Over these all lines end together: their names stand beside the plot."""
PLOT_PX, TOP_PX, BOTTOM_PX = 400, 120, 60
MARK_NAME_PX = 105
"""The name of a mark is broken beyond: "three blocks", "fill L1"."""
NEAR_PX = 44
"""A name goes below the end of its line where the roof is so near above."""


def sweep_figure(
    workload: Workload,
    results: Sequence[Measurement],
    over: str,
    look: Look,
    *,
    marks: Sequence[Mark] = (),
    ceiling: Ceiling | None = None,
    stale: str = "",
    scaling: Scaling | None = None,
) -> go.Figure:
    """GFLOP/s against size, block or threads, GB/s against bytes; bands are intervals, vertical lines `marks`.

    `scaling` is what a sweep over threads is held against: ideals and roofs. `stale` says whose or which result
    this is where it does not answer the reader's settings: grey lines.
    """
    lines = curves(workload, results, over)
    if not lines:
        varied = "the size" if over == "bytes" else over
        text = f"Run a sweep over {varied}: a line for each kernel will stand here, with the caches marked."
        return teaching_figure(text, look)
    figure = sheet(look, PLOT_PX, top_px=TOP_PX, bottom_px=BOTTOM_PX, showlegend=False)
    rates = [rate_of(m, over) for line in lines.values() for _, m in line]
    rates += [ceiling.value] if ceiling else []
    rates += heights(scaling) if scaling else []
    low, high = decades(rates, below=2, above=2.2)
    drawn = "Bandwidth (GB/s, log scale)" if over == "bytes" else "Speed (GFLOP/s, log scale)"
    figure.update_yaxes(log_axis(look, drawn, low, high, 1e9))
    values = [v for line in lines.values() for v, _ in line]
    title = "Bytes (log scale)" if look.narrow and over == "bytes" else AXIS_TITLES[over]
    figure.update_xaxes(log2_axis(look, title, values, sizes=over == "bytes"))
    ends = add_scaling(figure, look, workload, scaling, stale) if scaling else {}
    seen: dict[str, int] = {}
    for kernel_id, line in lines.items():
        _add_line(figure, look, workload, kernel_id, line, over, seen, stale)
    points = [(v, m) for line in lines.values() for v, m in line]
    add_disturbed(figure, look, [(v, rate_of(m, over)) for v, m in points if m.disturbed])
    add_disturbed_legend(figure)
    px_per_decade = PLOT_PX / math.log10(high / low)
    roof = ceiling.value if ceiling else None
    _name_lines(figure, look, workload, lines, over, px_per_decade, roof, stale, ends)
    _add_marks(figure, look, marks, min(values) / 1.2, max(values) * 1.2, over)
    if ceiling is not None:
        text = f"{ceiling.operation.upper()} roof {roof_rate(ceiling)}"
        add_level(figure, look, ceiling.value, text, look.ink, log=True)
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
    scales = [rate_of(m, over) / m.flop_per_s for _, m in line]
    ends = [(low * s, high * s) for s, (low, high) in zip(scales, (rate_ends(m) for _, m in line), strict=True)]
    add_band(figure, f"{kernel_id} interval", x, ends, faded(colour, 0.22))
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
    title = f"<b>{kernel.title if kernel else m.kernel}</b>"
    rate = [f"{format_rate(rate_of(m, over), 'B/s')} = {m.least_bytes:,} B / time"] if over == "bytes" else []
    return hover(m, title, speed_text(m), *rate, interval(m), kernel=kernel)


def _add_marks(
    figure: go.Figure, look: Look, marks: Sequence[Mark], low: float, high: float, over: str
) -> None:
    """Vertical lines with their labels above the plot, alternating between two heights.

    On a phone only two whole labels have room; of more marks the levels alone are named.
    """
    text = format_bytes if over == "bytes" else "{:.0f}".format
    shown = [m for m in sorted(marks, key=lambda m: m.value) if low <= m.value <= high]
    short = look.narrow and len(shown) > 2
    for rank, mark in enumerate(shown):
        name = mark.level if short else wrap(mark.label, MARK_NAME_PX, look.small_px)
        anchor = "center" if low * 1.5 < mark.value < high / 1.5 else "right"
        place = {"xanchor": anchor, "yshift": 2 + 2 * line_px(look.small_px) * (rank % 2)}
        said = name if over == "threads" else f"{name}: {text(mark.value)}"  # "10 physical cores"
        add_vertical(figure, look, mark.value, said, look.level(mark.level), **place)


def _name_lines(
    figure: go.Figure,
    look: Look,
    workload: Workload,
    lines: Mapping[str, Sequence[tuple[float, Measurement]]],
    over: str,
    px_per_decade: float,
    roof: float | None,
    stale: str,
    others: Mapping[str, End],
) -> None:
    """Each line's name at its right end, and those of `others`: beside the plot where lines end together.

    On a phone many names stand in a legend. In the plot a name is above a rising end, below a falling one or
    one close under the roof, and runs to the side with more room.
    """
    ends = dict(others)
    for kernel_id, line in lines.items():
        before, last = rate_of(line[-2:][0][1], over), rate_of(line[-1][1], over)
        kernel = find_kernel([workload], kernel_id)
        colour = look.muted if stale else look.family(kernel.family if kernel else "")
        below = last < before or (roof is not None and 0 <= math.log10(roof / last) * px_per_decade < NEAR_PX)
        ends[kernel_id] = End(kernel.title if kernel else kernel_id, line[-1][0], last, colour, below)
    if over in BESIDE and not look.narrow:
        add_names_beside(figure, look, ends, px_per_decade)
    elif others:
        add_names_below(figure, look, ends)
    else:
        middle = math.sqrt(max(end.x for end in ends.values()) * min(line[0][0] for line in lines.values()))
        add_names(figure, look, ends, px_per_decade, middle)
