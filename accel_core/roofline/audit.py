"""A measured point against the roofs: its share, what limits it, and why it may stand above one.

A point above a roof is never hidden: something in the comparison is wrong then, and the audit says what to
look at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accel_core.model import DRAM, LEVELS, Ceiling, Machine, Measurement
from accel_core.roofline.law import attainable
from accel_core.roofline.limit import limit_of
from accel_core.units import format_bytes, format_count, format_number


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the roofs allow a measurement, and how much of that it reached."""

    attainable_flop_per_s: float
    share: float
    """Achieved / attainable FLOP/s, by the medians."""
    limiting: Ceiling
    """The roof that is lower at this intensity."""
    bound_by: str
    """ "compute" or "memory"."""
    level: str
    """The smallest level that holds the working set; `limiting.level` differs where it has no measured roof."""
    above: bool
    """Faster than the roof by more than the two intervals."""
    causes: tuple[str, ...]
    """Why it may be above, the likely ones first; empty where it is not."""
    doubtful: bool = False
    """Whether the roof itself must be wrong: an undisturbed point is above it, and nothing else explains it."""
    held_back: str = ""
    """What kept the kernel from the instructions that its roof was measured with; empty where nothing did."""


@dataclass(frozen=True, slots=True)
class _Excess:
    """A point above a roof, with all that the causes look at."""

    measurement: Measurement
    machine: Machine
    limiting: Ceiling
    level: str
    share: float
    moved_bytes: int | None

    @property
    def memory_bound(self) -> bool:
        return self.limiting.kind == "memory"


def judge(
    measurement: Measurement, ceilings: Sequence[Ceiling], machine: Machine, moved_bytes: int | None = None
) -> Verdict | None:
    """`measurement`, by its least bytes or those given, under the roofs of its dtype and threads (`limit_of`).

    None where a flat or a sloping roof is missing, or where the work or the traffic is nothing.
    """
    limit = limit_of(measurement, measurement.threads, ceilings, machine, moved_bytes)
    if limit is None:
        return None
    highest = attainable(limit.intensity, _highest(limit.compute), _highest(limit.memory))
    share = measurement.flop_per_s / limit.flop_per_s
    above = _slowest(measurement) > highest
    excess = _Excess(measurement, machine, limit.limiting, limit.level, share, moved_bytes)
    causes = tuple(text for cause in _CAUSES if (text := cause(excess)) is not None) if above else ()
    explained = measurement.disturbed or any(cause(excess) is not None for cause in _EXPLAIN)
    return Verdict(
        attainable_flop_per_s=limit.flop_per_s,
        share=share,
        limiting=limit.limiting,
        bound_by=limit.bound_by,
        level=limit.level,
        above=above,
        causes=causes,
        doubtful=above and not explained,
        held_back=_held_back(measurement),
    )


def _held_back(measurement: Measurement) -> str:
    held = measurement.environment.held_back
    if not held:
        return ""
    return f"{measurement.kernel} was held back: {held} when it was measured, which no roof is measured under."


def _highest(roof: Ceiling) -> float:
    return roof.high if roof.high is not None else roof.value


def _slowest(measurement: Measurement) -> float:
    """FLOP/s at the slow end of the interval; the median where there is none."""
    time = measurement.time_s
    return measurement.flop / (time.high if time.high is not None else time.median)


# -- causes, likely ones first: each looks at its own evidence -----------------------------------------------


def _typed(x: _Excess) -> str | None:
    if x.limiting.source == "measured":
        return None
    return f"The roof was not measured here ({x.limiting.source}): check its figure."


def _kept_between_passes(x: _Excess) -> str | None:
    if not x.memory_bound or (x.moved_bytes or 0) <= x.measurement.least_bytes:
        return None
    return (
        "Counted bytes: what one pass writes and the next one reads may stay in a nearer cache, so that "
        f"{x.level} gives fewer than were counted."
    )


def _own_threads(x: _Excess) -> str | None:
    m = x.measurement
    if m.cpu_s <= 1.05 * m.wall_s * m.threads:
        return None
    return (
        f"Threads: {format_number(m.cpu_s / m.wall_s)} cores were busy on average, but the roof is for "
        f"{m.threads}; a library may bring threads of its own, so compare with the roof of all threads."
    )


