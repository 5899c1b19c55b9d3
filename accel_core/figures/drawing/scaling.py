"""A figure drawn larger: every length that Plotly counts in pixels times a factor, all else as it is.

A figure laid out for a width of w / factor and scaled fills w, and is the same picture for the eye: what fitted
beside what still does. https://plotly.com/javascript/reference/layout/ says which lengths are in pixels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

# fmt: off
PIXELS = {
    "size", "width", "height", "l", "r", "t", "b", "pad", "ax", "ay", "xshift", "yshift", "standoff",
    "startstandoff", "arrowwidth", "borderpad", "borderwidth", "ticklen", "tickwidth", "gridwidth",
    "linewidth", "zerolinewidth", "thickness", "minsize", "itemwidth", "entrywidth", "tracegroupgap",
    "padding",
}
# fmt: on
DRAWN = ("marker", "line", "error_x", "error_y", "textfont", "insidetextfont", "outsidetextfont", "hoverlabel")
"""What of a trace says how it is drawn; the rest is data, the width of a bar too."""


def scaled(plain: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """The figure `plain` (of `Figure.to_dict`) `factor` times as large; itself unchanged."""
    traces = [
        {key: _scaled(value, factor) if key in DRAWN else value for key, value in trace.items()}
        for trace in plain["data"]
    ]
    return {**plain, "data": traces, "layout": _scaled(plain["layout"], factor)}


def _scaled(thing: Any, factor: float) -> Any:
    if isinstance(thing, Mapping):
        return {key: _value(key, value, thing, factor) for key, value in thing.items()}
    return [_scaled(one, factor) for one in thing] if isinstance(thing, list | tuple) else thing


def _value(key: str, value: Any, beside: Mapping[str, Any], factor: float) -> Any:
    if key == "template":  # the figure says all of its own lengths
        return value
    if key == "dash" and isinstance(value, str):
        return re.sub(r"[\d.]+(?=px)", lambda length: f"{float(length[0]) * factor:g}", value)
    if key in ("x0", "x1", "y0", "y1"):
        return value * factor if beside.get(f"{key[0]}sizemode") == "pixel" else value
    if key not in PIXELS or beside.get(f"{key}ref", "pixel") != "pixel":
        return _scaled(value, factor)
    if isinstance(value, list | tuple | np.ndarray):
        return [one * factor for one in value]
    return value * factor if isinstance(value, int | float) else _scaled(value, factor)
