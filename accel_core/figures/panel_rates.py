"""How fast the packed product is against the depth of its blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.figures.canvas import axis, label, log2_axis, sheet, teaching_figure, wrap
from accel_core.figures.disturbed import add_disturbed
from accel_core.figures.look import FAMILY_SYMBOLS, Look, faded
from accel_core.figures.marks import Mark
from accel_core.figures.words import interval, rate_bounds, roof_rate, settings
from accel_core.model import Ceiling, Measurement
from accel_core.units import format_rate, format_time

HEIGHT_PX, TOP_PX = 480, 84
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
    figure = sheet(look, HEIGHT_PX)
    figure.update_layout(margin={"t": TOP_PX + 40 * look.narrow, "b": 60})
    values = [p.measured.flop_per_s for p in rates.points]
    levels = [rates.numpy.flop_per_s] if rates.numpy else []
    levels += [ceiling.value] if ceiling else []
    top = 1.12 * max([*values, *levels])
    figure.update_yaxes(
        axis(look, "Speed (GFLOP/s)", range=[0, top / 1e9], fixedrange=True, rangemode="tozero")
    )
    places = [float(p.kc) for p in rates.points]
    spread = [min(places) / 2, max(places) * 2] if min(places) == max(places) else places
    title = (
        "KC as it ran (log scale)" if look.narrow else "KC, depth of a block as it ran (elements, log scale)"
    )
    figure.update_xaxes(log2_axis(look, title, spread, sizes=False))
    line = rates.line
    loose = [p for p in rates.points if p not in line]
    _add_loose(figure, look, loose)
    _add_line(figure, look, line)
    add_disturbed(
        figure, look, [(p.kc, p.measured.flop_per_s / 1e9) for p in rates.points if p.measured.disturbed]
    )
    _add_levels(figure, look, rates.numpy, ceiling)
    _add_rings(figure, look, rates, spread)
    _add_marks(figure, look, [m for m in marks if min(spread) <= m.value <= max(spread)], spread)
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
            1,
            at,
            xref="paper",
            xanchor="right",
            yanchor="top" if below else "bottom",
            bgcolor=faded(look.background, 0.8),
            font={"size": look.small_px, "color": colour},
        )
    )


def _towards_the_middle(at: float, spread: Sequence[float]) -> str:
    """The anchor of a text at `at` that does not leave the plot at either end."""
    part = math.log(at / min(spread)) / math.log(max(spread) / min(spread))
    return "left" if part < 0.2 else "right" if part > 0.8 else "center"


def _add_rings(figure: go.Figure, look: Look, rates: Rates, spread: Sequence[float]) -> None:
    """The chosen setting and the rule's, named under their points."""
    same = rates.asked == rates.rule
    names = {rates.asked: "the rule, chosen" if same else "chosen"}
    names.setdefault(rates.rule, "the rule")
    for lengths, name in names.items():
        point = rates.at(lengths)
        if point is None:
            continue
        at = point.measured.flop_per_s / 1e9
        figure.add_scatter(
            x=[point.kc],
            y=[at],
            mode="markers",
            marker={"symbol": "circle-open", "size": 22, "color": look.ink, "line": {"width": 2.5}},
            hoverinfo="skip",
            showlegend=False,
            name=name,
        )
        figure.add_annotation(
            label(
                look,
                f"<b>{name}</b>",
                math.log10(point.kc),
                at,
                xanchor=_towards_the_middle(point.kc, spread),
                yanchor="top",
                yshift=-14 if name != "the rule" else -32,
                bgcolor=faded(look.background, 0.8),
                font={"size": look.small_px, "color": look.ink},
            )
        )


def _add_marks(figure: go.Figure, look: Look, marks: Sequence[Mark], spread: Sequence[float]) -> None:
    """The depths at which a block fills its level, as lines with their names above the plot's floor."""
    for rank, mark in enumerate(marks):
        colour = look.level(mark.level)
        line = {"color": colour, "width": 1.5, "dash": "6px,4px"}
        place = {"x0": mark.value, "x1": mark.value, "yref": "paper", "y0": 0, "y1": 1}
        figure.add_shape(type="line", line=line, layer="between", **place)
        figure.add_annotation(
            label(
                look,
                wrap(mark.label, 16 if look.narrow else 22),
                math.log10(mark.value),
                0,
                yref="paper",
                yanchor="bottom",
                yshift=4 + 42 * (rank % 2),
                xanchor="left" if (side := _towards_the_middle(mark.value, spread)) == "left" else "right",
                align="left" if side == "left" else "right",
                bgcolor=faded(look.background, 0.8),
                font={"size": look.small_px, "color": colour},
            )
        )
