"""Samples in turns, so that a neighbour who comes and goes meets all ways alike: first the file, then rounds.

Reads follow half a file behind the writes, so that what is read was written long before, and a drive's own
cache has seen as much as possible since (fio's manual warns of reads that a cache answers).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from accel_core.disk.content import Content
from accel_core.disk.sampling import FRESH, MIB, WAYS, Sampler, Samples, Way
from accel_core.model.disk import READ, WRITE

SAMPLE_S = 0.1
"""About how long a sample is made."""
MOST_SAMPLE_BYTES = 128 * MIB
"""Also what the buffer holds: no page is written twice in a sample."""
LEAST_FILE_BYTES = 4 * MIB
FILE_SHARE = 0.35
"""Of the time, at most, for making the file."""
SMALL_S, MOST_SMALL = 0.1, 250
"""Small reads of one round: for so long, and no more than so many."""
MOST_ROUNDS = 40
OVERTIME = 2.0
"""A first round ends after so many budgets, done or not, once something was read and something written."""


@dataclass
class Run:
    """What was sampled of one file."""

    sampler: Sampler
    room_bytes: int
    budget_s: float
    clock: Callable[[], float] = time.monotonic
    tell: Callable[[int, float], None] = lambda step, left_s: None
    """Hears which step it is, 0 or 1, and the seconds that are left."""
    file_bytes: int = 0
    sample_bytes: int = MIB
    samples: dict[Way, Samples] = field(default_factory=dict)
    small: Samples = field(default_factory=lambda: Samples(0))
    began: float = 0.0

    @property
    def content(self) -> Content:
        """What is written."""
        return self.sampler.content

    def go(self) -> None:
        """Make the file, then take samples until the time is over."""
        self.began = self.clock()
        self._make()
        ways = [way for way in WAYS if self._fits(way)]
        places = {way.operation: _places(self.file_bytes, way.operation == READ) for way in ways}
        picks = np.random.default_rng(15)
        for done in range(MOST_ROUNDS):
            self._small_reads(picks)
            for way in ways:
                if self._over(first=done == 0) and self._has_both():
                    return
                self.tell(1, self._left_s())
                size = self._size(way)
                at = places[way.operation](size)
                kept = self.samples.setdefault(way, Samples(size))
                kept.add(*self.sampler.blocks(way, size, at))

    def _make(self) -> None:
        """Write the file in samples that grow to their length, until it is long enough or the time is over."""
        step, spent = MIB, FILE_SHARE * self.budget_s
        kept = Samples(step)
        while self.file_bytes < LEAST_FILE_BYTES or (self._fresh_room() and self.clock() - self.began < spent):
            self.tell(0, self._left_s())
            size = min(step, self._fresh_room())
            start, end = self.sampler.blocks(FRESH, size, self.file_bytes)
            self.file_bytes += size
            if size == kept.sample_bytes:
                kept.add(start, end)
            longer = min(4 * step, MOST_SAMPLE_BYTES)
            if len(kept.took_ns) == 1 and (end - start) * 1e-9 < SAMPLE_S / 4 and longer > step:
                step, kept = longer, Samples(longer)  # the one before was too short to count
        self.sample_bytes = min(step, self.file_bytes // 2 // MIB * MIB)  # the reads are half a file behind
        if kept.took_ns:
            self.samples[FRESH] = kept

    def _fresh_room(self) -> int:
        return (self.room_bytes - self.file_bytes) // MIB * MIB

    def _fits(self, way: Way) -> bool:
        """Whether a sample of this way is not much longer than the others, and buffer and file can serve it."""
        usual = way.depth <= self.sampler.file.most_depth and way.step_bytes <= 4 * self.sample_bytes
        return usual and self._size(way) <= min(len(self.content.view), self.file_bytes // 2)

    def _size(self, way: Way) -> int:
        """A sample's length in whole steps of the way."""
        return max(self.sample_bytes // way.step_bytes, 1) * way.step_bytes

    def _small_reads(self, picks: np.random.Generator) -> None:
        unit, until = self.sampler.file.unit, self.clock() + SMALL_S
        self.small.sample_bytes = unit
        self.sampler.file.forget(random=True)
        for page in picks.integers(0, self.file_bytes // unit, MOST_SMALL):
            self.small.add(*self.sampler.small_read(int(page) * unit))
            if self.clock() > until:
                break

    def _left_s(self) -> float:
        return max(0.0, self.began + self.budget_s - self.clock())

    def _has_both(self) -> bool:
        """Whether reading and writing were sampled, which a record without would be of no use."""
        return {way.operation for way in self.samples if way != FRESH} == {READ, WRITE}

    def _over(self, *, first: bool) -> bool:
        spent = self.clock() - self.began
        return spent > self.budget_s * (OVERTIME if first else 1.0)


def _places(file_bytes: int, behind: bool) -> Callable[[int], int]:
    """What gives each next sample its place: through the file again and again, `behind` by half of it."""
    at = 0 if not behind else file_bytes // 2 // MIB * MIB

    def next_place(size_bytes: int) -> int:
        nonlocal at
        if at + size_bytes > file_bytes:
            at = 0
        here, at = at, at + size_bytes
        return here

    return next_place


def in_order(samples: Sequence[Samples]) -> Iterator[float]:
    """The rates of several, in the order in which they were taken."""
    pairs = [pair for one in samples for pair in zip(one.starts_ns, one.rates(), strict=True)]
    return (rate for _, rate in sorted(pairs))
