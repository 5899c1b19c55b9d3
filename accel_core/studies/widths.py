"""Vectors of every width on the same fused GELU: what to measure, and what was measured."""

from __future__ import annotations

import math

from accel_core import registry
from accel_core.machine.simd import vector_widths
from accel_core.model import CACHE_LEVELS, ITEM_BYTES, LEVELS, Case, Machine, Measurement, Shape
from accel_core.model.words import SCALAR_BITS, WIDTH
from accel_core.readings.widths import Race
from accel_core.roofline import limiting_memory_level
from accel_core.studies.record import Record

GELU, FUSED = registry.kernel("gelu/fused")
NEAR, LAST = LEVELS[1:3]
SHARE = 1 / 2
"""Of L2 that x and y fill together."""
BEYOND = 4
"""The large arrays are so many times as large as the largest cache, where a size that is offered reaches it."""
MULTIPLE = 16
"""Sides are multiples of it, so that rows hold whole vectors of any width."""


def widths(machine: Machine) -> tuple[int, ...]:
    """The widths to choose from, one number at a time first; 0 where the compiler alone can say."""
    return (SCALAR_BITS, *(vector_widths(machine.simd, machine.architecture) or (0,)))


def sizes(machine: Machine, dtype: str) -> tuple[int, int]:
    """The side at which x and y lie in L2, and one at which no cache holds them, by what the system reports."""
    system_bytes = {cache.level: cache.system_bytes for cache in machine.caches}
    near_bytes = system_bytes.get(NEAR, CACHE_LEVELS[NEAR].typical_bytes) * SHARE
    side = int(math.sqrt(near_bytes / (2 * ITEM_BYTES[dtype]))) // MULTIPLE * MULTIPLE
    far_bytes = BEYOND * max(system_bytes.values(), default=CACHE_LEVELS[LAST].typical_bytes)
    large = [n for n in GELU.sizes if GELU.least_bytes(GELU.shape(n), dtype) >= far_bytes]
    return max(side, MULTIPLE), min(large, default=GELU.sizes[-1])


def cases(machine: Machine, dtype: str) -> list[Case]:
    """Every width at both sizes, on one thread."""
    return [
        Case(FUSED.id, size, dtype, 1, {WIDTH: bits})
        for size in sizes(machine, dtype)
        for bits in widths(machine)
    ]


def races(record: Record, dtype: str) -> list[Race]:
    """What is on record, a race for each size of which two widths are."""
    newest: dict[tuple[Shape, int], Measurement] = {}
    for one in record.measurements:  # the newest first
        if (one.kernel, one.dtype, one.threads) == (FUSED.id, dtype, 1):
            newest.setdefault((tuple(one.shape), one.parameters.get(WIDTH, 0)), one)
    found = []
    for size in sizes(record.machine, dtype):
        shape = tuple(GELU.shape(size))
        ran = {bits: m for bits in widths(record.machine) if (m := newest.get((shape, bits)))}
        if len(ran) > 1:
            least_bytes = GELU.least_bytes(shape, dtype)
            level = limiting_memory_level(record.machine, least_bytes)
            last = record.machine.caches[-1].level if record.machine.caches else ""
            by_word = level == last and not (record.peaks and record.peaks.curve)
            found.append(Race(level, least_bytes, ran, by_word))
    return found
