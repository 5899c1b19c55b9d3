"""What a machine was measured to reach: ceilings, latencies, the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from accel_core.codec import PlainData
from accel_core.model.machine import Environment
from accel_core.model.series import RateSeries
from accel_core.model.words import Estimate


@dataclass(frozen=True, slots=True)
class Ceiling(PlainData):
    """A roof: the most FLOP/s or byte/s that this machine was seen (or is computed) to reach in one way."""

    kind: str
    """"compute" (unit FLOP/s, level None) or "memory" (unit byte/s, level one of LEVELS)."""
    name: str
    """Unique among the ceilings of one machine, for instance "fma_float32_512_1t" or "load_L2_1t"."""
    level: str | None
    width_bits: int | None
    """Vector width of the instructions; a scalar's is its own (32 or 64)."""
    dtype: str
    threads: int
    operation: str
    """"fma", "add", "load", "copy", "triad"."""
    byte_convention: str | None
    """"least", "stream" or "write_allocate" for memory roofs, None for compute."""
    working_set_bytes: int | None
    value: float
    low: float | None
    high: float | None
    n: int
    unit: str
    source: str
    """"measured", "theory", "cited" or "typed in"."""
    definition: str
    """One sentence: what was run, or the formula."""
    stores: str | None = None
    """"regular" or "non_temporal" where the operation stores."""
    disturbed_reason: str = ""
    """What was wrong with the timing, in one sentence; empty where nothing was seen."""
    tries: int = 1
    """`value` is the median of `n` samples, and each sample the fastest of so many tries in a row."""
    series: tuple[RateSeries, ...] = ()
    """The samples that `value` is the median of; none where nothing was measured, or before they were kept."""


@dataclass(frozen=True, slots=True)
class Latency(PlainData):
    """Load-to-use time of one memory level by pointer chase; `time_s` per load."""

    level: str
    working_set_bytes: int
    time_s: Estimate
    definition: str
    disturbed_reason: str = ""
    series: tuple[RateSeries, ...] = ()
    """The samples, in loads; `time_s` is the inverse of the median of their rates."""


@dataclass(frozen=True, slots=True)
class CurvePoint(PlainData):
    """Read bandwidth and load-to-use latency of one core at one working set."""

    working_set_bytes: int
    bandwidth_byte_per_s: Estimate | None = None
    latency_s: Estimate | None = None
    bandwidth_series: tuple[RateSeries, ...] = ()
    """The samples, a series for each pass through all working sets."""
    latency_series: tuple[RateSeries, ...] = ()
    """The same of the latency, in loads."""


@dataclass(frozen=True, slots=True)
class Clock(PlainData):
    """The running clock of one core, from a chain of dependent operations."""

    clock_hz: Estimate
    definition: str
    disturbed_reason: str = ""
    series: tuple[RateSeries, ...] = ()
    """The samples, in cycles."""


@dataclass(frozen=True, slots=True)
class Peaks(PlainData):
    """All that was measured of one machine's roofs."""

    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC, of the newest part."""
    ceilings: tuple[Ceiling, ...] = ()
    clock: Clock | None = None
    latencies: tuple[Latency, ...] = ()
    curve: tuple[CurvePoint, ...] = ()

    def without_samples(self) -> Peaks:
        """The same roofs for somebody who needs only what they are: without samples, and without latencies."""
        return replace(
            self,
            ceilings=tuple(replace(ceiling, series=()) for ceiling in self.ceilings),
            clock=None if self.clock is None else replace(self.clock, series=()),
            latencies=(),
            curve=tuple(replace(point, bandwidth_series=(), latency_series=()) for point in self.curve),
        )

    def series(self) -> list[RateSeries]:
        """All samples behind them, those of all parts one after another."""
        found = [one for ceiling in self.ceilings for one in ceiling.series]
        found += [one for latency in self.latencies for one in latency.series]
        found += [one for p in self.curve for one in (*p.bandwidth_series, *p.latency_series)]
        return [*found, *(self.clock.series if self.clock is not None else ())]
