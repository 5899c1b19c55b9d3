"""What a simulated cache is, and what makes several a hierarchy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from typing import Any

from accel_core.codec import PlainData
from accel_core.errors import BadInput, is_whole, quoted

POLICIES = ("lru", "fifo")
WRITES = ("back", "through")
PAGE_BYTES = 4096
"""Arrays begin at multiples of this, and no line is longer, so that no line holds parts of two arrays."""
MOST_LEVELS = 3
MOST_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class CacheGeometry(PlainData):
    """One level: size, ways and line, what it replaces and how it writes. BadInput where impossible."""

    size_bytes: int
    ways: int
    """Lines in a set: 1 is direct mapped, size / line fully associative."""
    line_bytes: int = 64
    policy: str = "lru"
    """"lru" or "fifo"."""
    write: str = "back"
    """"back": write-back, and a write that misses allocates; "through": write-through, and it does not."""
    inclusive: bool = False
    """Whether it holds all that the levels above hold, and recalls from them what it evicts."""

    def __post_init__(self) -> None:
        for name in ("size_bytes", "ways", "line_bytes"):
            value = getattr(self, name)
            if not is_whole(value, 1, MOST_BYTES):
                raise BadInput(
                    f"A cache's {name} is {quoted(value)}: give a whole number above 0, such as 32768:8:64."
                )
        if self.line_bytes & (self.line_bytes - 1) or not 8 <= self.line_bytes <= PAGE_BYTES:
            raise BadInput(f"Lines of {self.line_bytes} bytes: use a power of two from 8 to {PAGE_BYTES}.")
        if self.size_bytes % (self.ways * self.line_bytes):
            raise BadInput(
                f"{self.size_bytes} bytes are no whole number of sets of {self.ways} lines of "
                f"{self.line_bytes} bytes: use a multiple of {self.ways * self.line_bytes}."
            )
        if self.policy not in POLICIES or self.write not in WRITES or not isinstance(self.inclusive, bool):
            raise BadInput(
                f"A cache of policy {quoted(self.policy)}, write {quoted(self.write)}, "
                f"inclusive {quoted(self.inclusive)}: "
                f"use {' or '.join(POLICIES)}, {' or '.join(WRITES)}, and true or false."
            )

    @property
    def lines(self) -> int:
        """Lines in all sets together."""
        return self.size_bytes // self.line_bytes

    @property
    def sets(self) -> int:
        """Number of sets; a line goes to the one that is its number modulo this."""
        return self.lines // self.ways

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CacheGeometry:
        """The cache that `to_dict` described; BadInput for other keys and impossible values."""
        if not isinstance(data, Mapping) or set(data) - set(cls.__slots__) or "ways" not in data:
            raise BadInput(f"A cache has {', '.join(cls.__slots__)}; given: {quoted(data)}.")
        if "size_bytes" not in data:
            raise BadInput(f"A cache needs a size_bytes; given: {quoted(data)}.")
        return cls(**data)


CLASSROOM = (CacheGeometry(256, 2, 16), CacheGeometry(1024, 4, 16))
"""Tiny, to see: four float32 to a line, eight sets of two lines, and a second level of four times that."""


def checked(caches: Sequence[CacheGeometry]) -> tuple[CacheGeometry, ...]:
    """`caches` from the core to the memory; BadInput where they are no hierarchy."""
    if not 1 <= len(caches) <= MOST_LEVELS:
        raise BadInput(f"{len(caches)} cache levels: give one to {MOST_LEVELS}, nearest to the core first.")
    for upper, lower in pairwise(caches):
        if lower.line_bytes < upper.line_bytes:
            raise BadInput(
                f"Lines of {upper.line_bytes} bytes above lines of {lower.line_bytes}: a level's lines are at "
                f"least as long as those of the level above."
            )
    return tuple(caches)


def kept_lines(cache: CacheGeometry, stride_bytes: int) -> tuple[int, int]:
    """Sets that lines `stride_bytes` apart fall into, and how many such lines these sets keep.

    Lines d apart among S sets visit S / gcd(S, d) of them, each of which keeps as many as it has ways.
    """
    apart = max(1, stride_bytes // cache.line_bytes)
    sets = cache.sets // gcd(cache.sets, apart)
    return sets, sets * cache.ways
