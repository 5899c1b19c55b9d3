"""The rooflines of many machines in one picture, absolute or in shares of each one's own roofs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import quantiles

import plotly.graph_objects as go

from accel_core.figures.class_marks import MOST_HOVERS, OWN_PX, dot_px, safe_name, strength, whose
from accel_core.figures.drawing.axes import log_axis, sheet, teaching_figure
from accel_core.figures.drawing.labels import add_end_names, caption, label, leader, spread
from accel_core.figures.drawing.look import (
    FAMILIES,
    FAMILY_SYMBOLS,
    FAMILY_TITLES,
    LEAST_PX,
    LEVEL_DASHES,
    Look,
    faded,
)
from accel_core.figures.drawing.marks import QUIET, add_dots, add_legend_entry
from accel_core.figures.drawing.text import line_px, lines, width_px, wrap
from accel_core.figures.points import family_of
from accel_core.model import Ceiling, Measurement, Workload
from accel_core.readings.members import Roofed
from accel_core.readings.ratios import share_text
from accel_core.readings.rungs import kernel_title, settings
from accel_core.roofline import attainable, ridge_point
from accel_core.units import format_rate

PLOT_PX, TOP_PX, LEFT_PX, BELOW_PX, LEGEND_PX = 440, 48, 84, 66, 30
NAMES_PX, GAP_PX, ENTRY_PX, LEVEL_GAP_PX = 170, 22, 205, 30
MOST_NAMED = 6
"""So many machines carry their name at their roof, and their inner memory levels are drawn."""
BANDED = 8
"""From so many machines on, a band shows where the middle half of them lies."""
LEFT, RIGHT = 20, 60
"""How far the axis reaches left of the first ridge point and right of the last, as factors."""
STEPS = 60
"""Corners of the band's outline."""


def class_roofline_figure(
    found: Sequence[Roofed], look: Look, *, workloads: Sequence[Workload], shares: bool = False
) -> go.Figure:
    """Each machine's peak and DRAM roof with its points; the own machine, last of `found`, in front."""
    if not found:
        return teaching_figure("Roofs of several machines will stand here: give packs or records.", look, 480)
    others, own = [one for one in found if not one.member.own], [one for one in found if one.member.own]
    named = found if len(found) <= MOST_NAMED else []
    frame = _frame(found, shares)
    figure = _sheet(look, frame, _note(look, found, shares), [_name(one) for one in named], shares, found)
    if len(others) >= BANDED and not shares:
        _add_band(figure, look, others, frame[0])
    for one in others:
        _add_machine(figure, look, one, frame[0], shares, strength(len(others)), whole=len(found) <= 3)
    _add_points(figure, look, others, workloads, shares)
    for one in own:
        _add_machine(figure, look, one, frame[0], shares, 1, whole=True)
        _name_levels(figure, look, one, frame[0], shares)
    _add_points(figure, look, own, workloads, shares, front=True)
    _add_legend(figure, look, found, workloads)
    if not look.narrow and not shares:
        _add_names(figure, look, named, frame)
    for one in own if not named else ():
        place = {"xref": "paper", "xanchor": "right", "yanchor": "bottom"}
        top = 0.0 if shares else math.log10(one.peak)
        figure.add_annotation(label(look, "<b>This machine</b>", 1, top, **place))
    return figure


Range = tuple[float, float]


def _frame(found: Sequence[Roofed], shares: bool) -> tuple[Range, Range]:
    """The ranges of both axes, which hold all roofs and points."""
    inner = [ridge_point(one.peak, one.view.memory[0].value) / (one.ridge if shares else 1) for one in found]
    outer = [1 if shares else one.ridge for one in found]
    points = [one.place(m, shares) for one in found for m in one.points]
    tops = [1 if shares else one.peak for one in found]
    low_x, high_x = min(inner) / LEFT, max(outer) * RIGHT
    x = min([low_x, *(at / 2 for at, _ in points)]), max([high_x, *(at * 2 for at, _ in points)])
    feet = [one.bandwidth * low_x * (one.ridge / one.peak if shares else 1) for one in found]
    return x, (min([*feet, *(y / 2 for _, y in points)]), max([2 * max(tops), *(2 * y for _, y in points)]))


