"""What a simulated cache is, how it is written (`32768:8:64`), and the two that have names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from accel_core.errors import BadInput
from accel_core.model import Machine

POLICIES = ("lru", "fifo")
WRITES = ("back", "through")
PAGE_BYTES = 4096
"""Arrays begin at multiples of this, and no line is longer, so that no line holds parts of two arrays."""
MOST_LEVELS = 3
MOST_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class CacheGeometry:
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
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_BYTES:
                raise BadInput(
                    f"A cache's {name} is {value!r}: give a whole number above 0, such as 32768:8:64."
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
                f"A cache of policy {self.policy!r}, write {self.write!r}, inclusive {self.inclusive!r}: "
                f"use {' or '.join(POLICIES)}, {' or '.join(WRITES)}, and true or false."
            )

    @property
    def lines(self) -> int:
        return self.size_bytes // self.line_bytes

    @property
    def sets(self) -> int:
        return self.lines // self.ways

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CacheGeometry:
        if not isinstance(data, Mapping) or set(data) - set(cls.__slots__) or "ways" not in data:
            raise BadInput(f"A cache has {', '.join(cls.__slots__)}; given: {_shown(data)}.")
        if "size_bytes" not in data:
            raise BadInput(f"A cache needs a size_bytes; given: {_shown(data)}.")
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


def parse_caches(
    text: str,
    machine: Machine | None = None,
    *,
    policy: str = "lru",
    write: str = "back",
    inclusive: bool = False,
) -> tuple[CacheGeometry, ...]:
    """`size:ways:line,...` in bytes, nearest to the core first; ways may be `full`. Or `classroom`, or `cpu`.

    `policy`, `write` and `inclusive` hold for every level (the nearest is inclusive of nothing).
    """
    if text == "classroom":
        found: tuple[CacheGeometry, ...] = CLASSROOM
    elif text == "cpu":
        found = cpu_caches(machine)
    else:
        found = tuple(_parse_level(part) for part in text.split(","))
    plain = ((c.size_bytes, c.ways, c.line_bytes) for c in found)
    return checked(
        [CacheGeometry(*sizes, policy, write, inclusive and level > 0) for level, sizes in enumerate(plain)]
    )


def cache_label(text: str) -> str:
    """What `text`, as `parse_caches` takes it, has to be called wherever its numbers are shown."""
    named = {"classroom": "classroom (tiny, to see)", "cpu": "this CPU (as detected)"}
    return named.get(text, f"as given ({text})")


def cpu_caches(machine: Machine | None) -> tuple[CacheGeometry, ...]:
    """The data caches that `machine` was detected to have; BadInput where ways or line are unknown."""
    levels = machine.caches if machine is not None else ()
    if not levels or any(not (c.ways and c.line_bytes) for c in levels):
        raise BadInput("The ways or lines of this machine's caches are unknown: write them as 32768:8:64,...")
    return checked([CacheGeometry(c.size_bytes, c.ways or 1, c.line_bytes or 64) for c in levels])


def _parse_level(text: str) -> CacheGeometry:
    parts = text.strip().split(":")
    if len(parts) == 3 and parts[1] == "full" and parts[0].isdecimal() and parts[2].isdecimal():
        parts[1] = str(int(parts[0]) // max(1, int(parts[2])))
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in parts):
        raise BadInput(
            f"{_shown(text)} is no cache: write size:ways:line in bytes, such as 32768:8:64 or 32768:full:64, "
            f"one for each level, or the name classroom or cpu."
        )
    size_bytes, ways, line_bytes = (int(part) for part in parts)
    return CacheGeometry(size_bytes, ways, line_bytes)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
