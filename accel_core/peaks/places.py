"""Where the walks go: how much of each cache a team walks through, and the pieces of a block too large for any.

Every address comes from `memory.place`, so no plan can lead outside the block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.machine import cache_of, last_level_bytes, sharers
from accel_core.model import CACHE_LEVELS, LEVELS, Machine
from accel_core.peaks.memory import Region, place, whole_granules, windows

QUANTUM_BYTES = 64 << 10
"""A piece of the block is a multiple of this for each thread."""
PAST_NEARER = 2.0
"""A walk is this many times the nearer cache, or part of it would be served from there."""


@dataclass(frozen=True)
class Stretch:
    """Memory for a team: a start address for each thread, and the bytes that each walks through."""

    addresses: tuple[int, ...]
    size_bytes: int


class Conveyor:
    """A block that is taken piece after piece: one comes again only after all the others.

    All roofs of DRAM draw from one conveyor, or the walk of one would find in a large cache what that of
    another has just left there.
    """

    def __init__(self, region: Region) -> None:
        self._region, self._at = region, 0
        self.size_bytes = region.size_bytes

    def most_turns(self, arrays: int, threads: int) -> int:
        """Quanta of each thread's piece of each array, at most; 0 where the block is too small."""
        return self.size_bytes // (arrays * threads * QUANTUM_BYTES)

    def take(self, arrays: int, threads: int, turns: int) -> list[list[int]]:
        """For each array the addresses of the threads' next pieces of `turns` quanta each."""
        piece = turns * QUANTUM_BYTES
        if self._at + arrays * threads * piece > self.size_bytes:
            self._at = 0
        starts = [
            [place(self._region, self._at + (a * threads + t) * piece, piece) for t in range(threads)]
            for a in range(arrays)
        ]
        self._at += arrays * threads * piece
        return starts


def part_bytes(machine: Machine, level: str, threads: int, cpus: Sequence[int]) -> int | None:
    """Bytes that each of `threads` on `cpus` walks through for the roof of a cache.

    None where that level cannot be told from the nearer one: the sharers of an instance divide it, and their
    parts must still be larger than what the nearer caches hold.
    """
    own = own_bytes(machine, level, threads, cpus)
    if own is None:
        return None
    part = CACHE_LEVELS[level].roof_share * own
    nearer = [own_bytes(machine, one, threads, cpus) for one in LEVELS[: LEVELS.index(level)]]
    if known := [inside for inside in nearer if inside is not None]:
        part = max(part, PAST_NEARER * known[-1])
    return whole_granules(part) or None if part <= own else None


def own_bytes(machine: Machine, level: str, threads: int, cpus: Sequence[int]) -> float | None:
    """Bytes of a cache that one of `threads` on `cpus` has to itself: the least of any that they touch.

    None where the size is unknown. An effective size scales all instances of its level.
    """
    cache = machine.cache(level)
    if cache is None:
        return None
    touched = [group.size_bytes for cpu in cpus if (group := cache_of(machine, level, cpu)) is not None]
    reported = cache.system_bytes
    smallest = min(touched, default=reported) * cache.size_bytes / reported
    return smallest / sharers(machine, level, cpus, threads)


def dirty_bytes(machine: Machine, cpus: Sequence[int]) -> int:
    """How much the last-level caches of a team can hold of what it has written; 0 where none is known."""
    if not machine.caches:
        return 0
    last = machine.caches[-1]
    return int(last_level_bytes(machine, cpus) * last.size_bytes / last.system_bytes)


def stretches(region: Region, level: str, threads: int, part: int) -> list[Stretch]:
    """Places for a walk of `threads` through `part` bytes each; none where the block has no room."""
    offsets = windows(region, part, CACHE_LEVELS[level].places * threads)
    groups = [offsets[i : i + threads] for i in range(0, len(offsets), threads)]
    return [
        Stretch(tuple(place(region, offset, part) for offset in group), part)
        for group in groups
        if len(group) == threads
    ]


def ring_bytes(machine: Machine, level: str) -> int | None:
    """Bytes of the pointer chase of a cache; None where its size is unknown."""
    cache = machine.cache(level)
    return whole_granules(CACHE_LEVELS[level].chase_share * cache.size_bytes) if cache else None
