"""The memory that the peak measurements walk through: one large block, and rings for the pointer chase."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence

import numpy as np

from accel_core.machine import available_memory_bytes
from accel_core.model import Machine
from accel_core.peaks.probes import GRANULE_BYTES

HUGE_PAGE_BYTES = 2 << 20
DRAM_BYTES = 1 << 30
"""Working set of the DRAM roofs where memory allows: 32 times the largest common L3."""
FAR_BYTES = 256 << 20
"""Ring of the DRAM latency and end of the curve; eight L3 where that is more. Longer rings build slowly."""
_SHARE_OF_CACHE = {"L1": 1 / 2, "L2": 3 / 4, "L3": 3 / 8}
"""How much of a cache its roof's working set fills: less of L1, which other data need too, and of L3, which
other cores share."""


class Arena:
    """`size_bytes` of memory, touched, on a huge-page boundary, in huge pages where the system gives them."""

    def __init__(self, size_bytes: int, enough: Callable[[int], bool] = lambda touched_bytes: False) -> None:
        """`enough` is asked now and then, with the bytes touched so far, and may end it there.

        Touching a gibibyte takes seconds on a virtual machine that has not had the memory before.
        """
        self._block = mmap.mmap(-1, size_bytes + HUGE_PAGE_BYTES)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            self._block.madvise(mmap.MADV_HUGEPAGE)
        whole = np.frombuffer(self._block, dtype=np.uint8)
        start = -whole.ctypes.data % HUGE_PAGE_BYTES
        self.data = whole[start : start + size_bytes]
        place = 0
        while place < size_bytes and not enough(place):
            # a page that was never written is the kernel's one page of zeros, and would sit in L1
            self.data[place : place + 32 * HUGE_PAGE_BYTES] = 1
            place += 32 * HUGE_PAGE_BYTES
        self.size_bytes = min(place, size_bytes)
        self.data = self.data[: self.size_bytes]
        self.address = int(self.data.ctypes.data)


def dram_bytes() -> int:
    """DRAM_BYTES, less where little memory is free, in whole huge pages; at least four of them."""
    share = available_memory_bytes() // 4
    return max(min(DRAM_BYTES, share) // HUGE_PAGE_BYTES, 4) * HUGE_PAGE_BYTES


def roof_bytes(machine: Machine, level: str, arena_bytes: int) -> int | None:
    """Working set of the load roof of `level`, all of the arena for DRAM; None where that cache is unknown."""
    if level == "DRAM":
        return arena_bytes
    cache = machine.cache(level)
    if cache is None:
        return None
    return int(cache.size_bytes * _SHARE_OF_CACHE[level]) // GRANULE_BYTES * GRANULE_BYTES


def chase_bytes(machine: Machine, level: str, arena_bytes: int) -> int | None:
    """Ring of the latency of `level`: half of L1 or L2 (the level before holds little of it)."""
    if level == "DRAM":
        return min(far_bytes(machine), arena_bytes // 2)
    cache = machine.cache(level)
    return cache.size_bytes // 2 if cache and level != "L3" else roof_bytes(machine, level, arena_bytes)


def far_bytes(machine: Machine) -> int:
    """A working set that no cache holds a good part of."""
    cache = machine.cache("L3") or machine.cache("L2")
    return max(FAR_BYTES, 8 * cache.size_bytes if cache else 0)


def curve_bytes(machine: Machine, arena_bytes: int) -> tuple[int, ...]:
    """Working sets of the curve, two an octave, from 4 KiB to `far_bytes`, multiples of the granule."""
    largest = min(far_bytes(machine), arena_bytes)
    sizes = [4 << 10]
    while sizes[-1] < largest:
        power = 1 << (sizes[-1].bit_length() - 1)
        sizes.append(power * 3 // 2 if sizes[-1] == power else power * 2)
    return tuple(size for size in sizes if size <= largest)


def build_ring(arena: Arena, offset: int, size_bytes: int, line_bytes: int, seed: int) -> int:
    """Write one ring of pointers through every line of `size_bytes` at `offset`, in random order.

    Returns the address of a line. Each line holds the address of the next one in a random permutation, so that
    no prefetcher can guess it, and every line is visited before any is visited again.
    """
    lines = size_bytes // line_bytes
    order = np.random.default_rng(seed).permutation(lines)
    words = arena.data[offset : offset + lines * line_bytes].view(np.uint64)
    start = arena.address + offset
    words[order * (line_bytes // 8)] = start + np.roll(order, -1) * line_bytes
    return start + int(order[0]) * line_bytes


def windows(arena: Arena, size_bytes: int, most: int) -> Sequence[int]:
    """Addresses of up to `most` ranges of `size_bytes` in the arena, each on a huge page of its own."""
    stride = -(-size_bytes // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
    count = min(most, arena.size_bytes // stride)
    return [arena.address + stride * i for i in range(max(count, 1))]
