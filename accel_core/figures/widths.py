"""The same loop with vectors of each width: bars of its bandwidth, a group for each place of the arrays."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import linear_axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.hover import hover
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import Look, faded
from accel_core.figures.drawing.marks import add_disturbed, add_disturbed_legend, bar_marker, intervals
from accel_core.model import Measurement
from accel_core.readings.estimates import interval, speed_text
from accel_core.readings.widths import Race, bandwidth, gain_text, width_name
from accel_core.units import format_rate

BAR_PX, TEXT_PX, ROW_PX, HEAD_PX = 18, 22, 50, 34
TOP_PX, BOTTOM_PX, LEFT_PX = 40, 62, 16
EMPTY = (
    "Compare vector widths: the same loop will stand here with one number at a time and with vectors of each "
    "width, in L2 and beyond all caches."
)


def widths_figure(races: Sequence[Race], look: Look) -> go.Figure:
    """A bar a width, from zero, its name and gain above it; the groups are the places of the arrays."""
    if not races:
        return teaching_figure(EMPTY, look, 260)
    rows = sum(HEAD_PX + ROW_PX * len(race.ran) for race in races)
    figure = sheet_of_rows(look, rows, top_px=TOP_PX, bottom_px=BOTTOM_PX, left_px=LEFT_PX)
    ends = [_ends(m)[1] for race in races for m in race.ran.values()]
    figure.update_xaxes(linear_axis(look, "Effective bandwidth (GB/s)", 1.1 * max(ends), 1e9))
    top, crossed = 0.0, []
    beside = {"xref": "paper", "xanchor": "left", "yanchor": "top", "bgcolor": faded(look.background, 0.85)}
    for race in races:
        figure.add_annotation(label(look, f"<b>{race.title}</b>", 0, top + 4, **beside))
        top += HEAD_PX
        for bits, m in race.ran.items():
            told = [format_rate(bandwidth(m), "B/s"), gain_text(race, bits)]
            text = f"{width_name(bits)}  {', '.join(part for part in told if part)}"
            figure.add_annotation(label(look, text, 0, top, **beside))
            at = top + TEXT_PX + BAR_PX / 2
            _add_bar(figure, look, bits, m, at)
            crossed += [(bandwidth(m), at)] if m.disturbed else []
            top += ROW_PX
    add_disturbed(figure, look, crossed)
    add_disturbed_legend(figure)
    return figure


def _add_bar(figure: go.Figure, look: Look, bits: int, m: Measurement, at: float) -> None:
    rate = bandwidth(m)
    title = f"<b>{width_name(bits)}</b>, {format_rate(rate, 'B/s')}"
    figure.add_bar(
        orientation="h",
        x=[rate],
        y=[at],
        width=BAR_PX,
        error_x=intervals([rate], [_ends(m)], look.ink),
        marker=bar_marker(look, "compiled", look.family("compiled")),
        hovertext=[hover(m, title, speed_text(m), interval(m))],
        hoverinfo="text",
    )


def _ends(m: Measurement) -> tuple[float, float]:
    """Byte/s at the ends of the interval of the time."""
    low, high = m.time_s.low or m.time_s.median, m.time_s.high or m.time_s.median
    return m.least_bytes / high, m.least_bytes / low
