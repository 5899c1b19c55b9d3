"""Roofs, as people read them."""

from __future__ import annotations

from accel_core.model import Ceiling, Estimate, Peaks
from accel_core.readings.estimates import rate_text
from accel_core.units import format_rate


def ceiling_text(ceiling: Ceiling) -> str:
    """The value of a roof with its interval and source."""
    estimate = Estimate(ceiling.value, ceiling.low, ceiling.high, ceiling.n)
    text = rate_text(estimate, roof_unit(ceiling)) if ceiling.n else roof_rate(ceiling)
    return f"{text}, {ceiling.source}"


def roof_unit(ceiling: Ceiling) -> str:
    """The short name of a roof's unit: "B/s" or "FLOP/s"."""
    return "B/s" if ceiling.kind == "memory" else "FLOP/s"


def roof_rate(ceiling: Ceiling) -> str:
    """The value of a roof: "235 GB/s"."""
    return format_rate(ceiling.value, roof_unit(ceiling))


def roof_title(roof: Ceiling) -> str:
    """ "L2 load", "FMA 256-bit", "FMA scalar"."""
    if roof.kind == "memory":
        return f"{roof.level} {roof.operation}"
    width = "" if roof.width_bits is None else f"{roof.width_bits}-bit"
    if roof.width_bits is not None and roof.width_bits <= 64:
        width = "scalar"
    return f"{roof.operation.upper() if roof.operation == 'fma' else roof.operation} {width}".strip()


def load_roof(peaks: Peaks | None, level: str, threads: int = 1) -> Ceiling | None:
    """The best measured load roof of a memory level for `threads` threads."""
    found = [
        c
        for c in (peaks.ceilings if peaks else ())
        if c.kind == "memory" and c.level == level and c.operation == "load" and c.threads == threads
    ]
    return max(found, key=lambda c: c.value, default=None)