def _matrix_unit(x: _Excess) -> str | None:
    blas = x.measurement.environment.blas
    if x.memory_bound or blas is None or "accelerate" not in blas.name.lower():
        return None
    return (
        "Matrix unit: Apple's Accelerate multiplies on matrix units that are faster than the vector units "
        "whose roof this is, and its thread count is its own."
    )


def _narrow_roof(x: _Excess) -> str | None:
    width, widest = x.limiting.width_bits, x.machine.simd.width_bits
    if x.memory_bound or width is None or width >= widest:
        return None
    return (
        f"The highest compute roof measured is {width} bit wide, but this processor has {widest}-bit vectors: "
        "measure the wider roof."
    )


def _level_without_roof(x: _Excess) -> str | None:
    if not x.memory_bound or x.limiting.level == x.level:
        return None
    size = format_bytes(x.measurement.least_bytes)
    return (
        f"Level: its {size} lie in {x.level}, which has no measured roof; that of {x.limiting.level} stands in."
    )


def _cache_resident(x: _Excess) -> str | None:
    if not x.memory_bound or x.limiting.level not in LEVELS[1:]:
        return None
    nearer, m = LEVELS[: LEVELS.index(x.limiting.level)], x.measurement
    cache = next((one for name in reversed(nearer) if (one := x.machine.cache(name))), None)
    if cache is None:
        return None
    level, size, capacity = cache.level, format_bytes(m.least_bytes), format_bytes(cache.size_bytes)
    caches = min(m.threads, cache.instances or 1)
    if caches > 1 and m.least_bytes <= caches * cache.size_bytes:
        return f"Cache: its {m.threads} threads have {caches} {level} of {capacity}, holding {size} together."
    if m.least_bytes > 4 * cache.size_bytes:  # STREAM's rule for arrays that no longer profit from a cache
        return None
    return (
        f"Cache: the working set of {size} is {format_number(m.least_bytes / cache.size_bytes)} times {level} "
        f"({capacity}), so part of it may stay there from call to call; over four times {level} it would not."
    )


def _byte_convention(x: _Excess) -> str | None:
    if not x.memory_bound or x.limiting.operation != "load":
        return None
    return (
        "Byte convention: the roof only loads; a kernel that also stores can move more bytes where both "
        "overlap, so measure the copy and triad roofs of this level."
    )


def _clock(x: _Excess) -> str | None:
    if x.limiting.source != "measured" or x.share > 1.5 or x.limiting.level == DRAM:
        return None  # no processor's clock explains more
    return (
        "Clock: the processor may have run faster than when the roof was measured (temperature, power, idle "
        "neighbours)."
    )


def _uncertain_roof(x: _Excess) -> str | None:
    roof = x.limiting
    if roof.source != "measured":
        return None
    if roof.low is None or roof.high is None:
        return f"The roof rests on {format_count(roof.n, 'sample')} and has no interval."
    spread = (roof.high - roof.low) / roof.value
    if spread <= 0.02:
        return None
    return f"The roof itself was disturbed: its interval is {format_number(100 * spread)} % wide."


def _remedy(x: _Excess) -> str | None:
    if x.limiting.source != "measured":
        return None
    return "Measure the roofs and this kernel again, on an otherwise idle machine."


def _other_traffic(x: _Excess) -> str | None:
    """As `_byte_convention`, but DRAM's own roofs of copy and triad were compared already."""
    return None if x.limiting.level == DRAM else _byte_convention(x)


_EXPLAIN = (
    _typed,
    _kept_between_passes,
    _own_threads,
    _matrix_unit,
    _narrow_roof,
    _level_without_roof,
    _cache_resident,
    _other_traffic,  # last
)
"""Causes by which a point may truly be faster than a true roof."""
_CAUSES: tuple[Callable[[_Excess], str | None], ...] = (
    *_EXPLAIN[:-1],
    _byte_convention,
    _uncertain_roof,
    _clock,
    _remedy,
)
