"""Words in a picture: labels, those joined to their point, captions, banners, and how they keep apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from accel_core.figures.drawing.look import LEAST_PX, Look, faded
from accel_core.figures.drawing.text import BOLD, line_px, lines, wrap

BANNER_PX, TOOLBAR_PX, RIM_PX = 34, 90, 24
"""Height of a banner of one line, the width of the toolbar beside it, and of the rims where there is none."""


def label(look: Look, text: str, x: float | str, y: float | str, **extra: Any) -> dict[str, Any]:
    """An annotation without an arrow; positions on a log axis are given as exponents of ten.

    `colour` and `size` are those of its letters.
    """
    font = {"size": extra.pop("size", look.small_px), "color": extra.pop("colour", look.ink)}
    place = {"text": text, "x": x, "y": y, "showarrow": False, "align": "left", "font": font}
    return {**place, **extra}


def leader(look: Look, text: str, x: float | str, y: float | str, line: str, **extra: Any) -> dict[str, Any]:
    """A label joined by a thin `line` of this colour to what it names at (x, y), standing at `ax`, `ay`."""
    arrow = {"showarrow": True, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": line, "yanchor": "middle"}
    return label(look, text, x, y, **{**arrow, "colour": line, **extra})


def add_end_names(
    figure: go.Figure, names: Mapping[str, dict[str, Any]], px_per_decade: float, gap_px: float
) -> None:
    """Draw labels on one log axis at their heights, moved apart where two would be nearer than `gap_px`.

    Of a leader the text moves, and its end stays.
    """
    places = spread({key: name["y"] for key, name in names.items()}, gap_px / px_per_decade)
    for key, y in places.items():
        name = names[key]
        moved = {"ay": (name["y"] - y) * px_per_decade} if name["showarrow"] else {"y": y}
        figure.add_annotation({**name, **moved})


def caption(look: Look, text: str, below_px: int, left_px: int) -> dict[str, Any]:
    """A quiet note `below_px` under the plot, from the left rim of a figure with a margin of `left_px`."""
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    shift = {"xshift": 8 - left_px, "yshift": -below_px}
    return label(look, text, 0, 0, size=LEAST_PX, colour=look.muted, **place, **shift)


def sample_banner(figure: go.Figure, look: Look, text: str, *, clear_px: int = 0) -> None:
    """Says in the picture that it is not the reader's own result: beside the toolbar, on a phone under it.

    `clear_px` is how far labels reach above the plot where the banner would stand.
    """
    if not text:
        return
    top = figure.layout.margin.t
    beside_px = figure.layout.margin.l + (RIM_PX if look.narrow else TOOLBAR_PX)
    text = wrap(text, look.room_px(beside_px) / BOLD, look.small_px)
    more_px = line_px(look.small_px) * (lines(text) - 1) + (BANNER_PX if look.narrow else 0)
    margin = max(top, clear_px + BANNER_PX) + more_px
    figure.update_layout(margin={"t": margin}, height=figure.layout.height + margin - top)
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    box = {"bgcolor": look.panel, "bordercolor": look.stale, "borderpad": 4}
    figure.add_annotation(label(look, f"<b>{text}</b>", 0, 1, yshift=margin - more_px - 31, **place, **box))


def backed(look: Look, alpha: float = 0.85) -> dict[str, Any]:
    """What lets a label be read over lines: the ground, not quite opaque."""
    return {"bgcolor": faded(look.background, alpha), "borderpad": 1}


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
