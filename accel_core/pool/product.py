"""A product shared out over the hosts of a pool by dask.array, so that none of them holds a whole matrix.

It measures no host: each computes one tile at a time, between its jobs, and nothing is recorded.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from accel_core.codec import PlainData
from accel_core.errors import AccelError, BadInput, WrongResult, is_whole, quoted
from accel_core.judge.checking import VECTORS, random_signs, share_of_rounding
from accel_core.model import require_dtype
from accel_core.out_of_core.check import made, new_key
from accel_core.pool.engine import require

if TYPE_CHECKING:
    from accel_core.pool.line import Line

SIZE, TILE = 8192, 1024
MOST_SIZE, MOST_TILES = 1 << 20, 64


@dataclass(frozen=True, slots=True)
class PoolProduct(PlainData):
    """What came out; its time holds making the matrices and the check too, which are part of one graph."""

    size: int
    tile: int
    dtype: str
    hosts: tuple[str, ...]
    time_s: float
    flop_per_s: float
    share_of_allowed: float
    """The largest error of the check by random signs, over what rounding explains."""


def pool_product(line: Line, size: int = SIZE, tile: int = TILE, dtype: str = "float32") -> PoolProduct:
    """The product of two matrices of this side, in tiles, on all hosts of the pool.

    Raises BadInput for lengths that cannot be, AccelError without a host or where one measures, WrongResult.
    """
    require_dtype(dtype)
    if not is_whole(tile, 64, 8192):
        raise BadInput(f"The tile {quoted(tile)} cannot be used: give a whole number from 64 to 8192.")
    if not is_whole(size, 1, MOST_SIZE) or -(-size // tile) > MOST_TILES:
        most = min(MOST_TILES * tile, MOST_SIZE)
        raise BadInput(f"The size {quoted(size)} cannot be used with tiles of {tile}: give up to {most}.")
    hosts = line.hosts()
    if not hosts:
        raise AccelError("The pool has no host: start one by `accel pool worker`, then run again.")
    if silent := [host.name for host in hosts if host.silent]:
        raise AccelError(f"{silent[0]} does not answer: end it, or run this again once it does.")
    if busy := [host.name for host in hosts if host.busy]:
        raise AccelError(
            f"{busy[0]} measures now, and a product on the pool would disturb it: run it again later."
        )
    size = -(-size // tile) * tile
    start_s = time.perf_counter()
    seen, expected, squares = line.compute(*graph(size, tile, dtype))
    took_s = time.perf_counter() - start_s
    difference = np.abs(seen - expected).max(axis=1)
    share = share_of_rounding(difference, np.sqrt(squares), size, size, dtype)
    if not share <= 1:
        raise WrongResult("The product on the pool is wrong by more than rounding explains, so it has no time.")
    names = tuple(host.name for host in hosts)
    return PoolProduct(size, tile, dtype, names, took_s, 2 * size**3 / took_s, share)


def graph(size: int, tile: int, dtype: str) -> tuple[Any, Any, Any]:
    """Dask's graphs of C x and A (B x), both (size, VECTORS), and of the squared scale of the error (size,)."""
    require("dask")
    import dask.array as da

    a, b = (matrix(size, tile, dtype) for _ in "ab")
    signs = da.from_array(random_signs(size), chunks=(tile, VECTORS))
    c, a_long, b_long = (one.astype(np.float64) for one in (a @ b, a, b))
    return c @ signs, a_long @ (b_long @ signs), (a_long * a_long) @ (b_long * b_long).sum(axis=1)


def matrix(size: int, tile: int, dtype: str) -> Any:
    """A matrix whose tiles are made where they are used, from a key and their places."""
    import dask.array as da

    chunks = ((tile,) * (size // tile),) * 2
    return da.map_blocks(tile_at, new_key(), size // tile, tile, dtype, chunks=chunks, dtype=np.dtype(dtype))


def tile_at(key: int, length: int, side: int, dtype: str, block_id: tuple[int, int] = (0, 0)) -> NDArray[Any]:
    """One tile, on whichever host it is asked for; Dask says at which place."""
    row, column = block_id
    tile = np.empty((side, side), dtype)
    made(tile, key, row * length + column)
    return tile
