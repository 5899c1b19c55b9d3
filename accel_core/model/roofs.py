"""What a machine was measured to reach: ceilings, latencies, the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from accel_core.model.machine import Environment
from accel_core.model.words import Estimate


@dataclass(frozen=True, slots=True)
class Ceiling:
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

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ceiling:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Latency:
    """Load-to-use time of one memory level by pointer chase; `time_s` per load."""

    level: str
    working_set_bytes: int
    time_s: Estimate
    definition: str
    disturbed_reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Latency:
        return cls(**{**data, "time_s": Estimate.from_dict(data["time_s"])})


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Read bandwidth and load-to-use latency of one core at one working set."""

    working_set_bytes: int
    bandwidth_byte_per_s: Estimate | None
    latency_s: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CurvePoint:
        b, t = data.get("bandwidth_byte_per_s"), data.get("latency_s")
        return cls(
            int(data["working_set_bytes"]),
            Estimate.from_dict(b) if b else None,
            Estimate.from_dict(t) if t else None,
        )


@dataclass(frozen=True, slots=True)
class Clock:
    """The running clock of one core, from a chain of dependent operations."""

    clock_hz: Estimate
    definition: str
    disturbed_reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Clock:
        return cls(**{**data, "clock_hz": Estimate.from_dict(data["clock_hz"])})


@dataclass(frozen=True, slots=True)
class Peaks:
    """All that was measured of one machine's roofs."""

    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC, of the newest part."""
    ceilings: tuple[Ceiling, ...] = ()
    clock: Clock | None = None
    latencies: tuple[Latency, ...] = ()
    curve: tuple[CurvePoint, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Peaks:
        return cls(
            data["fingerprint"],
            Environment.from_dict(data["environment"]),
            data["created"],
            tuple(Ceiling.from_dict(c) for c in data["ceilings"]),
            Clock.from_dict(data["clock"]) if data.get("clock") else None,
            tuple(Latency.from_dict(x) for x in data["latencies"]),
            tuple(CurvePoint.from_dict(x) for x in data["curve"]),
        )