def _sheet(
    look: Look,
    frame: tuple[Range, Range],
    note: str,
    names: Sequence[str],
    shares: bool,
    found: Sequence[Roofed],
) -> go.Figure:
    entries = len(FAMILIES) if any(one.points for one in found) else 0
    entries += any(one.member.own for one in found)
    rows = -(-entries // max(1, (look.width_px - LEFT_PX - 24) // ENTRY_PX))
    below_px = BELOW_PX + rows * LEGEND_PX
    right_px = 24
    if names and not look.narrow and not shares:
        right_px = 30 + math.ceil(max(width_px(_wrapped(look, name), look.small_px) for name in names))
    figure = sheet(
        look,
        PLOT_PX,
        top_px=TOP_PX,
        bottom_px=below_px + 8 + line_px(LEAST_PX) * lines(note),
        left_px=LEFT_PX,
        right_px=right_px,
        legend={"y": -BELOW_PX / PLOT_PX, "yanchor": "top"},
    )
    x_title = "Intensity / own ridge point" if shares else "Arithmetic intensity (FLOP/byte)"
    y_title = "Speed / own peak" if shares else "Speed (GFLOP/s)"
    figure.update_xaxes(log_axis(look, x_title, *frame[0]), tickangle=0)
    figure.update_yaxes(log_axis(look, y_title, *frame[1], 1 if shares else 1e9))
    figure.add_annotation(caption(look, note, below_px, LEFT_PX))
    return figure


def _note(look: Look, found: Sequence[Roofed], shares: bool) -> str:
    """What a line and a dot are, broken to fit."""
    text = "One line a machine: its DRAM bandwidth up to its highest compute roof, all measured. "
    if shares:
        text += "Every machine's lines meet at 1 in this scale. "
    elif len(found) > BANDED:
        text += "The band holds the middle half of the machines. "
    text += "Dots are medians, their bytes the least that must move."
    return wrap(text, look.room_px(20), LEAST_PX)


def _corners(
    roof: Ceiling, one: Roofed, span: Range, shares: bool
) -> tuple[list[float | None], list[float | None]]:
    """A memory roof up to the peak and the peak to the right, on the axes; None ends the line."""
    across, up = (one.ridge, one.peak) if shares else (1.0, 1.0)
    ridge = ridge_point(one.peak, roof.value)
    xs = [min(span[0], ridge / across), ridge / across, max(span[1], ridge / across)]
    ys = [attainable(x * across, one.peak, roof.value) / up for x in xs]
    return [*xs, None], [*ys, None]


def _add_machine(
    figure: go.Figure, look: Look, one: Roofed, span: Range, shares: bool, alpha: float, *, whole: bool
) -> None:
    """The outer roof of a machine; its inner memory levels too where it is drawn `whole`."""
    own = one.member.own
    if whole:
        for roof in one.view.memory[:-1]:
            x, y = _corners(roof, one, span, shares)
            colour = look.level(roof.level) if own else look.stale
            line = {
                "color": colour,
                "width": 2 if own else 1.5,
                "dash": LEVEL_DASHES.get(roof.level or "", "solid"),
            }
            figure.add_scatter(
                x=x[:2],
                y=y[:2],
                mode="lines",
                line=line,
                hoverinfo="skip",
                showlegend=False,
                name=f"{roof.level}, this machine",
            )
    x, y = _corners(one.view.memory[-1], one, span, shares)
    colour = look.ink if own else faded(look.muted, alpha)
    said = f"{whose(one.member)}<br>{one.view.said}"
    line = {"color": colour, "width": 3.5 if own else 1.5}
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=line,
        hovertext=said,
        hoverinfo="text",
        showlegend=own,
        name="this machine" if own else "roof",
    )


