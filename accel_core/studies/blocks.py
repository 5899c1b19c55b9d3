"""Where the best block of the compiled, tiled product lies, and why: computed from this reader's numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from accel_core.model import ITEM_BYTES, NEAREST, CacheLevel, Machine, Measurement
from accel_core.readings.sweep import Misses, cache_marks
from accel_core.units import format_number

KERNEL = "matmul/compiled_tiled"
ALIKE = 1.1
"""Miss counts within this ratio of the least are as good as it."""


def best_block_reading(machine: Machine, measurements: Sequence[Measurement]) -> str:
    """Two or three sentences on the best block in a sweep; empty where fewer than three blocks were measured.

    Blocks whose intervals touch that of the fastest count as equally good.
    """
    swept = sorted((m for m in measurements if m.kernel == KERNEL), key=block_of)
    if len(swept) < 3:
        return ""
    best = min(swept, key=lambda m: m.time_s.median)
    tied = [block_of(m) for m in equally_fast(swept)]
    least, most = block_of(swept[0]), block_of(swept[-1])
    if tied[0] == least and tied[-1] == most:
        return "compiled_tiled is equally fast with every block: at this size it does not wait for a cache."
    span = str(tied[0]) if len(tied) == 1 else f"{tied[0]} to {tied[-1]} (their intervals touch)"
    other = swept[0] if block_of(best) == most else swept[-1]
    gain = format_number(other.time_s.median / best.time_s.median, 2)
    text = f"compiled_tiled is fastest with block {span}, {gain} times as fast as with block {block_of(other)}."
    if block_of(best) == most:
        return f"{text} It does not wait for a cache here: larger tiles only mean fewer starts."
    reasons = (_capacity(machine, best), _conflicts(machine, best))
    return " ".join([text, *(reason for reason in reasons if reason)])


def equally_fast(swept: Sequence[Measurement]) -> list[Measurement]:
    """The fastest and those whose intervals touch its own, in the order given."""
    best = min(swept, key=lambda m: m.time_s.median)
    return [m for m in swept if _touch(m, best)]


def block_of(measurement: Measurement) -> int:
    """Side of the tiles; the whole size where the measurement has none."""
    return int(measurement.parameters.get("block", measurement.size))


def _touch(a: Measurement, b: Measurement) -> bool:
    """Whether the intervals of two times touch; without intervals, whether they are the same record."""
    ends = (a.time_s.low, a.time_s.high, b.time_s.low, b.time_s.high)
    if any(end is None for end in ends):
        return a.id == b.id
    a_low, a_high, b_low, b_high = (float(end) for end in ends if end is not None)
    return a_low <= b_high and b_low <= a_high


def _capacity(machine: Machine, best: Measurement) -> str:
    """The smallest cache that holds three tiles of the best block."""
    marks = cache_marks(machine, best.dtype, "block")
    held = next((mark for mark in marks if mark.value >= block_of(best)), None)
    if held is None:
        return ""
    return (
        f"Three such tiles fit in {held.level}, which is full at a side of {held.value:.0f}: smaller ones are "
        "started more often, larger ones are read again from a slower level."
    )


def _conflicts(machine: Machine, best: Measurement) -> str:
    """Where the sets of the nearest cache bound the tile before its capacity, where the best agrees."""
    cache = machine.cache(NEAREST)
    if cache is None or not cache.ways or not cache.line_bytes:
        return ""
    row_bytes = best.shape[-1] * ITEM_BYTES[best.dtype]
    limit = rows_without_conflict(cache, row_bytes)
    capacity = math.isqrt(cache.size_bytes // (3 * ITEM_BYTES[best.dtype]))
    if limit >= capacity or block_of(best) > limit:
        return ""
    return (
        f"At N={best.size} the sets of L1 bound it earlier than its capacity: rows of b lie {row_bytes} bytes "
        f"apart and start in so few of its sets that a tile of more than {limit} rows evicts itself."
    )


def rows_without_conflict(cache: CacheLevel, row_bytes: int) -> int:
    """How many rows, `row_bytes` apart and shorter than the gaps that they leave, fit before one set overflows.

    Rows start in every g-th set, with g the greatest common divisor of the row in lines and the number of sets:
    so there are sets / g places, and each holds as many rows as the cache has ways. Needs ways and line size.
    """
    assert cache.ways and cache.line_bytes
    sets = cache.size_bytes // (cache.ways * cache.line_bytes)
    if row_bytes % cache.line_bytes:
        return cache.ways * sets  # starts drift through the lines, so rows spread over all sets
    return cache.ways * sets // math.gcd(row_bytes // cache.line_bytes, sets)


def misses_reading(measurements: Sequence[Measurement], lines: Misses) -> str:
    """Which cache's fewest misses lie at the measured best block, or that none explains it; empty without."""
    swept = [m for m in measurements if m.kernel == KERNEL]
    if len(swept) < 3 or not lines:
        return ""
    fastest = {float(block_of(m)) for m in equally_fast(swept)}
    fewest = {level: _fewest(line) for level, line in lines.items() if len(_fewest(line)) < len(line)}
    if not fewest:
        return "No cache misses more often with one block than with another: misses do not explain the speed."
    where = "; ".join(f"{level} at {_span(blocks)}" for level, blocks in fewest.items())
    text = f"Simulated misses are fewest for {where}."
    agree = [level for level, blocks in fewest.items() if fastest & set(blocks)]
    best = _span(sorted(fastest))
    if agree:
        return f"{text} The measured best, block {best}, lies at the fewest misses of {' and '.join(agree)}."
    return (
        f"{text} The measured best, block {best}, is at none of these: misses alone do not explain it. "
        "They leave out the start of each tile's loops, fetching ahead, and how many loads run at once."
    )


def _fewest(line: Sequence[tuple[float, float]]) -> list[float]:
    """The blocks that miss at most a tenth more than the best one."""
    least = min(count for _, count in line)
    return [block for block, count in line if count <= ALIKE * least]


def _span(blocks: Sequence[float]) -> str:
    return f"{blocks[0]:.0f}" if len(blocks) == 1 else f"{blocks[0]:.0f} to {blocks[-1]:.0f}"
