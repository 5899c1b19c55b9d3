"""The memory that the peak measurements walk through: one large block, and rings for the pointer chase.

Whoever plans a walk asks the block for the place (`Arena.place`), which refuses what does not lie inside: the
probes themselves check nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from accel_core.kernels.compiled import compiled
from accel_core.kernels.pages import HUGE_PAGE_BYTES, fresh
from accel_core.machine import available_memory_bytes
from accel_core.model import Machine
from accel_core.peaks.probes import GRANULE_BYTES

STREAM_FACTOR = 4
"""Arrays are this many times the sum of all last-level caches used in the run, by STREAM's rule (J. McCalpin,
https://www.cs.virginia.edu/stream/ref.html, "Adjusting the Problem Size")."""
LEAST_DRAM_BYTES = 256 << 20
"""Working set of DRAM where the last-level caches are small or unknown."""
MOST_OF_FREE = 0.5
"""Share of the free memory that the block may take."""
_RANDOM_LINES = 1 << 20
"""Up to so many lines a ring is a random permutation, above an arithmetic one: at 1 Mi lines both chase at the
same speed (143 and 144 ns on an Intel Emerald Rapids virtual machine), and building one takes 63 and 9 ms."""


class Region(Protocol):
    """An extent of memory: what a plan needs to know of the block."""

    @property
    def address(self) -> int:
        """Of its first byte."""

    @property
    def size_bytes(self) -> int:
        """From its first byte to its end."""


def place(region: Region, offset: int, size_bytes: int) -> int:
    """The address of `size_bytes` at `offset` of `region`; ValueError where they do not lie inside it.

    A walk outside would read or write memory that belongs to somebody else, and may end the process.
    """
    if size_bytes <= 0 or offset < 0 or offset + size_bytes > region.size_bytes:
        raise ValueError(f"{size_bytes} bytes at {offset} do not lie in a block of {region.size_bytes} bytes")
    return region.address + offset


class Arena:
    """`size_bytes` of memory, touched, on a huge-page boundary, in huge pages where the system gives them."""

    def __init__(self, size_bytes: int, enough: Callable[[int], bool] = lambda touched_bytes: False) -> None:
        """`enough` is asked now and then, with the bytes touched so far, and may end it there.

        Touching a gibibyte takes about a second on a virtual machine that has not had the memory before.
        """
        self.data = fresh(size_bytes)[:size_bytes]
        touched = 0
        while touched < size_bytes and not enough(touched):
            # a page that was never written is the kernel's one page of zeros, and would sit in L1
            self.data[touched : touched + 32 * HUGE_PAGE_BYTES] = 1
            touched += 32 * HUGE_PAGE_BYTES
        self.size_bytes = min(touched, size_bytes)
        self.data = self.data[: self.size_bytes]
        self.address = int(self.data.ctypes.data)

    def clear(self) -> None:
        """Write ones over the rings: pointers, read as numbers, are denormal, and slow to add."""
        self.data.fill(1)


def wanted_bytes(last_level_bytes: int) -> int:
    """Working set of the DRAM roofs for caches of `last_level_bytes` in all, in whole huge pages."""
    return _whole_pages(max(LEAST_DRAM_BYTES, STREAM_FACTOR * last_level_bytes))


def dram_bytes(last_level_bytes: int) -> int:
    """`wanted_bytes`, less where little memory is free; at least four huge pages."""
    free = int(available_memory_bytes() * MOST_OF_FREE) // HUGE_PAGE_BYTES * HUGE_PAGE_BYTES
    return max(min(wanted_bytes(last_level_bytes), free), 4 * HUGE_PAGE_BYTES)


def line_bytes(machine: Machine, level: str) -> int:
    """Line of the cache `level`, of any other one for DRAM, 64 bytes where nobody knows."""
    cache = machine.cache(level)
    known = [cache.line_bytes] if cache else [c.line_bytes for c in machine.caches]
    return next((line for line in known if line), 64)


def curve_bytes(largest_bytes: int) -> tuple[int, ...]:
    """Working sets of the curve, two an octave, from 4 KiB to `largest_bytes`, multiples of the granule."""
    sizes = [4 << 10]
    while sizes[-1] < largest_bytes:
        power = 1 << (sizes[-1].bit_length() - 1)
        sizes.append(power * 3 // 2 if sizes[-1] == power else power * 2)
    return tuple(size for size in sizes if size <= largest_bytes)


def whole_granules(size_bytes: float) -> int:
    """The multiple of GRANULE_BYTES at or below `size_bytes`."""
    return int(size_bytes) // GRANULE_BYTES * GRANULE_BYTES


def _whole_pages(size_bytes: int) -> int:
    return -(-size_bytes // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES


def windows(region: Region, size_bytes: int, most: int) -> Sequence[int]:
    """Offsets of up to `most` ranges of `size_bytes` in the region, each on a huge page of its own; none where
    not even one fits."""
    stride = _whole_pages(size_bytes)
    offsets = [stride * i for i in range(most) if stride * i + size_bytes <= region.size_bytes]
    return offsets or ([0] if size_bytes <= region.size_bytes else [])


@dataclass(frozen=True)
class Ring:
    """A closed chain of pointers: a place in it, and the bytes that its lines cover."""

    address: int
    size_bytes: int


def build_ring(arena: Arena, offset: int, size_bytes: int, line_bytes: int, seed: int) -> Ring:
    """Write one ring of pointers through the lines of `size_bytes` at `offset` of the arena.

    Each line holds the address of the next one in an order that no prefetcher can guess, and every line is
    visited before any is visited again.
    """
    start, lines = place(arena, offset, size_bytes), size_bytes // line_bytes
    stride = line_bytes // 8
    rng = np.random.default_rng(seed)
    if lines <= _RANDOM_LINES:
        order = rng.permutation(lines)
        words = arena.data[offset : offset + lines * line_bytes].view(np.uint64)
        words[order * stride] = start + np.roll(order, -1) * line_bytes
        return Ring(start + int(order[0]) * line_bytes, lines * line_bytes)
    lines, factor, first = arithmetic_ring(lines, rng)
    words = arena.data[offset : offset + lines * line_bytes].view(np.int64)
    link(words, lines, stride, start, line_bytes, factor, first)
    return Ring(start, lines * line_bytes)


def arithmetic_ring(most: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """(n, a, c) such that i -> (a i + c) mod n visits all n values, n at most `most` and within 1/32 of it.

    By the theorem of Hull and Dobell (SIAM Review 4(3), 1962): c has no factor in common with n, and a - 1 is a
    multiple of each prime of n, and of 4 where n is.
    """
    shift = max(most.bit_length() - 6, 0)
    head = most >> shift
    count = head << shift
    step = 4 * head
    factor = (1 + step * int(rng.integers(count // (8 * step), count // (2 * step)) | 1)) % count
    first = int(rng.integers(count // 4, count // 2)) | 1
    while math.gcd(first, count) != 1:
        first += 2
    return count, factor, first


@compiled
def link(words: Any, lines: int, stride: int, start: int, line_bytes: int, factor: int, first: int) -> None:
    """words[i * stride] = address of line (factor * i + first) mod lines; written in order, so it is quick."""
    following = first
    for i in range(lines):
        words[i * stride] = start + following * line_bytes
        following += factor
        if following >= lines:
            following -= lines
