"""How a product is shared out over threads: a cell for each, and the room that it packs in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.fork_join import even_shares
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.panels import SLACK
from accel_core.kernels.matmul.plan import Plan


@dataclass(frozen=True, slots=True)
class Work:
    """How a product is shared out: not to be written, as it is kept."""

    plan: Plan
    """Of each thread."""
    cells: list[tuple[slice, slice]]
    rows: NDArray
    columns: NDArray
    """The cells' first and last but one, both (threads, 2)."""
    mc: int
    shapes: tuple[tuple[int, ...], ...]
    """Of the room for panels that all threads have together; empty where nothing is packed."""


@lru_cache(maxsize=1024)
def work_of(
    m: int, k: int, n: int, itemsize: int, row_bytes: int, threads: int, plan: Plan, more: int = 0
) -> Work:
    """For c (m, n) = a (m, k) @ b (k, n), m, k, n >= 1, where rows of b begin `row_bytes` apart; with room for
    `more` steps of k than a block has."""
    plan = plan.among(threads, itemsize) if threads > 1 else plan
    for cost in (COPY_COST, 0):
        cells = cells_of(m, n, threads, plan.blocks, cost)
        ends = [[(part.start, part.stop) for part in axis] for axis in zip(*cells, strict=True)]
        rows, columns = np.array(ends, np.int64)
        tall, wide = (int((part[:, 1] - part[:, 0]).max()) for part in (rows, columns))
        if plan.packs(tall, k, wide, itemsize, row_bytes) != "nothing":
            cut = plan.blocks.cut(tall, k, wide)
            deep = cut.kc + more
            apart = -(-(cut.mc * deep + SLACK) // SLACK) * SLACK
            shapes = (threads, apart), (threads, cut.nc // cut.nr, deep, cut.nr), (threads, cut.mr, cut.nr)
            return Work(plan, cells, rows, columns, cut.mc, shapes)
    return Work(plan, cells, rows, columns, 0, ())


COPY_COST = 40
"""Multiply-adds in the time that packing one element takes: 0.3 ns against 0.0077 (float32, on Zen 5)."""


def cells_of(m: int, n: int, threads: int, blocks: Blocking, copy_cost: int) -> list[tuple[slice, slice]]:
    """A cell of c, whole register tiles, for each thread.

    Of all cuts into rows and columns of cells it is that whose largest cell takes least: its multiply-adds in
    one step of k, and `copy_cost` for each element of a and b that it reads. Where tiles are too few, some
    cells are empty; k is never cut.
    """
    pairs = [(down, threads // down) for down in range(1, threads + 1) if threads % down == 0]

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        rows, columns = (-(-units // parts) for units, parts in zip(tiles, pair, strict=True))
        rows, columns = rows * blocks.mr, columns * blocks.nr
        return rows * columns + copy_cost * (rows + columns), rows + columns

    tiles = -(-m // blocks.mr), -(-n // blocks.nr)
    down, across = min(pairs, key=cost)
    tall, wide = even_shares(m, down, blocks.mr), even_shares(n, across, blocks.nr)
    return [(r, s) for r in tall for s in wide]
