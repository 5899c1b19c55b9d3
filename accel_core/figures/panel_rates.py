"""How fast the packed product is against the depth of its blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, label, log2_axis, sheet, teaching_figure
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, Look, faded
from accel_core.figures.drawing.marks import add_disturbed
from accel_core.model import Ceiling, Measurement
from accel_core.readings.marks import Mark
from accel_core.readings.words import interval, rate_bounds, roof_rate, settings
from accel_core.units import format_rate, format_time

PLOT_PX, AXIS_PX, LEGEND_PX, MARK_PX, TOOLS_PX = 340, 60, 24, 22, 40
"""Heights: of the plot, of its axis, of a line of the legend, of a mark's name, of the toolbar."""
CLOSE = 0.1
"""NumPy is named under its line where the roof is so near above it."""
LENGTHS = ("mr", "mc", "kc", "nc")
EMPTY = (
    "Measure this setting, or sweep KC: the speed will stand here against the depth of the blocks, with the "
    "depth at which the micro-panel of a fills L1."
)


@dataclass(frozen=True, slots=True)
class Point:
    """A measured setting: the block lengths that ran, which may be shorter than what was asked for."""

    lengths: tuple[int, int, int, int]
    """mr, mc, kc, nc."""
    measured: Measurement

    @property
    def kc(self) -> int:
        return self.lengths[2]

    @property
    def others(self) -> tuple[int, int, int]:
        """What stays the same along a sweep of kc."""
        return self.lengths[0], self.lengths[1], self.lengths[3]

    def text(self) -> str:
        """ "mr = 6, mc = 1026, kc = 512, nc = 256"."""
        return ", ".join(f"{name} = {value}" for name, value in zip(LENGTHS, self.lengths, strict=True))


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured of the packed product at one size and number type."""

    asked: tuple[int, int, int, int]
    """The chosen lengths as they run."""
    rule: tuple[int, int, int, int]
    """What the rule's lengths become."""
    points: tuple[Point, ...] = ()
    """The newest of each setting."""
    numpy: Measurement | None = None
    """The one nearest in time to the chosen setting's."""

    def at(self, lengths: tuple[int, int, int, int]) -> Point | None:
        """The point of these lengths, None where it was not measured."""
        return next((p for p in self.points if p.lengths == lengths), None)

    @property
    def line(self) -> list[Point]:
        """Those that differ from the chosen setting in kc alone, rising."""
        others = self.asked[0], self.asked[1], self.asked[3]
        return sorted((p for p in self.points if p.others == others), key=lambda p: p.kc)


