"""What stands for each kind of operation of a transformer block: a colour, a marker and the filling of a bar.

Colours are those of the look, which a grey print and the colour-blind tell apart by shape and filling.
"""

from __future__ import annotations

from accel_core.figures.drawing.look import FAMILIES, Look
from accel_core.model import LEVELS

_INTERPRETED, _NUMPY, _COMPILED, _PACKED, _ = FAMILIES
_MARKS = {
    "QKV": (_PACKED, "circle", ""),
    "QK^T": (_COMPILED, "diamond", "/"),
    "softmax": ("", "triangle-up", "x"),
    "PV": (_COMPILED, "triangle-down", "\\"),
    "output": (_PACKED, "square", "-"),
    "residual": (_NUMPY, "x", "."),
    "norm": (_NUMPY, "pentagon", "|"),
    "feed-forward": (_PACKED, "hexagon", "+"),
}
_ACTIVATION = (_INTERPRETED, "star", "/")
"""GELU or SwiGLU."""


def colour(look: Look, kind: str) -> str:
    """Products with weights share one, as do those of the attention, and norms and residuals."""
    family = _MARKS.get(kind, _ACTIVATION)[0]
    return look.family(family) if family else look.level(LEVELS[0])


def symbol(kind: str) -> str:
    """The marker of a kind."""
    return _MARKS.get(kind, _ACTIVATION)[1]


def pattern(kind: str) -> str:
    """The filling of its bar."""
    return _MARKS.get(kind, _ACTIVATION)[2]
