"""The empty sheet that every figure starts from: fonts, axes with readable ticks, empty states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.batched import BatchedFigure
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import Look, faded
from accel_core.figures.drawing.text import wrap
from accel_core.units import format_bytes, format_number

MESSAGE_PX = 400
"""A sentence in an empty picture is no wider."""


def sheet(
    look: Look,
    plot_px: int,
    *,
    top_px: int = 56,
    bottom_px: int = 64,
    left_px: int = 76,
    right_px: int = 24,
    **layout: Any,
) -> go.Figure:
    """An empty figure in `look`, as wide as its place, whose plot is `plot_px` high; the legend above it."""
    small = {"size": look.small_px, "color": look.ink}
    place = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "yref": "paper"}
    plain = {
        "autosize": True,
        "height": plot_px + top_px + bottom_px,
        "meta": {"width": look.width_px},  # what it is laid out for: a saved picture has that width
        "margin": {"l": left_px, "r": right_px, "t": top_px, "b": bottom_px},
        "paper_bgcolor": look.background,
        "plot_bgcolor": look.background,
        "font": {"family": look.font_family, "size": look.font_px, "color": look.ink},
        "hoverlabel": {
            "bgcolor": look.panel,
            "bordercolor": look.muted,
            "font": {"family": look.font_family, **small},
            "align": "left",
        },
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "font": small,
            "bgcolor": faded(look.background, 0),
            "itemsizing": "constant",
            **place,
            **layout.pop("legend", {}),
        },
        "modebar": {"bgcolor": faded(look.background, 0), "color": look.muted, "activecolor": look.ink},
        "barcornerradius": 3,
        "dragmode": "pan",
    }
    return BatchedFigure(layout={**plain, **layout})  # a tenth of the time that updating takes


def sheet_of_rows(look: Look, rows_px: float, **more: Any) -> go.Figure:
    """An empty figure whose rows are placed by pixels from the top, for bars that lie."""
    figure = sheet(look, round(rows_px), bargap=0, barmode="overlay", **{"showlegend": False, **more})
    figure.update_yaxes(visible=False, range=[rows_px, 0], fixedrange=True)
    return figure


def axis(look: Look, title: str, **extra: Any) -> dict[str, Any]:
    """An axis with its title (unit included) and the quiet lines of the look."""
    return {
        "title": {"text": title, "font": {"size": look.font_px, "color": look.ink}, "standoff": 8},
        "tickfont": {"size": look.small_px, "color": look.muted},
        "gridcolor": look.grid,
        "linecolor": look.muted,
        "tickcolor": look.muted,
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 5,
        **extra,
    }


def log_axis(look: Look, title: str, low: float, high: float, scale: float = 1.0) -> dict[str, Any]:
    """A log axis from `low` to `high` (data units) with ticks such as 1, 10, 100 after division by `scale`."""
    first, last = math.floor(math.log10(low / scale)), math.ceil(math.log10(high / scale))
    step = 1 if last - first <= 8 else 2
    powers = list(range(first, last + 1, step))
    values = [10.0**p * scale for p in powers]
    texts = [_plain(10.0**p) for p in powers]
    if last - first <= 2:
        values = [m * 10.0**p * scale for p in range(first, last + 1) for m in (1, 2, 5)]
        texts = [_plain(v / scale) for v in values]
    return axis(
        look,
        title,
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickmode="array",
        tickvals=values,
        ticktext=texts,
    )


def log2_axis(look: Look, title: str, values: Sequence[float], *, sizes: bool) -> dict[str, Any]:
    """A log axis over `values`, ticks at powers of two (KiB, MiB when `sizes`), few enough for a phone."""
    low, high = min(values), max(values)
    first, last = math.floor(math.log2(low)), math.ceil(math.log2(high))
    step = max(1, math.ceil((last - first + 1) / (5 if sizes else 9)))
    ticks = [2.0**p for p in range(first, last + 1, step)]
    pad = 0.03 * max(math.log10(high / low), 0.3)
    return axis(
        look,
        title,
        type="log",
        range=[math.log10(low) - pad, math.log10(high) + pad],
        tickmode="array",
        tickvals=ticks,
        tickangle=0,
        ticktext=[format_bytes(t) if sizes else _plain(t) for t in ticks],
    )


def decades(values: Sequence[float], *, below: float = 1.6, above: float = 1.6) -> tuple[float, float]:
    """A log range round `values` (all positive): a factor of room on either side and at least one decade."""
    low, high = min(values) / below, max(values) * above
    if high / low < 10:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(10), middle * math.sqrt(10)
    return low, high


def linear_axis(look: Look, title: str, high: float, scale: float = 1.0, **extra: Any) -> dict[str, Any]:
    """A linear axis from zero with about four round ticks, in units of `scale`."""
    rough = high / scale / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    step = max(step, 1) if scale == 1.0 else step
    ticks = [i * step for i in range(int(high / scale / step) + 1)]
    values, texts = [t * scale for t in ticks], [f"{t:g}" for t in ticks]
    return axis(look, title, range=[0, high], tickmode="array", tickvals=values, ticktext=texts, **extra)


def time_axis(look: Look, title: str, least_s: float, most_s: float, room: float) -> dict[str, Any]:
    """A log axis of times to `room` times the longest, in its unit, for which `title` has a {unit}."""
    unit, scale = next((u, s) for u, s in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)) if most_s >= s or s < 1e-5)
    return log_axis(look, title.format(unit=unit), least_s, most_s * room, scale)


def teaching_figure(message: str, look: Look, height_px: int = 420) -> go.Figure:
    """A figure for no data: one sentence that says what will stand here and what to do; never an exception."""
    figure = sheet(look, height_px - 120)
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, 1])
    figure.update_yaxes(visible=False, fixedrange=True, range=[0, 1])
    size_px = look.font_px + 2
    text = wrap(message, min(MESSAGE_PX, look.room_px(50)), size_px)
    place = {"xref": "paper", "yref": "paper", "align": "center", "size": size_px, "colour": look.muted}
    figure.add_annotation(label(look, text, 0.5, 0.5, **place))
    return figure


def _plain(value: float) -> str:
    """A tick label: 0.001, 10, 4096."""
    return f"{value:.0f}" if value >= 1 and value == round(value) else format_number(value, 1)
