"""One sample: some large blocks read or written one after another, or one small read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from accel_core.disk.content import Content
from accel_core.model.disk import READ, WRITE

MIB = 1 << 20


class File(Protocol):
    """What a measurement needs of a file."""

    way: str
    unit: int
    """The smallest read that it takes."""
    most_depth: int

    def write(self, data: memoryview, at: int) -> None:
        """Write all of `data` at `at`."""

    def read(self, into: memoryview, at: int) -> None:
        """Fill `into` from `at`."""

    def flush(self) -> None:
        """Return when all is on the disk."""

    def forget(self, *, random: bool = False) -> None:
        """Empty the system's cache of it."""

    def close(self) -> None:
        """Remove it."""


@dataclass(frozen=True)
class Way:
    """One way of moving blocks."""

    operation: str
    block_bytes: int
    depth: int = 1
    fresh: bool = False

    @property
    def step_bytes(self) -> int:
        """The least that uses all of its depth."""
        return self.block_bytes * self.depth


FRESH = Way(WRITE, 4 * MIB, fresh=True)
"""How the file is made."""
WAYS = tuple(
    Way(operation, size * MIB, depth)
    for size, depth in ((4, 1), (1, 1), (16, 1), (4, 4))
    for operation in (READ, WRITE)
)
"""What is tried, reads and writes in turns."""


@dataclass
class Samples:
    """Of one way, in whole nanoseconds."""

    sample_bytes: int
    took_ns: list[int] = field(default_factory=list)
    starts_ns: list[int] = field(default_factory=list)

    def add(self, start_ns: int, end_ns: int) -> None:
        """One more; a time that the clock did not see counts as a nanosecond."""
        self.starts_ns.append(start_ns)
        self.took_ns.append(max(end_ns - start_ns, 1))

    def rates(self) -> list[float]:
        """Bytes per second of each."""
        return [self.sample_bytes / took * 1e9 for took in self.took_ns]


@dataclass
class Sampler:
    """Moves blocks between a file and its content, and counts what it moved."""

    file: File
    content: Content
    clock_ns: Callable[[], int] = time.perf_counter_ns
    read_bytes: int = 0
    written_bytes: int = 0

    def blocks(self, way: Way, size_bytes: int, at: int) -> tuple[int, int]:
        """(start, end) of one sample of `size_bytes` from `at` on; WrongResult where a read was wrong."""
        act = self.file.read if way.operation == READ else self.file.write
        if way.operation == WRITE:
            self.content.number(size_bytes)
        self.file.forget()
        start_ns = self.clock_ns()
        _all_blocks(act, self.content.view[:size_bytes], at, way)
        if way.operation == WRITE:
            self.file.flush()
        end_ns = self.clock_ns()
        if way.operation == WRITE:
            self.content.wrote(size_bytes, at)
            self.written_bytes += size_bytes
        else:
            self.content.check(size_bytes, at)
            self.read_bytes += size_bytes
        return start_ns, end_ns

    def small_read(self, at: int) -> tuple[int, int]:
        """(start, end) of one read of the file's unit at `at`."""
        into = self.content.view[: self.file.unit]
        start_ns = self.clock_ns()
        self.file.read(into, at)
        end_ns = self.clock_ns()
        self.content.check(self.file.unit, at)
        self.read_bytes += self.file.unit
        return start_ns, end_ns


def _all_blocks(act: Callable[[memoryview, int], None], data: memoryview, at: int, way: Way) -> None:
    """Do `act` with each block of `data`: by as many threads as the depth says, each with its own blocks."""
    faults: list[BaseException] = []

    def some(first: int) -> None:
        try:
            for offset in range(first * way.block_bytes, len(data), way.step_bytes):
                act(data[offset : offset + way.block_bytes], at + offset)
        except BaseException as fault:  # told by the thread that waits for this one
            faults.append(fault)

    others = [threading.Thread(target=some, args=(one,)) for one in range(1, way.depth)]
    for thread in others:
        thread.start()
    some(0)
    for thread in others:
        thread.join()
    if faults:
        raise faults[0]
