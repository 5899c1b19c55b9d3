"""How long vectors have to be to come from memory, and what moved them."""

from __future__ import annotations

from accel_core import registry
from accel_core.model import Case, Machine, Measurement
from accel_core.units import format_bytes, format_number

BEYOND = 4
"""Vectors so many times as large as the largest cache come from memory."""
UNKNOWN = 1 << 24
"""Elements of a vector where no cache, or no memory, is known: 64 MiB in float32."""


def fits(machine: Machine, kernel: str, size: int, dtype: str = "float32") -> bool:
    """Whether a case and what checks it take at most half of the memory; False where that is unknown."""
    needed = registry.needed_bytes(Case(kernel, size, dtype))
    return machine.memory_bytes is not None and needed <= machine.memory_bytes / 2


def streamed(machine: Machine, kernel: str, dtype: str = "float32") -> int:
    """Elements of vectors that come from memory: the fewest offered that are BEYOND all caches, of those that
    fit, though `dtype` should be larger than float32."""
    workload, known = registry.kernel(kernel)[0], machine.memory_bytes is not None
    fitting = [n for n in workload.sizes if (fits(machine, kernel, n, dtype) if known else n <= UNKNOWN)]
    _, largest = _most_cached(machine)
    if not largest:
        return min(fitting[-1], UNKNOWN)
    return next((n for n in fitting if workload.least_bytes((n,), "float32") >= BEYOND * largest), fitting[-1])


def _most_cached(machine: Machine) -> tuple[str, int]:
    """The level that holds most, all its instances together, and how much; ("", 0) where none is known."""
    totals = ((cache.level, cache.size_bytes * (cache.instances or 1)) for cache in machine.caches)
    return max(totals, key=lambda total: total[1], default=("", 0))


def beside_caches(m: Measurement, machine: Machine) -> str:
    """Whether the arrays of a measurement can lie in a cache, in a sentence; empty where no cache is known."""
    level, size_bytes = _most_cached(machine)
    if not size_bytes:
        return ""
    factor = m.least_bytes / size_bytes
    told = (
        f"The vectors, {format_bytes(m.least_bytes)}, are {format_number(factor, 2)} times as large as all of "
        f"{level}"
    )
    return f"{told}." if factor >= BEYOND else f"{told}: part of them may have come from there."


def bandwidth(m: Measurement) -> float:
    """Least bytes over the time, in byte/s."""
    return m.least_bytes / m.time_s.median
