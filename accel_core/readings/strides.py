"""What it costs to walk down a matrix as it lies: the pages that are touched, and the sets of a cache."""

from __future__ import annotations

import math
from collections.abc import Sequence

from accel_core.model import CacheLevel, Measurement
from accel_core.readings.ratios import EVEN, times
from accel_core.units import format_bytes

PAGE_BYTES = 4096
TLB_ENTRIES = "64 to 96"
"""Pages of 4 KiB that a core's first-level data TLB holds: 64 on Intel's Skylake and Ice Lake and on AMD's Zen
2 and 3, 72 on Zen 4, 96 on Intel's Golden Cove and Zen 5 (Intel Optimization Reference Manual, chapter 2; AMD
Software Optimization Guides for families 17h to 1Ah)."""


def strides_reading(
    n: int, itemsize: int, caches: Sequence[CacheLevel], strided: Measurement | None, packed: Measurement | None
) -> str:
    """Why walking down the n rows of an n x n matrix is slow, or that it is not, by the reader's numbers.

    `strided` and `packed` are measurements of a rung that walks down b and of one that packs it first, at this
    size; None where they were not made. Empty where the system tells no cache's geometry.
    """
    row_bytes = n * itemsize
    rows = _rows_that_fit(caches[0], row_bytes) if caches else 0
    if not rows:
        return ""
    pages = math.ceil(n * row_bytes / PAGE_BYTES) if row_bytes < PAGE_BYTES else n
    text = (
        f"The rows of b begin {format_bytes(row_bytes)} apart. To walk down all {n:,} of them is to read a "
        f"line of each, on {pages:,} pages of 4 KiB, where a first-level TLB holds {TLB_ENTRIES} (fewer pages "
        "where the system gives larger ones); and by the sets that those lines fall into, "
        f"{caches[0].level} has room for {min(rows, n):,} of them. Packed, the same numbers lie one after "
        "another."
    )
    if strided is None or packed is None:
        return f"{text} Time this rung and the packed one at this size to see what that costs."
    gain = strided.time_s.median / packed.time_s.median
    if gain <= 1 + EVEN:
        return f"{text} At this size it does not show: packing first was {times(gain)} as fast."
    return f"{text} Packing first was {times(gain)} as fast."


def _rows_that_fit(level: CacheLevel, row_bytes: int) -> int:
    """Lines, one of each row, that the cache holds at once; 0 where its geometry is unknown.

    A line at address x lies in set (x / line) mod sets (Hennessy and Patterson, Computer Architecture, appendix
    B): rows a whole number of lines apart fall into sets / gcd(lines apart, sets) of them.
    """
    if not level.ways or not level.line_bytes:
        return 0
    sets = level.size_bytes // (level.ways * level.line_bytes)
    apart, rest = divmod(row_bytes, level.line_bytes)
    used = sets if rest or not sets else sets // math.gcd(apart, sets)
    return used * level.ways
