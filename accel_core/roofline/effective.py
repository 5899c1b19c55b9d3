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

    @property
    def differs(self) -> bool:
        """Whether the measured size is so much smaller that it replaces the reported one."""
        return self.effective_bytes is not None and DIFFERS * self.effective_bytes <= self.reported_bytes


def effective_sizes(machine: Machine, curve: Sequence[CurvePoint]) -> tuple[EffectiveSize, ...]:
    """The size of each reported cache as the curve shows it, near to far; all unknown without a curve.

    A level ends where the cost of an access passes the geometric mean of its own plateau and the next level's,
    read off both curves (latency, and the inverse of bandwidth) by interpolation on log axes. The larger of the
    two counts, where bandwidth has fallen and latency risen: what disturbs one of them makes it end too early.
    Its plateau is the median of the points from twice the nearer cache up to half the reported
    size, at most two octaves wide; that of DRAM is the median of the last three points.
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
        ends = [end for points in (slowness, latency) if (end := _end(points, nearer, cache, farther))]
        size = max(ends, default=None)
        known = None if size is None else min(_about(size), cache.size_bytes)
        found.append(EffectiveSize(cache.level, cache.size_bytes, known))
        nearer = float(found[-1].effective_bytes if found[-1].differs else cache.size_bytes)  # type: ignore[arg-type]
    return tuple(found)


def as_measured(machine: Machine, curve: Sequence[CurvePoint]) -> Machine:
    """The machine with the effective size of each cache where it differs from the reported one.

    `CacheLevel.reported_bytes` then holds what the system says. The fingerprint stays: it is of the hardware.
    """
    sizes = {s.level: s.effective_bytes for s in effective_sizes(machine, curve) if s.differs}
    if not sizes:
        return machine
    return replace(machine, caches=tuple(_resized(cache, sizes.get(cache.level)) for cache in machine.caches))


def _resized(cache: CacheLevel, size_bytes: int | None) -> CacheLevel:
    if size_bytes is None:
        return cache
    return replace(cache, size_bytes=size_bytes, reported_bytes=cache.size_bytes)


def _end(points: Points, nearer: float, cache: CacheLevel, farther: CacheLevel | None) -> float | None:
    """Working set at which `points` leave the level of `cache`; None where the two plateaus are too alike."""
    own = _plateau(points, 2 * nearer, cache.size_bytes / 2)
    if farther is None:
        beyond = _middle([y for x, y in points[-3:] if x > cache.size_bytes])
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
