"""A ladder as bars on a log axis: one a rung, what changed between them, and the roof they climb towards.

A short ladder says above each bar what changed. In a long one that would push rungs off the screen: there one
line above a thinner bar has the name, the speed, the gain and the share of the roof, and the hover says what
changed. A phone scrolls anyway.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import plotly.graph_objects as go

from accel_core.figures.arrows import add_arrows, arrows_px, changes
from accel_core.figures.drawing.axes import log_axis, sheet_of_rows, teaching_figure
from accel_core.figures.drawing.hover import broken, hover
from accel_core.figures.drawing.labels import label, sample_banner
from accel_core.figures.drawing.look import FAMILY_TITLES, Look, contrast
from accel_core.figures.drawing.marks import (
    add_disturbed,
    add_disturbed_legend,
    add_vertical,
    bar_marker,
    intervals,
)
from accel_core.figures.drawing.text import BOLD, line_px, lines, width_px, wrap
from accel_core.model import Ceiling, Measurement, Refusal, Workload
from accel_core.readings.estimates import interval, rate_bounds, speed_text
from accel_core.readings.ladder import Rung, change_text, rungs
from accel_core.readings.ratios import share_text
from accel_core.readings.roofs import roof_rate
from accel_core.units import format_number, format_rate, format_time

ROW_PX, BAR_PX, RIGHT_PX = 48, 20, 24
TOP_PX, BOTTOM_PX = 50, 56
MOST_ROOMY = 8
"""Rungs that fit on a screen of 900 pixels with a sentence above each."""
LONG_ROW_PX, LONG_BAR_PX = 35, 11
"""Of a longer ladder."""


def ladder_figure(
    workload: Workload,
    measurements: Sequence[Measurement],
    refusals: Sequence[Refusal],
    look: Look,
    *,
    ceiling: Ceiling | None = None,
    stale: str = "",
) -> go.Figure:
    """A bar a rung with its interval; refused rungs hollow, as extrapolated; `ceiling` as a dashed line.

    `stale` says whose or which result this is where it does not answer the reader's settings: grey bars.
    """
    rows = rungs(workload, measurements, refusals)
    if not any(row.rate for row in rows):
        text = "Time the ladder: every rung will stand here as a bar, with what changed from the rung before."
        return teaching_figure(text, look)
    arrows = changes(workload, rows)
    long = len(rows) > MOST_ROOMY and not look.narrow
    row_px, bar_px = (LONG_ROW_PX, LONG_BAR_PX) if long else (ROW_PX, BAR_PX)
    left_px = arrows_px(arrows)
    steps = {row.number: "" if long else _step_text(workload, row, rows, look, left_px) for row in rows}
    line = line_px(look.small_px)
    tops = list(accumulate((row_px + line * lines(steps[row.number]) for row in rows), initial=6.0))
    middles = {
        row.number: top + line * (lines(steps[row.number]) + 1) + 3 + bar_px / 2
        for row, top in zip(rows, tops, strict=False)
    }
    margins = {"top_px": TOP_PX, "bottom_px": BOTTOM_PX, "left_px": left_px, "right_px": RIGHT_PX}
    figure = sheet_of_rows(look, tops[-1], showlegend=None, **margins)
    low, high = _bounds(rows, ceiling)
    figure.update_xaxes(log_axis(look, "Speed (GFLOP/s, log scale)", low, high, 1e9))
    for row, top in zip(rows, tops, strict=False):
        colour = look.stale if stale else look.family(row.kernel.family)
        at = middles[row.number]
        _add_bar(figure, look, row, at, bar_px, colour)
        more = _against(workload, row, rows, ceiling) if long else ""
        _add_texts(figure, look, row, top, steps[row.number], more)
        if not long:
            _add_bar_text(figure, look, row, at, (low, high), ceiling, colour)
    add_disturbed(figure, look, [(r.rate, middles[r.number]) for r in rows if r.rate and r.disturbed])
    add_disturbed_legend(figure)
    add_arrows(figure, look, arrows, list(middles.values()), bar_px)
    if ceiling is not None:
        text = f"{ceiling.operation.upper()} roof {roof_rate(ceiling)}"
        add_vertical(figure, look, ceiling.value, text, look.ink, width=2, xanchor="right", xshift=RIGHT_PX)
    sample_banner(figure, look, stale)
    return figure


def _bounds(rows: Sequence[Rung], ceiling: Ceiling | None) -> tuple[float, float]:
    """The log axis: half a decade under the slowest, room above the fastest or the roof."""
    rates = [row.rate for row in rows if row.rate] + ([ceiling.value] if ceiling else [])
    return 10 ** math.floor(math.log10(min(rates)) - 0.3), max(rates) * 2


def _step_text(workload: Workload, row: Rung, rows: Sequence[Rung], look: Look, left_px: int) -> str:
    """ "72 times faster: the interpreter is gone", against the rung that this one changes."""
    if workload.before(row.kernel) is None:
        return ""
    text = row.kernel.idea.rstrip(".")
    if gain := _gain(workload, row, rows):
        other, ratio = gain
        text = change_text(row.kernel, ratio, "" if other == row.number - 1 else f"rung {other}")
    return wrap(text, look.room_px(left_px + RIGHT_PX), look.small_px)


def _against(workload: Workload, row: Rung, rows: Sequence[Rung], roof: Ceiling | None) -> str:
    """ "6.5 × rung 3, 0.11 of the roof": its speed against that of the rung that it changes, and its share."""
    if row.measured is None:
        return _extrapolation(row)
    gain, said = _gain(workload, row, rows), []
    if gain:
        said.append(f"{format_number(gain[1], 2)} × rung {gain[0]}")
    if roof is not None and roof.value > 0:
        said.append(f"{share_text(row.measured.flop_per_s / roof.value)} of the roof")
    return ", ".join(said)


def _gain(workload: Workload, row: Rung, rows: Sequence[Rung]) -> tuple[int, float] | None:
    """The number of the rung that this one changes, and how many times as fast this one is; None if unknown."""
    before = workload.before(row.kernel)
    other = next((r for r in rows if r.kernel is before), None)
    return (other.number, row.rate / other.rate) if other and other.rate and row.rate else None


def _add_bar(figure: go.Figure, look: Look, row: Rung, at: float, bar_px: int, colour: str) -> None:
    if not row.rate:
        return
    ends = rate_bounds(row.measured) if row.measured else None
    figure.add_bar(
        orientation="h",
        x=[row.rate],
        y=[at],
        width=bar_px,
        marker=bar_marker(look, row.kernel.family, colour, hollow=row.extrapolated),
        error_x=intervals([row.rate], [ends], look.ink) if ends else None,
        name=FAMILY_TITLES.get(row.kernel.family, row.kernel.family),
        showlegend=False,
        customdata=[row.kernel.name],
        hovertext=[_hover(row)],
        hoverinfo="text",
    )


def _hover(row: Rung) -> str:
    if row.measured is None:
        assert row.refused is not None
        why = f"not run: {broken(row.refused.reason)}"
        return "<br>".join([f"<b>{row.kernel.title}</b>", why, _extrapolation(row), broken(row.kernel.idea)])
    title, m = f"<b>{row.kernel.title}</b>", row.measured
    return hover(m, title, speed_text(m), interval(m), kernel=row.kernel, idea=True)


def _extrapolation(row: Rung) -> str:
    refused = row.refused
    if refused is None or refused.extrapolated_s is None:
        return "no smaller size measured yet"
    return f"{format_time(refused.extrapolated_s)}, extrapolated from N={refused.extrapolated_from}"


def _add_texts(figure: go.Figure, look: Look, row: Rung, top: float, step: str, more: str) -> None:
    """Above each bar: what changed, then the rung's name with its speed, and `more`."""
    if step:
        figure.add_annotation(_line(look, step, top, look.muted))
    value = format_rate(row.measured.flop_per_s, "FLOP/s") if row.measured else "not run"
    if row.disturbed and not look.narrow:  # a phone has no room: the cross and the legend say it
        value += " (disturbed)"
    said = ", ".join([value, more] if more else [value])
    title_px = BOLD * width_px(f"{row.number} {row.kernel.title}", look.small_px)
    fits = title_px + width_px(f"  {said}", look.small_px) <= look.room_px(figure.layout.margin.l + RIGHT_PX)
    name = row.kernel.title if fits and not look.narrow else row.kernel.name
    text = f"<b>{row.number} {name}</b>  {said}"
    figure.add_annotation(_line(look, text, top + line_px(look.small_px) * lines(step), look.ink))


