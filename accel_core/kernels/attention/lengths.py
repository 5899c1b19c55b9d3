"""How long the tiles of attention are, and how they are shared out: what follows from the caches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.matmul.blocking import Blocking, evenly
from accel_core.kernels.matmul.micro_kernel import ROWS

UNITS = 8
"""Tiles of queries for each thread, at least, where there are enough queries: those of a causal head take
unlike times, and one more or less is then an eighth of a thread's work at most."""
FEW_QUERIES = 16 * ROWS
"""Fewer are not worth a tile, as long as each thread has one: keys and values of a head come from L3 for each
tile. 96 queries do 4 · 96 FLOP with 2 elements, 48 FLOP/B in float32, several times what a core needs."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths of the tiles, in elements."""

    nr: int
    """Keys of a panel: columns of the register tile."""
    keys: int
    """Of a tile, whole panels."""
    queries: int
    """Of a tile, at most."""


def lengths(blocks: Blocking, head_size: int) -> Lengths:
    """Those that follow from the blocks of the matrix product.

    A strip of scores, ROWS x keys, is for the second product what a micro-panel of a is, mr x kc, and fills the
    same share of L1. Of what a block of b fills of L2, kc x nc, a tile's keys, its values, its queries and
    their results have a quarter each.
    """
    quarter = blocks.kc * blocks.nc // (4 * max(head_size, 1))
    keys = max(min(blocks.kc, quarter) // blocks.nr, 1) * blocks.nr
    return Lengths(blocks.nr, keys, max(quarter // ROWS, 1) * ROWS)


@dataclass(frozen=True, slots=True)
class Shares:
    """How attention is shared out: not to be written, as it is kept."""

    queries: int
    """Of a tile, at most."""
    units: NDArray[np.int64]
    """Heads and their tiles of queries: (n, 3), head, first and last but one."""
    bounds: NDArray[np.int64]
    """Thread t has the units from bounds[t] to bounds[t + 1]."""


@lru_cache(maxsize=256)
def shares(heads: int, queries: int, keys: int, ahead: int, threads: int, most: int) -> Shares:
    """Tiles of at most `most` queries, of which each thread gets neighbours that see nearly equally many keys;
    query i sees the first i + `ahead` of `keys`."""
    each = -(-heads * queries // threads)
    length = evenly(queries, min(most, max(-(-each // UNITS), min(FEW_QUERIES, each), 1)), ROWS)
    starts = range(0, queries, length)
    units = [(head, at, min(at + length, queries)) for head in range(heads) for at in starts]
    sees = np.concatenate([[0], np.cumsum(np.clip(np.arange(queries) + ahead, 0, keys) + 1)])
    costs = np.cumsum([sees[last] - sees[first] for _, first, last in units])
    bounds = np.searchsorted(costs, costs[-1] * np.arange(1, threads) / threads, side="left") + 1
    ends = np.concatenate([[0], np.minimum(bounds, len(units)), [len(units)]])
    return Shares(length, np.array(units, np.int64), ends.astype(np.int64))
