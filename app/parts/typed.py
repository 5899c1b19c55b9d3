"""The roofs of a typed-in machine that two pages ask for: its peak and the bandwidth of its memory."""

from __future__ import annotations

from accel_core.model import DRAM
from app.session import settings

TYPED = settings.Choice("typed", "Draw a typed-in machine instead", ("false", "true"), "false")
PEAK = settings.Number(
    "peak", "Peak (GFLOP/s)", 0.001, 1e9, 100.0, help="At the number type and thread count chosen above."
)


def bandwidth(level: str) -> settings.Number:
    """The field of a memory level, in GB/s; at first that of memory has a value, and caches have none."""
    default = 25.0 if level == DRAM else 0.0
    help = "0 leaves it out."
    return settings.Number(f"bw_{level}", f"{level} bandwidth (GB/s)", 0.0, 1e7, default, help=help)
