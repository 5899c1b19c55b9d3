"""A cache hierarchy in dictionaries and lists, slow and obviously right: what the simulator must equal.

Also a matrix product whose arrays write down every access, and reuse distances by looking back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from accel_core.cache import CacheGeometry

HIT, COMPULSORY, CAPACITY, CONFLICT = "hit", "compulsory", "capacity", "conflict"


class PlainLevel:
    """One level; `below` is the next one or None for the memory, `above` those nearer to the core."""

    def __init__(self, cache: CacheGeometry, above: list[PlainLevel], operand: Callable[[int], str]) -> None:
        self.cache, self.above, self.operand = cache, above, operand
        self.below: PlainLevel | None = None
        self.sets: list[list[int]] = [[] for _ in range(cache.sets)]  # oldest first
        self.shadow: list[int] = []
        self.seen: set[int] = set()
        self.dirty: set[int] = set()
        self.counts: Counter[tuple[str, str]] = Counter()

    def count(self, what: str, line: int, number: int = 1) -> None:
        self.counts[what, self.operand(line * self.cache.line_bytes)] += number

    def set_of(self, line: int) -> list[int]:
        return self.sets[line % self.cache.sets]

    def access(self, address: int, write: bool, size: int) -> None:
        line, cache = address // self.cache.line_bytes, self.cache
        own_set, through = self.set_of(line), write and cache.write == "through"
        held = line in own_set
        if held and cache.policy == "lru":
            own_set.remove(line)
            own_set.append(line)
        if not held and not through:
            self.count("bytes_in", line, cache.line_bytes)
            self.pass_on(line, False, cache.line_bytes)
        self.count(self.judge(line, held, not through), line)
        if through:
            self.count("bytes_out", line, size)
            self.pass_on(line, True, size)
            return
        if write:
            self.dirty.add(line)
        if not held:
            own_set.append(line)
            if len(own_set) > cache.ways:
                self.evict(own_set.pop(0))

    def judge(self, line: int, held: bool, allocate: bool) -> str:
        in_shadow, seen = line in self.shadow, line in self.seen
        self.seen.add(line)
        if in_shadow and self.cache.policy == "lru":
            self.shadow.remove(line)
            self.shadow.append(line)
        if not in_shadow and allocate:
            self.shadow.append(line)
            del self.shadow[: -self.cache.lines]
        if held:
            return HIT
        return COMPULSORY if not seen else CONFLICT if in_shadow else CAPACITY

    def evict(self, victim: int) -> None:
        if self.cache.inclusive:
            start = victim * self.cache.line_bytes
            for upper in self.above:
                for address in range(start, start + self.cache.line_bytes, upper.cache.line_bytes):
                    upper.recall(address, self)
        if victim in self.dirty:
            self.write_back(victim)

    def recall(self, address: int, by: PlainLevel) -> None:
        line = address // self.cache.line_bytes
        if line in self.shadow:
            self.shadow.remove(line)
        if line not in self.set_of(line):
            return
        self.set_of(line).remove(line)
        if line in self.dirty:
            self.dirty.remove(line)
            self.count("bytes_out", line, self.cache.line_bytes)
            lower = self.below
            assert lower is not None
            while lower is not by and not lower.holds(address):
                lower = lower.below
                assert lower is not None
            lower.count(HIT, address // lower.cache.line_bytes)
            lower.dirty.add(address // lower.cache.line_bytes)

    def holds(self, address: int) -> bool:
        line = address // self.cache.line_bytes
        return line in self.set_of(line)

    def write_back(self, line: int) -> None:
        self.dirty.remove(line)
        self.count("bytes_out", line, self.cache.line_bytes)
        self.pass_on(line, True, self.cache.line_bytes)

    def pass_on(self, line: int, write: bool, size: int) -> None:
        if self.below is not None:
            self.below.access(line * self.cache.line_bytes, write, size)

    def flush(self) -> None:
        for line in sorted(self.dirty):
            if line in self.dirty:
                self.write_back(line)

    def row(self, operand: str, classify: bool = True) -> list[int]:
        """accesses, compulsory, capacity, conflict, bytes in, bytes out, as the compiled one counts them."""
        hits, *misses = (self.counts[what, operand] for what in (HIT, COMPULSORY, CAPACITY, CONFLICT))
        if not classify:
            misses = [misses[0], misses[1] + misses[2], 0]
        return [
            hits + sum(misses),
            *misses,
            self.counts["bytes_in", operand],
            self.counts["bytes_out", operand],
        ]


def plain_hierarchy(caches: Sequence[CacheGeometry], operand: Callable[[int], str]) -> list[PlainLevel]:
    """Empty levels, nearest to the core first; `operand` names the array that an address belongs to."""
    levels: list[PlainLevel] = []
    for cache in caches:
        levels.append(PlainLevel(cache, levels[:], operand))
    for upper, lower in pairwise(levels):
        upper.below = lower
    return levels


def plain_distances(lines: Sequence[int]) -> list[int | None]:
    """For each access, how many other lines were touched since its line was last; None for a first touch."""
    found: list[int | None] = []
    for at, line in enumerate(lines):
        before = [back for back in range(at) if lines[back] == line]
        found.append(len(set(lines[before[-1] + 1 : at])) if before else None)
    return found


class Recorder:
    """A matrix that writes every element access to `stream` as (name, row, column, write); slices are views."""

    def __init__(
        self, name: str, rows: Sequence[int], columns: Sequence[int], stream: list[tuple[str, int, int, bool]]
    ) -> None:
        self.name, self.rows, self.columns, self.stream = name, rows, columns, stream

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.columns)

    def __getitem__(self, at: tuple[Any, Any]) -> Any:
        if isinstance(at[0], slice):
            return Recorder(self.name, self.rows[at[0]], self.columns[at[1]], self.stream)
        self.stream.append((self.name, self.rows[at[0]], self.columns[at[1]], False))
        return 0.0

    def __setitem__(self, at: tuple[int, int], value: float) -> None:
        self.stream.append((self.name, self.rows[at[0]], self.columns[at[1]], True))