def _add_bar_text(
    figure: go.Figure,
    look: Look,
    row: Rung,
    at: float,
    bounds: tuple[float, float],
    roof: Ceiling | None,
    colour: str,
) -> None:
    """At the end of the bar: the share of the roof; inside a long bar, beside a short one; off its interval."""
    if row.measured is None:
        text = wrap(_extrapolation(row), look.room_px(figure.layout.margin.l + RIGHT_PX), look.small_px)
    elif roof is not None and roof.value > 0 and row.rate:
        text = f"{share_text(row.rate / roof.value)} of the roof"
    else:
        return
    low, high = (math.log10(b) for b in bounds)
    rate = row.rate or bounds[0]
    least, most = (row.measured and rate_bounds(row.measured)) or (rate, rate)
    inside = math.log10(least) - low > 0.5 * (high - low)
    end = math.log10(least if inside else most)
    solid = inside and not row.extrapolated
    off = 10 + 6 * row.disturbed  # clear of the cross
    place = {"xanchor": "right", "xshift": -off - 2} if inside else {"xanchor": "left", "xshift": off}
    ground = {"bgcolor": colour} if solid else {}
    readable = max((look.background, look.ink), key=lambda ink: contrast(ink, colour))
    ink = readable if solid else look.ink
    figure.add_annotation(label(look, text, end, at, borderpad=0, colour=ink, **place, **ground))


def _line(look: Look, text: str, y: float, colour: str) -> dict[str, object]:
    return label(look, text, 0, y, xref="paper", xanchor="left", yanchor="top", colour=colour)