def _name_levels(figure: go.Figure, look: Look, one: Roofed, span: Range, shares: bool) -> None:
    """The own machine's inner levels by name, above the ends of their lines and kept apart."""
    across, up = (one.ridge, one.peak) if shares else (1.0, 1.0)
    inner = one.view.memory[:-1]
    ends = {roof.level or "": math.log10(ridge_point(one.peak, roof.value) / across) for roof in inner}
    px_per_decade = (look.width_px - LEFT_PX - 24) / math.log10(span[1] / span[0])
    for level, x in spread(ends, LEVEL_GAP_PX / px_per_decade).items():
        place = {"xanchor": "center", "yanchor": "bottom", "colour": look.level(level)}
        figure.add_annotation(label(look, f"<b>{level}</b>", x, math.log10(one.peak / up), **place))


def _add_band(figure: go.Figure, look: Look, others: Sequence[Roofed], span: Range) -> None:
    """Between the quartiles of what the machines allow at each intensity."""
    step = math.log(span[1] / span[0]) / STEPS
    xs = [span[0] * math.exp(at * step) for at in range(STEPS + 1)]
    ends = [quantiles([attainable(x, one.peak, one.bandwidth) for one in others], n=4) for x in xs]
    y = [*(low for low, _, _ in ends), *(high for _, _, high in reversed(ends))]
    figure.add_scatter(
        **QUIET,
        x=[*xs, *reversed(xs)],
        y=y,
        fill="toself",
        fillcolor=faded(look.stale, 0.3),
        name="middle half",
    )


def _add_points(
    figure: go.Figure,
    look: Look,
    machines: Sequence[Roofed],
    workloads: Sequence[Workload],
    shares: bool,
    *,
    front: bool = False,
) -> None:
    """The points of some machines, one trace a family; those in `front` are large and have a rim."""
    total = sum(len(one.points) for one in machines)
    alpha = 1 if front else strength(len(machines), 0.2)
    size_px = OWN_PX - 2 if front else dot_px(len(machines))
    for family in (*FAMILIES, ""):
        mine = [(one, m) for one in machines for m in one.points if family_of(workloads, m) == family]
        marker = {
            "symbol": FAMILY_SYMBOLS.get(family, "x"),
            "size": size_px,
            "color": faded(look.family(family), alpha),
            "opacity": 1,
            "line": {"color": look.background, "width": 1.5 if front else 0},
        }
        extra = {"hovertext": [_hover(one, m, workloads) for one, m in mine]} if total <= MOST_HOVERS else {}
        at = [one.place(m, shares) for one, m in mine]
        add_dots(figure, at, marker, name=FAMILY_TITLES.get(family, "other"), showlegend=False, **extra)


def _hover(one: Roofed, m: Measurement, workloads: Sequence[Workload]) -> str:
    return (
        f"{whose(one.member)}<br>{kernel_title(workloads, m.kernel)}: {format_rate(m.flop_per_s, 'FLOP/s')}, "
        f"{share_text(m.flop_per_s / one.peak)} of its peak<br>{settings(m)}"
    )


def _add_legend(figure: go.Figure, look: Look, found: Sequence[Roofed], workloads: Sequence[Workload]) -> None:
    """The families that have points."""
    seen = {family_of(workloads, m) for one in found for m in one.points}
    for family in (*FAMILIES, ""):
        if family in seen:
            add_legend_entry(figure, family, look.family(family), FAMILY_TITLES.get(family, "other"))


def _name(one: Roofed) -> str:
    return "<b>This machine</b>" if one.member.own else safe_name(one.member)


def _wrapped(look: Look, name: str) -> str:
    return wrap(name, NAMES_PX, look.small_px)


def _add_names(figure: go.Figure, look: Look, named: Sequence[Roofed], frame: tuple[Range, Range]) -> None:
    """Names in the right margin, each joined to the end of its roof."""
    labels = {}
    for at, one in enumerate(named):
        colour = look.ink if one.member.own else look.muted
        place = {"xref": "paper", "ax": 16, "ay": 0, "xanchor": "left", "colour": colour}
        text = _wrapped(look, _name(one))
        labels[str(at)] = leader(look, text, 1, math.log10(one.peak), look.muted, **place)
    add_end_names(figure, labels, PLOT_PX / math.log10(frame[1][1] / frame[1][0]), GAP_PX)
