"""A ladder as bars on a log axis: one a rung, what changed between them, and the roof they climb towards.

A short ladder says above each bar what changed. In a long one that would push rungs off the screen: there one
line above a thinner bar has the name, the speed, the gain and the share of the roof, and the hover says what
changed. A phone scrolls anyway.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.arrows import add_arrows, arrows_px, changes
from accel_core.figures.drawing.axes import label, log_axis, sample_banner, sheet, teaching_figure, wrap
from accel_core.figures.drawing.look import FAMILY_PATTERNS, FAMILY_TITLES, Look, contrast
from accel_core.figures.drawing.marks import add_disturbed, add_disturbed_legend
from accel_core.model import Ceiling, Measurement, Refusal, Workload
from accel_core.readings.rungs import Rung, rungs
from accel_core.readings.words import (
    interval,
    library_lines,
    rate_bounds,
    roof_rate,
    settings,
    share_text,
)
from accel_core.units import format_number, format_rate, format_ratio, format_time

ROW_PX, BAR_PX, LINE_PX = 48, 20, 19
TOP_PX, BOTTOM_PX = 50, 56
STEP_CHAR_PX = 7.2
"""A generous width for a character of a step's sentence: a line must fit."""
MOST_ROOMY = 8
"""Rungs that fit on a screen of 900 pixels with a sentence above each."""
LONG_ROW_PX, LONG_BAR_PX = 38, 13
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
    tops = _tops(rows, steps, row_px)
    middles = {
        row.number: _bar_at(top, steps[row.number], bar_px) for row, top in zip(rows, tops, strict=False)
    }
    figure = sheet(look, round(tops[-1]) + TOP_PX + BOTTOM_PX, left_px=left_px)
    low, high = _bounds(rows, ceiling)
    figure.update_xaxes(log_axis(look, "Speed (GFLOP/s, log scale)", low, high, 1e9))
    figure.update_yaxes(visible=False, range=[tops[-1], 0], fixedrange=True)
    figure.update_layout(bargap=0, barmode="overlay", margin={"t": TOP_PX, "b": BOTTOM_PX})
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
        _add_roof(figure, look, ceiling)
    if stale:
        sample_banner(figure, look, stale)
    return figure


def _tops(rows: Sequence[Rung], steps: dict[int, str], row_px: int) -> list[float]:
    """Upper edge of each row in pixels, and the lower edge of the last."""
    tops = [6.0]
    for row in rows:
        tops.append(tops[-1] + row_px + LINE_PX * _lines(steps[row.number]))
    return tops


def _lines(text: str) -> int:
    return text.count("<br>") + 1 if text else 0


def _bar_at(top: float, step: str, bar_px: int) -> float:
    return top + LINE_PX * (_lines(step) + 1) + 3 + bar_px / 2


def _bounds(rows: Sequence[Rung], ceiling: Ceiling | None) -> tuple[float, float]:
    """The log axis: half a decade under the slowest, room above the fastest or the roof."""
    rates = [row.rate for row in rows if row.rate] + ([ceiling.value] if ceiling else [])
    return 10 ** math.floor(math.log10(min(rates)) - 0.3), max(rates) * 2


def _step_text(workload: Workload, row: Rung, rows: Sequence[Rung], look: Look, left_px: int) -> str:
    """ "72 times faster: the interpreter is gone", against the rung that this one changes."""
    if workload.before(row.kernel) is None:
        return ""
    text = row.kernel.idea
    if gain := _gain(workload, row, rows):
        other, ratio = gain
        than = "" if other == row.number - 1 else f" than rung {other}"
        text = f"{format_ratio(ratio)}{than}: {text[:1].lower()}{text[1:]}"
    return wrap(text.rstrip("."), look.chars(STEP_CHAR_PX, left_px + 24))


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
    marker = {
        "color": look.background if row.extrapolated else colour,
        "line": {"color": colour, "width": 2},
        "pattern": {
            "fillmode": "overlay",  # the other mode takes the bar's colour away
            "shape": "" if row.extrapolated else FAMILY_PATTERNS.get(row.kernel.family, ""),
            "fgcolor": look.background,
            "size": 8,
            "solidity": 0.25,
        },
    }
    bounds = rate_bounds(row.measured) if row.measured else None
    error = None
    if bounds:
        error = {
            "type": "data",
            "symmetric": False,
            "array": [bounds[1] - row.rate],
            "arrayminus": [row.rate - bounds[0]],
            "color": look.ink,
            "thickness": 2,
        }
    figure.add_bar(
        orientation="h",
        x=[row.rate],
        y=[at],
        width=bar_px,
        marker=marker,
        error_x=error,
        name=FAMILY_TITLES.get(row.kernel.family, row.kernel.family),
        showlegend=False,
        customdata=[f"{row.kernel.name}"],
        hovertext=[_hover(row)],
        hoverinfo="text",
    )


def _hover(row: Rung) -> str:
    if row.measured is None:
        assert row.refused is not None
        why = f"not run: {wrap(row.refused.reason, 60)}"
        return "<br>".join([f"<b>{row.kernel.title}</b>", why, _extrapolation(row), wrap(row.kernel.idea, 60)])
    m = row.measured
    lines = [
        f"<b>{row.kernel.title}</b>",
        f"{format_rate(m.flop_per_s, 'FLOP/s')}, {format_time(m.time_s.median)} (median)",
        interval(m),
        settings(m),
        *library_lines(row.kernel, m),
        wrap(row.kernel.idea, 60),
    ]
    return "<br>".join(lines + ([f"disturbed: {m.disturbed_reason}"] if m.disturbed else []))


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
    name = row.kernel.name if look.narrow else row.kernel.title
    text = f"<b>{row.number} {name}</b>  {', '.join([value, more] if more else [value])}"
    figure.add_annotation(_line(look, text, top + LINE_PX * _lines(step), look.ink))


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
        text = wrap(_extrapolation(row), look.chars(STEP_CHAR_PX, figure.layout.margin.l + 24))
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
    font = {"size": look.small_px, "color": readable if solid else look.ink}
    figure.add_annotation(label(look, text, end, at, borderpad=0, font=font, **place, **ground))


def _line(look: Look, text: str, y: float, colour: str) -> dict[str, object]:
    return label(
        look,
        text,
        0,
        y,
        xref="paper",
        xanchor="left",
        yanchor="top",
        font={"size": look.small_px, "color": colour},
    )


def _add_roof(figure: go.Figure, look: Look, ceiling: Ceiling) -> None:
    figure.add_shape(
        type="line",
        x0=ceiling.value,
        x1=ceiling.value,
        yref="paper",
        y0=0,
        y1=1,
        line={"color": look.ink, "width": 2, "dash": "7px,4px"},
    )
    figure.add_annotation(
        label(
            look,
            f"{ceiling.operation.upper()} roof {roof_rate(ceiling)}",
            math.log10(ceiling.value),
            1,
            yref="paper",
            xanchor="right",
            yanchor="bottom",
            xshift=24,
        )
    )
