"""How large each cache is for this process: where the measured curve leaves its level.

A cache that is shared with strangers (a cloud's L3), split among dies or cut by the hypervisor holds less for
one process than the system reports. The curve of bandwidth and latency against the working set shows where a
level ends for the process that measures; what computes with a cache's size (roofs, the limiting level, block
marks, simulated geometry) then takes that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from accel_core.model import CacheLevel, CurvePoint, Machine
from accel_core.units import format_bytes

FEWEST_POINTS = 6
"""Of a curve that says anything about where caches end."""
DIFFERS = 1.5
"""An effective size counts where the reported one is this many times as large: the curve has two points an
octave, so a step is known to a factor of 1.4."""
CONTRAST = 1.3
"""Two levels whose plateaus differ by less cannot be told apart by that curve."""
Points = Sequence[tuple[float, float]]
"""(working set in bytes, time per byte or per load), rising by working set."""


@dataclass(frozen=True, slots=True)
class EffectiveSize:
    """One cache: what the system reports, and where this process found its end."""

    level: str
    reported_bytes: int
    effective_bytes: int | None
    """None where the curve does not tell this level from the next."""
    seen: bool = True
    """False where the curve goes far past the reported size, and this process finds nothing of this level: from
    twice the nearer cache on, an access costs what one to memory does."""

    @property
    def differs(self) -> bool:
        """Whether the measured size is so much smaller that it replaces the reported one."""
        return self.effective_bytes is not None and DIFFERS * self.effective_bytes <= self.reported_bytes


def effective_sizes(machine: Machine, curve: Sequence[CurvePoint]) -> tuple[EffectiveSize, ...]:
    """The size of each reported cache as the curve shows it, near to far; all unknown without a curve.

    A level ends where the cost of an access passes the geometric mean of its own plateau and the next level's,
    read off both curves (latency, and the inverse of bandwidth) by interpolation on log axes. The larger of the
    two counts, where bandwidth has fallen and latency risen: what disturbs one of them makes it end too early.
    Its plateau is the median of the points from twice the nearer cache up to half the reported size, at most
    two octaves wide; that of DRAM is the median of the last three points. Where the curve does not reach past
    the reported size of the last cache, both must have left its plateau: latency alone also rises with the
    pages that a walk touches.
    """
    slowness = [
        (float(p.working_set_bytes), 1 / p.bandwidth_byte_per_s.median)
        for p in curve
        if p.bandwidth_byte_per_s is not None
    ]
    latency = [(float(p.working_set_bytes), p.latency_s.median) for p in curve if p.latency_s is not None]
    found: list[EffectiveSize] = []
    nearer = 0.0
    for place, cache in enumerate(machine.caches):
        farther = machine.caches[place + 1] if place + 1 < len(machine.caches) else None
        ends = [_end(points, nearer, cache, farther) for points in (slowness, latency)]
        reached = farther is not None or all(_passes(points, cache) for points in (slowness, latency) if points)
        size = max((end for end in ends if end), default=None) if reached or all(ends) else None
        known = None if size is None else min(_about(size), cache.size_bytes)
        alike = [_is_memory(points, nearer, cache) for points in (slowness, latency)]
        seen = known is not None or farther is not None or not all(alike)
        found.append(EffectiveSize(cache.level, cache.size_bytes, known, seen))
        nearer = float(found[-1].effective_bytes if found[-1].differs else cache.size_bytes)  # type: ignore[arg-type]
    return tuple(found)


def as_measured(machine: Machine, curve: Sequence[CurvePoint]) -> Machine:
    """The machine with the effective size of each cache where it differs, without one that is nowhere seen.

    `CacheLevel.reported_bytes` then holds what the system says. The fingerprint stays: it is of the hardware.
    """
    found = effective_sizes(machine, curve)
    if all(size.seen and not size.differs for size in found):
        return machine
    caches = [cache for cache, size in zip(machine.caches, found, strict=True) if size.seen]
    sizes = {s.level: s.effective_bytes for s in found if s.differs}
    return replace(machine, caches=tuple(_resized(cache, sizes.get(cache.level)) for cache in caches))


def doubts(machine: Machine, curve: Sequence[CurvePoint]) -> tuple[str, ...]:
    """A sentence where the last cache was nowhere found, or where the curve was too short to find its end."""
    found = effective_sizes(machine, curve)
    if not found or len(curve) < FEWEST_POINTS:
        return ()
    last, reached_bytes = found[-1], max(point.working_set_bytes for point in curve)
    reported = format_bytes(last.reported_bytes)
    if not last.seen:
        return (
            f"This process finds nothing of the {last.level} of {reported} that the system reports: past the "
            "nearer cache an access costs what one to memory does, so it has no roof here.",
        )
    if last.effective_bytes is None and reached_bytes <= last.reported_bytes:
        return (
            f"Where the {last.level} ends was not found: the system reports {reported}, and the curve reaches "
            f"{format_bytes(reached_bytes)}. If it is smaller here, its roof is that of memory: free some "
            "memory, or give more time, and measure again.",
        )
    return ()


def _resized(cache: CacheLevel, size_bytes: int | None) -> CacheLevel:
    if size_bytes is None:
        return cache
    return replace(cache, size_bytes=size_bytes, reported_bytes=cache.size_bytes)


def _end(points: Points, nearer: float, cache: CacheLevel, farther: CacheLevel | None) -> float | None:
    """Working set at which `points` leave the level of `cache`; None where the two plateaus are too alike."""
    own = _plateau(points, 2 * nearer, cache.size_bytes / 2)
    if farther is None:
        beyond = _middle([y for _, y in points[-3:]])
    else:
        beyond = _plateau(points, 2 * cache.size_bytes, farther.size_bytes / 2)
    if own is None or beyond is None or beyond < CONTRAST * own:
        return None
    middle = math.sqrt(own * beyond)
    inside = [(x, y) for x, y in points if x >= nearer]
    for (x, y), (next_x, next_y) in pairwise(inside):
        if y <= middle < next_y:
            return x * (next_x / x) ** (math.log(middle / y) / math.log(next_y / y))
    return None


def _passes(points: Points, cache: CacheLevel) -> bool:
    """Whether the last three points, which stand for memory, lie past the reported size."""
    return all(x > cache.size_bytes for x, _ in points[-3:])


def _is_memory(points: Points, nearer: float, cache: CacheLevel) -> bool:
    """Whether what should lie in `cache` costs what memory does, by points that go past its reported size.

    Said only of a cache that should be far larger than the nearer one: two octaves of the curve are looked at.
    """
    low = 2 * nearer
    inside = _middle([y for x, y in points if low <= x <= min(4 * low, cache.size_bytes / 2)])
    beyond = _middle([y for _, y in points[-3:]])
    if inside is None or beyond is None or not _passes(points, cache):
        return False
    return 4 * low <= cache.size_bytes / 2 and beyond < CONTRAST * inside


def _plateau(points: Points, low: float, high: float) -> float | None:
    """Median of the points of the two octaves that begin at `low`, none beyond `high`; of the one nearest to
    the middle of both where none lies between."""
    between = [y for x, y in points if low <= x <= min(high, 4 * low if low else high)]
    if between:
        return _middle(between)
    middle = math.sqrt(max(low, 1.0) * high)
    near = [(abs(math.log(x / middle)), y) for x, y in points if low / 2 < x < 2 * high]
    return min(near)[1] if near else None


def _about(size: float) -> int:
    """To three or four binary digits, as fine as the curve can tell."""
    step = 1 << max(round(size).bit_length() - 4, 0)
    return max(round(size / step), 1) * step


def _middle(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None
