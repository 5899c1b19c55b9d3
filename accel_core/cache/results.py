"""What a simulation gives: counts of each level and operand, as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from accel_core.cache.geometry import CacheGeometry
from accel_core.cache.stream.traversal import Traversal
from accel_core.codec import PlainData, made


@dataclass(frozen=True, slots=True)
class Count:
    """What happened at one level, to one operand or to all. Bytes are those between this level and the next."""

    accesses: int
    hits: int
    misses: int
    compulsory: int
    capacity: int | None
    """None, like conflict, where misses were not classified."""
    conflict: int | None
    bytes_in: int
    bytes_out: int
    """Written back, or written through."""


@dataclass(frozen=True, slots=True)
class LevelCount:
    """One level's counts: all, and those of A, B and C."""

    level: str
    """"L1" is nearest to the core."""
    cache: CacheGeometry
    total: Count
    operands: Mapping[str, Count]

    def to_dict(self) -> dict[str, Any]:
        """Flat: the geometry and the totals side by side, the operands under a key of their own."""
        operands = {name: asdict(count) for name, count in self.operands.items()}
        return {"level": self.level, **asdict(self.cache), **asdict(self.total), "operands": operands}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LevelCount:
        """The counts that `to_dict` wrote down."""
        return cls(
            data["level"],
            made(CacheGeometry, data),
            made(Count, data),
            {name: made(Count, count) for name, count in data["operands"].items()},
        )


@dataclass(frozen=True, slots=True)
class Reuse(PlainData):
    """How many other lines were touched since a line was touched last, over the accesses of the core.

    A fully associative LRU cache of more lines than that would have hit.
    """

    line_bytes: int
    first_touches: int
    at_most: tuple[int, ...]
    """Rising distances: 0, 1, 3, 7, ..."""
    accesses: tuple[int, ...]
    """Those with a distance up to `at_most` and beyond the one before."""


@dataclass(frozen=True, slots=True)
class Simulation(PlainData):
    """One traversal through one hierarchy. Computed, not measured: the same on every machine."""

    traversal: Traversal
    accesses: int
    levels: tuple[LevelCount, ...]
    reuse: Reuse | None = None

    @property
    def dram_bytes(self) -> int:
        """Bytes between the last level and the memory, both ways."""
        last = self.levels[-1].total
        return last.bytes_in + last.bytes_out

    def to_dict(self) -> dict[str, Any]:
        """The fields and what is derived of them as plain data, each level flat."""
        levels = [level.to_dict() for level in self.levels]
        derived = {"dram_bytes": self.dram_bytes, "least_bytes": self.traversal.least_bytes}
        return {**asdict(self), "levels": levels, **derived}
