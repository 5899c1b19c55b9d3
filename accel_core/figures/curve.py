"""Bandwidth and latency against working set: the steps are the caches, wherever the sources say they end."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from accel_core.figures.drawing.axes import decades, log2_axis, log_axis, sheet, teaching_figure
from accel_core.figures.drawing.labels import sample_banner
from accel_core.figures.drawing.look import THEORY_DASH, Look, faded
from accel_core.figures.drawing.marks import add_band, add_vertical
from accel_core.model import Estimate, Machine, Peaks
from accel_core.readings.estimates import rate_text, time_text
from accel_core.readings.machine import sample_text
from accel_core.roofline import limiting_memory_level
from accel_core.units import format_bytes

EMPTY = (
    "Measure this machine: its bandwidth and latency against the working set will stand here, "
    "with the detected cache sizes marked."
)
Series = Sequence[tuple[int, Estimate]]


def curve_figure(machine: Machine, peaks: Peaks | None, look: Look, *, sample: bool = False) -> go.Figure:
    """Two panels over one log2 axis of working sets: read bandwidth above, load-to-use latency below."""
    points = sorted(peaks.curve if peaks else (), key=lambda p: p.working_set_bytes)
    bandwidth = [(p.working_set_bytes, p.bandwidth_byte_per_s) for p in points if p.bandwidth_byte_per_s]
    latency = [(p.working_set_bytes, p.latency_s) for p in points if p.latency_s]
    if not bandwidth and not latency:
        return teaching_figure(EMPTY, look)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    figure.update_layout(sheet(look, 500).layout, showlegend=False, hovermode="x")
    panels = ((1, "Read bandwidth (GB/s)", 1e9, bandwidth), (2, "Latency (ns)", 1e-9, latency))
    for row, title, scale, series in panels:
        levels = [limiting_memory_level(machine, size) for size, _ in series]
        colours = [look.stale if sample else look.level(level) for level in levels]
        _add_panel(figure, look, row, title, scale, series, colours)
    places = [p.working_set_bytes for p in points]
    x_axis = log2_axis(look, "Working set (bytes; one core)", places, sizes=True)
    figure.update_xaxes(x_axis)
    figure.update_xaxes(row=1, col=1, title="", showticklabels=False)
    _mark_caches(figure, machine, look, min(places), max(places))
    sample_banner(figure, look, sample_text(machine) if sample else "")
    return figure


def _add_panel(
    figure: go.Figure, look: Look, row: int, title: str, scale: float, series: Series, colours: list[str]
) -> None:
    """One curve with its interval band, its markers in the colour of the level that holds the working set."""
    if not series:
        figure.update_yaxes(title=f"{title}: not measured yet", showticklabels=False, row=row, col=1)
        return
    name = "bandwidth" if row == 1 else "latency"
    x = [size for size, _ in series]
    ends = [(e.median if e.low is None else e.low, e.median if e.high is None else e.high) for _, e in series]
    add_band(figure, f"{name} interval", x, ends, faded(look.ink, 0.18), row=row, col=1)
    texts = [
        f"{format_bytes(size)}: {rate_text(e, 'B/s') if name == 'bandwidth' else time_text(e)}"
        for size, e in series
    ]
    figure.add_scatter(
        x=x,
        y=[e.median for _, e in series],
        mode="lines+markers",
        line={"color": look.muted, "width": 2.5},
        marker={"color": colours, "size": 11, "symbol": "circle" if name == "bandwidth" else "square"},
        name=name,
        hovertext=texts,
        hoverinfo="text",
        row=row,
        col=1,
    )
    figure.update_yaxes(
        log_axis(look, title, *decades([end for pair in ends for end in pair], above=1.8), scale),
        row=row,
        col=1,
    )


def _mark_caches(figure: go.Figure, machine: Machine, look: Look, low: float, high: float) -> None:
    """A vertical line through both panels at the end of each cache, labelled above the plot.

    A cache that was measured to be smaller than reported has two: where it ends, and, dotted and with its label
    along it, what is reported.
    """
    for cache in machine.caches:
        colour, reported = look.level(cache.level), cache.reported_bytes
        if low <= cache.size_bytes <= high:
            size = "" if look.narrow else f" {format_bytes(cache.size_bytes)}"
            add_vertical(figure, look, cache.size_bytes, f"<b>{cache.level}</b>{size}", colour)
        if reported and low <= reported <= high:
            along = {"dash": THEORY_DASH, "yanchor": "top", "xanchor": "left", "textangle": -90}
            add_vertical(figure, look, reported, f"{cache.level} as reported", colour, **along)
