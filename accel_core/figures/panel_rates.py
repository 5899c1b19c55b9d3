"""How fast the packed product is against the depth of its blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, log2_axis, sheet, teaching_figure
from accel_core.figures.drawing.hover import hover
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, Look, faded
from accel_core.figures.drawing.marks import add_disturbed, add_dots, add_level, add_vertical, intervals
from accel_core.model import Ceiling, Measurement
from accel_core.readings.estimates import interval, rate_ends, speed_text
from accel_core.readings.panel_rates import Point, Rates
from accel_core.readings.roofs import roof_rate
from accel_core.readings.sweep import Mark
from accel_core.units import format_rate

PLOT_PX, AXIS_PX, LEGEND_PX, MARK_PX, TOOLS_PX = 340, 60, 24, 22, 40
"""Heights: of the plot, of its axis, of a line of the legend, of a mark's name, of the toolbar."""
CLOSE = 0.1
"""NumPy is named under its line where the roof is so near above it."""
EMPTY = (
    "Measure this setting, or sweep KC: the speed will stand here against the depth of the blocks, with the "
    "depth at which the micro-panel of a fills L1."
)


def rates_figure(
    rates: Rates, look: Look, *, marks: Sequence[Mark] = (), ceiling: Ceiling | None = None
) -> go.Figure:
    """GFLOP/s against kc, from zero: the chosen mr, mc and nc as a line, all other settings as loose points.

    NumPy and the FMA roof are level lines. Rings mark the chosen setting and the block sizes from the caches.
    """
    if not rates.points:
        return teaching_figure(EMPTY, look, 300)
    values = [p.measured.flop_per_s for p in rates.points]
    values += [rates.numpy.flop_per_s] if rates.numpy else []
    values += [ceiling.value] if ceiling else []
    places = [float(p.kc) for p in rates.points]
    spread = [min(places) / 2, max(places) * 2] if min(places) == max(places) else places
    marks = [m for m in marks if min(spread) <= m.value <= max(spread)]
    figure = _sheet(look, 1.12 * max(values) / 1e9, spread, len(marks))
    line = rates.line
    _add_loose(figure, look, [p for p in rates.points if p not in line])
    _add_line(figure, look, line)
    crossed = [(p.kc, p.measured.flop_per_s / 1e9) for p in rates.points if p.measured.disturbed]
    add_disturbed(figure, look, crossed)
    _add_levels(figure, look, rates.numpy, ceiling)
    _add_rings(figure, look, rates)
    _add_marks(figure, look, marks, spread)
    return figure


def _sheet(look: Look, highest: float, spread: Sequence[float], marks: int) -> go.Figure:
    """The axes, with room above for so many names of marks and below for the legend."""
    top, bottom = TOOLS_PX + MARK_PX * marks, AXIS_PX + LEGEND_PX * (5 if look.narrow else 1)
    legend = {"yref": "container", "y": 0, "yanchor": "bottom"}
    figure = sheet(look, PLOT_PX, top_px=top, bottom_px=bottom, legend=legend)
    figure.update_yaxes(axis(look, "Speed (GFLOP/s)", range=[0, highest], fixedrange=True))
    depth = "KC" if look.narrow else "KC, depth of a block"
    figure.update_xaxes(log2_axis(look, f"{depth} as it ran (log scale)", spread, sizes=False))
    return figure


def _add_line(figure: go.Figure, look: Look, line: Sequence[Point]) -> None:
    if not line:
        return
    mr, mc, nc = line[0].others
    colour = look.family("packed")
    rates = [p.measured.flop_per_s / 1e9 for p in line]
    figure.add_scatter(
        x=[p.kc for p in line],
        y=rates,
        error_y=intervals(rates, [_bounds(p.measured) for p in line], colour),
        mode="lines+markers",
        line={"color": colour, "width": 3},
        marker={"symbol": FAMILY_SYMBOLS["packed"], "size": 11, "color": colour},
        name=f"mr = {mr}, mc = {mc}, nc = {nc}",
        hovertext=[_hover(p) for p in line],
        hoverinfo="text",
    )


def _add_loose(figure: go.Figure, look: Look, loose: Sequence[Point]) -> None:
    """Settings that differ in more than kc: points without a line, which would join what is not alike."""
    marker = {"symbol": FAMILY_SYMBOLS["packed"], "size": 8, "color": faded(look.family("packed"), 0.75)}
    at = [(p.kc, p.measured.flop_per_s / 1e9) for p in loose]
    add_dots(figure, at, marker, name="other settings", hovertext=[_hover(p) for p in loose])


def _bounds(m: Measurement) -> tuple[float, float]:
    low, high = rate_ends(m)
    return low / 1e9, high / 1e9


def _hover(point: Point) -> str:
    speed, _, time = speed_text(point.measured).partition(", ")
    ran = f"as it ran: {point.text()}; asked for:"
    return hover(point.measured, f"<b>{speed}</b>, {time}", interval(point.measured), ran)


def _add_levels(figure: go.Figure, look: Look, numpy: Measurement | None, ceiling: Ceiling | None) -> None:
    """NumPy at its height with its interval, and the roof."""
    if numpy is not None:
        low, high = _bounds(numpy)
        colour = look.family("library")
        at = numpy.flop_per_s / 1e9
        figure.add_hrect(y0=low, y1=high, fillcolor=faded(colour, 0.15), line_width=0)
        text = f"<b>NumPy</b> {format_rate(numpy.flop_per_s, 'FLOP/s')}"
        below = ceiling is not None and 0 <= ceiling.value / numpy.flop_per_s - 1 < CLOSE
        add_level(figure, look, at, text, colour, dash="solid", yanchor="top" if below else "bottom")
    if ceiling is not None:
        add_level(figure, look, ceiling.value / 1e9, f"measured FMA roof {roof_rate(ceiling)}", look.ink)


def _towards_the_middle(at: float, spread: Sequence[float]) -> str:
    """The anchor of a text at `at` that does not leave the plot at either end."""
    part = math.log(at / min(spread)) / math.log(max(spread) / min(spread))
    return "left" if part < 0.2 else "right" if part > 0.8 else "center"


def _add_rings(figure: go.Figure, look: Look, rates: Rates) -> None:
    """A ring round the chosen setting and a square round that of the caches, named in the legend."""
    rings = (("yours", "circle-open", rates.asked), ("from the caches", "square-open", rates.derived))
    for name, symbol, lengths in rings:
        point = rates.at(lengths)
        if point is not None:
            marker = {"symbol": symbol, "size": 24, "color": look.ink, "line": {"width": 2.5}}
            add_dots(figure, [(point.kc, point.measured.flop_per_s / 1e9)], marker, name=name)


def _add_marks(figure: go.Figure, look: Look, marks: Sequence[Mark], spread: Sequence[float]) -> None:
    """The depths at which a block fills its level, as lines with their names above the plot."""
    for rank, mark in enumerate(marks):
        place = {"xanchor": _towards_the_middle(mark.value, spread), "yshift": 2 + MARK_PX * rank}
        text = f"{mark.label}: {mark.value:.0f}"
        add_vertical(figure, look, mark.value, text, look.level(mark.level), **place)
