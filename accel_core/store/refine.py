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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from accel_core.model import Ceiling, Clock, CurvePoint, Environment, Estimate, Latency, Peaks

PeakPart = Ceiling | Latency | CurvePoint | Clock
Support = tuple[bool, bool, float]
"""(undisturbed, has an interval, the end of the interval that speaks against it): greater stands."""


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


class Refinement:
    """Peaks that grow with each part; only what may still stand is kept, so years of parts cost little."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._environments: list[Environment] = []
        self._newest = 0
        self._created = ""
        self._best: dict[tuple[str, str], dict[int, tuple[Support, int, PeakPart]]] = {}
        """(what, name) -> environment by number -> the best-supported part and when it came."""
        self._count = 0

    def add(self, part: Part) -> None:
        """Take one more part; parts come oldest first."""
        if part.environment not in self._environments:
            self._environments.append(part.environment)
        self._newest = self._environments.index(part.environment)
        self._created = max(self._created, part.created)
        self._count += 1
        for what, support in _supports(part.record):
            best = self._best.setdefault((what, part_name(part.record)), {})
            if self._newest not in best or support >= best[self._newest][0]:
                best[self._newest] = (support, self._count, part.record)

    def peaks(self) -> Peaks | None:
        """What the parts so far support; None where there are none."""
        if not self._count:
            return None
        clocks = self._standing("clock")
        return Peaks(
            self.fingerprint,
            self._environments[self._newest],
            self._created,
            tuple(self._standing("ceiling").values()),
            next(iter(clocks.values()), None),
            tuple(self._standing("latency").values()),
            self._curve(),
        )

    def _standing(self, what: str) -> dict[str, Any]:
        """By name, in the order of first sight: of the newest environment, else the best of any other."""
        return {
            name: best.get(self._newest, max(best.values(), key=lambda one: one[:2]))[2]
            for (kind, name), best in self._best.items()
            if kind == what
        }

    def _curve(self) -> tuple[CurvePoint, ...]:
        """The curve by rising working set; a point's bandwidth and latency are run, and so refined, apart."""
        fast, near = self._standing("bandwidth"), self._standing("near")
        return tuple(
            CurvePoint(
                int(name),
                fast[name].bandwidth_byte_per_s if name in fast else None,
                near[name].latency_s if name in near else None,
                fast[name].bandwidth_series if name in fast else (),
                near[name].latency_series if name in near else (),
            )
            for name in sorted(fast.keys() | near.keys(), key=int)
        )


def refine(fingerprint: str, parts: Iterable[Part]) -> Peaks | None:
    """The peaks that `parts` (oldest first) support; None where there are no parts."""
    refinement = Refinement(fingerprint)
    for part in parts:
        refinement.add(part)
    return refinement.peaks()


def _supports(record: PeakPart) -> Iterator[tuple[str, Support]]:
    """What a part says something of, and how well it is supported in that."""
    if isinstance(record, Ceiling):
        seen = Estimate(record.value, record.low, record.high, record.n)
        yield "ceiling", (not record.disturbed_reason, *_at_least(seen))
    elif isinstance(record, Latency):
        yield "latency", (not record.disturbed_reason, *_at_most(record.time_s))
    elif isinstance(record, Clock):
        yield "clock", (not record.disturbed_reason, *_at_least(record.clock_hz))
    else:
        if record.bandwidth_byte_per_s is not None:
            yield "bandwidth", (True, *_at_least(record.bandwidth_byte_per_s))
        if record.latency_s is not None:
            yield "near", (True, *_at_most(record.latency_s))


def _at_least(rate: Estimate) -> tuple[bool, float]:
    """(has an interval, what the rate was at least)."""
    return (False, rate.median) if rate.low is None else (True, rate.low)


def _at_most(time_s: Estimate) -> tuple[bool, float]:
    """(has an interval, minus what the time was at most): less is better."""
    return (False, -time_s.median) if time_s.high is None else (True, -time_s.high)
