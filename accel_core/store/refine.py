"""Peaks out of all the parts ever measured: a second run refines the first. Pure: parts in, Peaks out.

The rule, for each roof (each ceiling's name, each latency's level, each working set of the curve, the clock):

1. Parts of the current environment (that of the newest part) stand before all others; a part measured with
   other versions counts only where the current ones have none of its name.
2. Among those an undisturbed part stands before a disturbed one, and one with an interval before one of under
   six samples.
3. Then the best-supported one stands: the greatest lower end of the 95 % interval (for a time: the least upper
   end). A roof is the most that the machine was seen to reach, and what goes wrong in a measurement (another
   process, a stolen core, a cold clock) only makes it slower; taking the interval's end keeps a few lucky
   samples from setting a roof. The clock follows the same rule, so that a theoretical roof at the measured
   clock does not lie under a roof of a faster moment.
4. The part stands whole, with its own interval and its own n: samples of different days are not one sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from accel_core.model import Ceiling, Clock, CurvePoint, Environment, Estimate, Latency, Peaks

PeakPart = Ceiling | Latency | CurvePoint | Clock
Support = tuple[bool, bool, float]
"""(undisturbed, has an interval, the end of the interval that speaks against it): greater stands."""
T = TypeVar("T", Ceiling, Latency, CurvePoint, Clock)


@dataclass(frozen=True, slots=True)
class Part:
    """One stored part of a machine's peaks."""

    created: str
    """ISO 8601, UTC."""
    environment: Environment
    record: PeakPart


def part_name(record: PeakPart) -> str:
    """What makes two parts measurements of the same thing, within their type."""
    if isinstance(record, Ceiling):
        return record.name
    if isinstance(record, Latency):
        return record.level
    if isinstance(record, CurvePoint):
        return str(record.working_set_bytes)
    return "clock"


def refine(fingerprint: str, parts: Sequence[Part]) -> Peaks | None:
    """The peaks that `parts` (oldest first) support; None where there are no parts."""
    if not parts:
        return None
    environment = parts[-1].environment
    ceilings = _best_of_each(parts, environment, Ceiling, _ceiling_support)
    latencies = _best_of_each(
        parts, environment, Latency, lambda x: (not x.disturbed_reason, *_at_most(x.time_s))
    )
    clocks = _best_of_each(
        parts, environment, Clock, lambda c: (not c.disturbed_reason, *_at_least(c.clock_hz))
    )
    return Peaks(
        fingerprint,
        environment,
        max(part.created for part in parts),
        tuple(ceilings),
        clocks[0] if clocks else None,
        tuple(latencies),
        _curve(parts, environment),
    )


def _ceiling_support(ceiling: Ceiling) -> Support:
    seen = Estimate(ceiling.value, ceiling.low, ceiling.high, ceiling.n)
    return (not ceiling.disturbed_reason, *_at_least(seen))


def _curve(parts: Sequence[Part], environment: Environment) -> tuple[CurvePoint, ...]:
    """The curve by rising working set; a point's bandwidth and latency are run, and so refined, apart."""

    def bandwidth_support(point: CurvePoint) -> Support | None:
        seen = point.bandwidth_byte_per_s
        return None if seen is None else (True, *_at_least(seen))

    def latency_support(point: CurvePoint) -> Support | None:
        return None if point.latency_s is None else (True, *_at_most(point.latency_s))

    fast = {p.working_set_bytes: p for p in _best_of_each(parts, environment, CurvePoint, bandwidth_support)}
    near = {p.working_set_bytes: p for p in _best_of_each(parts, environment, CurvePoint, latency_support)}
    return tuple(
        CurvePoint(
            size_bytes,
            fast[size_bytes].bandwidth_byte_per_s if size_bytes in fast else None,
            near[size_bytes].latency_s if size_bytes in near else None,
        )
        for size_bytes in sorted(fast.keys() | near.keys())
    )


def _best_of_each(
    parts: Iterable[Part], environment: Environment, kind: type[T], support: Callable[[T], Support | None]
) -> list[T]:
    """For each name the best-supported record of `kind`, current environment first, by first sight."""
    best: dict[str, tuple[tuple[bool, Support], T]] = {}
    for part in parts:
        if not isinstance(part.record, kind):
            continue
        supported = support(part.record)
        if supported is None:
            continue
        rank = (part.environment == environment, supported)
        name = part_name(part.record)
        if name not in best or rank >= best[name][0]:
            best[name] = (rank, part.record)
    return [record for _, record in best.values()]


def _at_least(rate: Estimate) -> tuple[bool, float]:
    """(has an interval, what the rate was at least)."""
    return (False, rate.median) if rate.low is None else (True, rate.low)


def _at_most(time_s: Estimate) -> tuple[bool, float]:
    """(has an interval, minus what the time was at most): less is better."""
    return (False, -time_s.median) if time_s.high is None else (True, -time_s.high)
