"""The product itself: slabs of a and b are read ahead, and a block of c stays in memory until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.reader import Reader
from accel_core.machine.waiting import thread_times, waited_fraction
from accel_core.out_of_core.files import TileFile
from accel_core.out_of_core.room import Cut, Slot
from accel_core.roofline.streamed import Plan

HANDS = 2
"""Threads that read: while one waits for a processor between two reads, the disk has the other's to do."""
_EVEN = 4
"""Tiles for each thread, under which tiles are shared out in pieces: a block of nine is uneven for two."""
Place = tuple[slice, slice, int]
"""Rows and columns of a block of c, and where the slabs are along the sum; all in tiles."""


@dataclass
class Took:
    """Seconds of one product, by what they went to."""

    total_s: float = 0.0
    multiply_s: float = 0.0
    waited_s: float = 0.0
    """Nothing was multiplied, because the next slab was not there yet."""
    read_s: float = 0.0
    """The other thread read."""
    write_s: float = 0.0
    read_bytes: int = 0
    write_bytes: int = 0
    kept_off: float | None = None
    """Share of the time in which a thread wanted a processor that others had; None where nobody counts it."""


@dataclass
class Files:
    """a by columns of tiles and b by rows, so that each slab lies in one piece; c by rows."""

    a: TileFile
    b: TileFile
    c: TileFile
    plan: Plan
    took: Took = field(default_factory=Took)

    def read(self, slot: Slot, place: Place) -> None:
        """Fill `slot` with the slabs of `place`."""
        rows, columns, at = place
        for file, tiles, which in ((self.a, slot[0], rows), (self.b, slot[1], columns)):
            part = tiles[: which.stop - which.start]
            file.read(part, at * self.plan.length + which.start)

    def write(self, block: NDArray[Any], rows: slice, columns: slice) -> None:
        """Write a finished block of c, (tiles, tiles, side, side)."""
        for row, tiles in zip(range(rows.start, rows.stop), block, strict=True):
            self.c.write(tiles, row * self.plan.length + columns.start)
            self.took.write_bytes += tiles.nbytes


@dataclass(frozen=True)
class Team:
    """Threads that share the products of tiles, each with one call of single-threaded BLAS after another."""

    rooms: Sequence[NDArray[Any]]
    """A tile for each thread: a product before it is added."""

    def add_products(self, block: NDArray[Any], left: NDArray[Any], right: NDArray[Any]) -> None:
        """block[i, j] += left[i] @ right[j] for all tiles: (m, n, t, t), (m, t, t), (n, t, t)."""
        high, wide = block.shape[:2]
        pieces = len(self.rooms) if high * wide < _EVEN * len(self.rooms) else 1
        parts = [
            (i, j, r) for i in range(high) for j in range(wide) for r in pool.shares(block.shape[2], pieces)
        ]

        def work(mine: slice, room: NDArray[Any]) -> None:
            for i, j, rows in parts[mine]:
                product = room[rows]
                np.matmul(left[i, rows], right[j], out=product)
                block[i, j, rows] += product

        mine = pool.shares(len(parts), len(self.rooms))
        pool.run([partial(work, *one) for one in zip(mine, self.rooms, strict=False)])


def multiply(plan: Plan, files: Files, room: Cut, done: Callable[[float], None]) -> Took:
    """c = a b in files; `done` hears the share that is done, slab after slab."""
    files.plan, files.took = plan, Took()
    took, clock, team = files.took, time.perf_counter, Team(room.products)
    parts = pool.shares(plan.length, plan.blocks)
    places = ((rows, columns, at) for rows in parts for columns in parts for at in range(plan.length))
    steps = len(parts) ** 2 * plan.length
    start_s, before = clock(), thread_times()
    with Reader(files.read, places, room.slots, HANDS) as slabs:
        for number, ((rows, columns, at), (a, b)) in enumerate(slabs):
            high, wide = rows.stop - rows.start, columns.stop - columns.start
            block = room.block[: high * wide].reshape(high, wide, plan.tile, plan.tile)
            from_s = clock()
            took.read_bytes += (high + wide) * plan.tile_bytes
            if at == 0:
                block[...] = 0
            team.add_products(block, a[:high], b[:wide])
            took.multiply_s += (to_s := clock()) - from_s
            if at == plan.length - 1:
                files.write(block, rows, columns)
                took.write_s += clock() - to_s
            done((number + 1) / steps)
    from_s = clock()
    files.c.flush()
    took.write_s += clock() - from_s
    took.total_s = clock() - start_s
    kept_off = waited_fraction(before, thread_times(), plan.threads)
    took.kept_off = kept_off_by_others(kept_off, took.total_s, slabs.processor_s)
    took.waited_s, took.read_s = slabs.waited_s, slabs.filled_s
    return took


def kept_off_by_others(kept_off: float | None, took_s: float, hands_s: float) -> float | None:
    """The share without what the team may have waited for its own hands: at most as long as those ran."""
    return None if kept_off is None else max(kept_off - hands_s / took_s, 0.0)
