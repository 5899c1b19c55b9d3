"""The memory of a product that reads ahead: one piece, allocated once, and a limit that the process sets.

Linux counts what a process may still write of its own (RLIMIT_DATA: private memory, whether or not it was
touched), so a run that took more than it says would end with a MemoryError. Elsewhere the piece is all there
is.
"""

from __future__ import annotations

import mmap
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.roofline.streamed import Plan

BESIDE_BYTES = 32 << 20
"""Beside the matrices: Python's own objects, the stacks of those that read."""
STACK_BYTES = 8 << 20
"""Of a thread that starts under the limit, whatever the host's `ulimit -s`: a stack counts whole."""
MOST_SLOTS = 16
"""Pairs of slabs: reading further ahead than that smooths nothing more."""
Slot = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class Cut:
    """The tiles in memory, by what they are for."""

    block: NDArray[Any]
    """The block of c, row by row."""
    slots: tuple[Slot, ...]
    """Slabs of a and of b: a pair that is multiplied, and one or more that are read meanwhile."""
    products: tuple[NDArray[Any], ...]
    """A tile for each thread: a product before it is added."""


class Room:
    """The tiles that `plan` needs, in one piece of memory that starts at a page as direct reading wants it."""

    def __init__(self, plan: Plan, dtype: str) -> None:
        flags = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
        tiles = plan.side**2 + 4 * plan.side + plan.threads
        self.size_bytes = tiles * plan.tile_bytes
        piece = mmap.mmap(-1, self.size_bytes, **flags)
        self._tiles = np.frombuffer(piece, dtype).reshape(tiles, plan.tile, plan.tile)

    def cut(self, plan: Plan) -> Cut:
        """The room for a plan with such tiles; what a smaller block leaves is used to read further ahead."""
        side, threads = plan.side, plan.threads
        pairs = min((len(self._tiles) - side**2 - threads) // (2 * side), MOST_SLOTS)
        products, block, rest = np.split(self._tiles, [threads, threads + side**2])
        slabs = rest[: 2 * pairs * side].reshape(pairs, 2, side, plan.tile, plan.tile)
        return Cut(block, tuple((a, b) for a, b in slabs), tuple(products))


@contextmanager
def limited(more_bytes: int) -> Iterator[bool]:
    """Within the block this process takes only so much more memory of its own; False where nobody holds it."""
    held = status_bytes("VmData")
    if held is None:
        yield False
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held + more_bytes
    if soft != resource.RLIM_INFINITY:
        wanted = min(wanted, soft)
    stack_bytes = threading.stack_size(STACK_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield True
    finally:
        threading.stack_size(stack_bytes)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def forget_peak() -> None:
    """Have Linux count the peak of this process's resident memory from now on."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def status_bytes(name: str) -> int | None:
    """A number of /proc/self/status, VmHWM or VmData; None where there is none."""
    return _number("/proc/self/status", f"{name}:", 1024)


def device_read_bytes() -> int | None:
    """What this process has had read from a disk so far, by Linux's own count; None where nobody counts."""
    return _number("/proc/self/io", "read_bytes:", 1)


def _number(path: str, name: str, unit: int) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in Path(path).read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * unit
    return None
