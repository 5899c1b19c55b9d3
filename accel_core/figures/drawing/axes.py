"""The empty sheet that every figure starts from: fonts, axes with readable log ticks, labels, empty states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.batched import BatchedFigure
from accel_core.figures.drawing.look import Look, faded
from accel_core.units import format_bytes, format_number

BANNER_PX, BANNER_LINE_PX, BANNER_CHAR_PX = 34, 20, 9


def sheet(look: Look, height_px: int, *, left_px: int = 76, right_px: int = 24) -> go.Figure:
    """An empty figure in `look`, as wide as its place and `height_px` high."""
    layout = {
        "autosize": True,
        "height": height_px,
        "margin": {"l": left_px, "r": right_px, "t": 56, "b": 64},
        "paper_bgcolor": look.background,
        "plot_bgcolor": look.background,
        "font": {"family": look.font_family, "size": look.font_px, "color": look.ink},
        "hoverlabel": {
            "bgcolor": look.panel,
            "bordercolor": look.muted,
            "font": {"family": look.font_family, "size": look.small_px, "color": look.ink},
            "align": "left",
        },
        "hovermode": "closest",
        "legend": legend(look),
        "modebar": {"bgcolor": faded(look.background, 0), "color": look.muted, "activecolor": look.ink},
        "barcornerradius": 3,
        "dragmode": "pan",
    }
    return BatchedFigure(layout=layout)  # a tenth of the time that updating takes


def legend(look: Look) -> dict[str, Any]:
    """A horizontal legend above the plot."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "yref": "paper",
        "font": {"size": look.small_px, "color": look.ink},
        "bgcolor": faded(look.background, 0),
        "itemsizing": "constant",
    }


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


def label(look: Look, text: str, x: float | str, y: float | str, **extra: Any) -> dict[str, Any]:
    """An annotation without an arrow; positions on a log axis are given as exponents of ten."""
    defaults: dict[str, Any] = {
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "align": "left",
        "font": {"size": look.small_px, "color": look.ink},
    }
    return {**defaults, **extra}


def teaching_figure(message: str, look: Look, height_px: int = 420) -> go.Figure:
    """A figure for no data: one sentence that says what will stand here and what to do; never an exception."""
    figure = sheet(look, height_px)
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, 1])
    figure.update_yaxes(visible=False, fixedrange=True, range=[0, 1])
    figure.add_annotation(
        label(
            look,
            wrap(message, min(38, look.chars(11, 50))),
            0.5,
            0.5,
            xref="paper",
            yref="paper",
            align="center",
            font={"size": look.font_px + 2, "color": look.muted},
        )
    )
    return figure


def sample_banner(figure: go.Figure, look: Look, text: str, *, clear_px: int = 0) -> None:
    """Says in the picture that it is not the reader's own result: beside the toolbar, on a phone under it.

    `clear_px` is how far labels reach above the plot where the banner would stand.
    """
    top = figure.layout.margin.t
    text = wrap(text, look.chars(BANNER_CHAR_PX, 90))
    more_px = BANNER_LINE_PX * text.count("<br>") + (BANNER_PX if look.narrow else 0)
    margin = max(top, clear_px + BANNER_PX) + more_px
    figure.update_layout(margin={"t": margin}, height=figure.layout.height + margin - top)
    figure.add_annotation(
        label(
            look,
            f"<b>{text}</b>",
            0,
            1,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            yshift=margin - more_px - 31,
            bgcolor=look.panel,
            bordercolor=look.stale,
            borderpad=4,
        )
    )


def wrap(text: str, width: int) -> str:
    """`text` broken at spaces into lines of at most `width` characters, joined by <br>."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join([*lines, line] if line else lines)


def spread(places: Mapping[str, float], gap: float) -> dict[str, float]:
    """Positions moved apart so that neighbours keep at least `gap`, as near their own places as that allows.

    Pool-adjacent-violators on the places minus their rank times the gap: the least-squares answer.
    """
    names = sorted(places, key=lambda name: places[name])
    blocks: list[list[float]] = []  # [sum, count]
    for rank, name in enumerate(names):
        blocks.append([places[name] - rank * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    flat = [total / count for total, count in blocks for _ in range(int(count))]
    return {name: place + rank * gap for rank, (name, place) in enumerate(zip(names, flat, strict=True))}


def within(places: Mapping[str, float], low: float, high: float, gap: float) -> dict[str, float]:
    """Positions that keep `gap`, moved between `low` and `high`; where not all of them fit, beyond `high`."""
    names, kept = sorted(places, key=lambda name: places[name]), dict(places)
    for name in reversed(names):
        kept[name] = min(kept[name], high)
        high = kept[name] - gap
    for name in names:
        kept[name] = max(kept[name], low)
        low = kept[name] + gap
    return kept


def _plain(value: float) -> str:
    """A tick label: 0.001, 10, 4096."""
    return f"{value:.0f}" if value >= 1 and value == round(value) else format_number(value, 1)