def rates_figure(
    rates: Rates, look: Look, *, marks: Sequence[Mark] = (), ceiling: Ceiling | None = None
) -> go.Figure:
    """GFLOP/s against kc, from zero: the chosen mr, mc and nc as a line, all other settings as loose points.

    NumPy and the FMA roof are level lines. Rings mark the chosen setting and the rule's.
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
    figure = sheet(look, top + PLOT_PX + bottom)
    place = {"yref": "container", "y": 0, "yanchor": "bottom"}
    figure.update_layout(margin={"t": top, "b": bottom}, legend=place)
    figure.update_yaxes(axis(look, "Speed (GFLOP/s)", range=[0, highest], fixedrange=True))
    depth = "KC" if look.narrow else "KC, depth of a block"
    figure.update_xaxes(log2_axis(look, f"{depth} as it ran (log scale)", spread, sizes=False))
    return figure


def _add_line(figure: go.Figure, look: Look, line: Sequence[Point]) -> None:
    if not line:
        return
    mr, mc, nc = line[0].others
    colour = look.family("packed")
    ends = [_bounds(p.measured) for p in line]
    figure.add_scatter(
        x=[p.kc for p in line],
        y=[p.measured.flop_per_s / 1e9 for p in line],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - p.measured.flop_per_s / 1e9 for p, (_, high) in zip(line, ends, strict=True)],
            "arrayminus": [p.measured.flop_per_s / 1e9 - low for p, (low, _) in zip(line, ends, strict=True)],
            "color": colour,
        },
        mode="lines+markers",
        line={"color": colour, "width": 3},
        marker={"symbol": FAMILY_SYMBOLS["packed"], "size": 11, "color": colour},
        name=f"mr = {mr}, mc = {mc}, nc = {nc}",
        hovertext=[_hover(p) for p in line],
        hoverinfo="text",
    )


def _add_loose(figure: go.Figure, look: Look, loose: Sequence[Point]) -> None:
    """Settings that differ in more than kc: points without a line, which would join what is not alike."""
    if not loose:
        return
    figure.add_scatter(
        x=[p.kc for p in loose],
        y=[p.measured.flop_per_s / 1e9 for p in loose],
        mode="markers",
        marker={"symbol": FAMILY_SYMBOLS["packed"], "size": 8, "color": faded(look.family("packed"), 0.75)},
        name="other settings",
        hovertext=[_hover(p) for p in loose],
        hoverinfo="text",
    )


def _bounds(m: Measurement) -> tuple[float, float]:
    low, high = rate_bounds(m) or (m.flop_per_s, m.flop_per_s)
    return low / 1e9, high / 1e9


def _hover(point: Point) -> str:
    m = point.measured
    lines = [
        f"<b>{format_rate(m.flop_per_s, 'FLOP/s')}</b>, {format_time(m.time_s.median)} (median)",
        interval(m),
        f"as it ran: {point.text()}",
        f"asked for: {settings(m)}",
    ]
    return "<br>".join(lines + ([f"disturbed: {m.disturbed_reason}"] if m.disturbed else []))


def _add_levels(figure: go.Figure, look: Look, numpy: Measurement | None, ceiling: Ceiling | None) -> None:
    """NumPy at its height with its interval, and the roof."""
    if numpy is not None:
        low, high = _bounds(numpy)
        colour = look.family("library")
        at = numpy.flop_per_s / 1e9
        figure.add_hrect(y0=low, y1=high, fillcolor=faded(colour, 0.15), line_width=0)
        figure.add_hline(y=at, line={"color": colour, "width": 2})
        text = f"<b>NumPy</b> {format_rate(numpy.flop_per_s, 'FLOP/s')}"
        below = ceiling is not None and 0 <= ceiling.value / numpy.flop_per_s - 1 < CLOSE
        _level_label(figure, look, text, at, colour, below=below)
    if ceiling is not None:
        at = ceiling.value / 1e9
        figure.add_hline(y=at, line={"color": look.ink, "width": 2, "dash": "7px,4px"})
        _level_label(figure, look, f"measured FMA roof {roof_rate(ceiling)}", at, look.ink)


def _level_label(
    figure: go.Figure, look: Look, text: str, at: float, colour: str, *, below: bool = False
) -> None:
    figure.add_annotation(
        label(
            look,
            text,
            0,
            at,
            xref="paper",
            xanchor="left",
            xshift=4,
            yanchor="top" if below else "bottom",
            font={"size": look.small_px, "color": colour},
        )
    )


def _towards_the_middle(at: float, spread: Sequence[float]) -> str:
    """The anchor of a text at `at` that does not leave the plot at either end."""
    part = math.log(at / min(spread)) / math.log(max(spread) / min(spread))
    return "left" if part < 0.2 else "right" if part > 0.8 else "center"


def _add_rings(figure: go.Figure, look: Look, rates: Rates) -> None:
    """A ring round the chosen setting and a square round the rule's, named in the legend."""
    rings = (("chosen", "circle-open", rates.asked), ("the rule", "square-open", rates.rule))
    for name, symbol, lengths in rings:
        point = rates.at(lengths)
        if point is not None:
            figure.add_scatter(
                x=[point.kc],
                y=[point.measured.flop_per_s / 1e9],
                mode="markers",
                marker={"symbol": symbol, "size": 24, "color": look.ink, "line": {"width": 2.5}},
                hoverinfo="skip",
                name=name,
            )


def _add_marks(figure: go.Figure, look: Look, marks: Sequence[Mark], spread: Sequence[float]) -> None:
    """The depths at which a block fills its level, as lines with their names above the plot."""
    for rank, mark in enumerate(marks):
        colour = look.level(mark.level)
        line = {"color": colour, "width": 1.5, "dash": "6px,4px"}
        place = {"x0": mark.value, "x1": mark.value, "yref": "paper", "y0": 0, "y1": 1}
        figure.add_shape(type="line", line=line, layer="between", **place)
        figure.add_annotation(
            label(
                look,
                f"{mark.label}: {mark.value:.0f}",
                math.log10(mark.value),
                1,
                yref="paper",
                yanchor="bottom",
                yshift=2 + MARK_PX * rank,
                xanchor=_towards_the_middle(mark.value, spread),
                font={"size": look.small_px, "color": colour},
            )
        )
