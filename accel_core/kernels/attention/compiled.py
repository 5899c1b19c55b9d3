"""Attention in tiles that Numba compiles, on one thread and on several.

The contract is that of `interpreted`; beside it, keys that no query of a tile sees are not read.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.attention.interpreted import masked
from accel_core.kernels.attention.lengths import lengths, shares
from accel_core.kernels.attention.tiles import attend, forked_tiles, turn
from accel_core.kernels.fork_join import can_fork, even_shares, fork
from accel_core.kernels.matmul.micro_kernel import ROWS
from accel_core.kernels.matmul.panels import room
from accel_core.kernels.matmul.plan import blocking_here


def attention_tiles(
    q: NDArray,
    k: NDArray,
    v: NDArray,
    mask: NDArray | None = None,
    causal: bool = False,
    out: NDArray | None = None,
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: tile by tile in one pass."""
    return _tiled(q, k, v, mask, causal, out, 1)


def attention_causal_tiles(
    q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None, out: NDArray | None = None
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: the same, causal."""
    return attention_tiles(q, k, v, mask, causal=True, out=out)


def attention_tiles_threads(
    q: NDArray,
    k: NDArray,
    v: NDArray,
    mask: NDArray | None = None,
    causal: bool = False,
    out: NDArray | None = None,
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: each thread with tiles of its own."""
    return _tiled(q, k, v, mask, causal, out, pool.thread_count())


def attention_causal_tiles_threads(
    q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None, out: NDArray | None = None
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: the same, causal."""
    return attention_tiles_threads(q, k, v, mask, causal=True, out=out)


def _tiled(
    q: NDArray,
    k: NDArray,
    v: NDArray,
    mask: NDArray | None,
    causal: bool,
    out: NDArray | None,
    threads: int,
) -> NDArray:
    """Attention on `threads` threads, into `out` or a new array."""
    o = np.empty(q.shape, q.dtype) if out is None else out
    if not o.size or not v.size:
        o[...] = 0
        return o
    if not o.flags.c_contiguous:
        o[...] = _tiled(q, k, v, mask, causal, None, threads)
        return o
    (heads, queries), (keys, d) = (q.shape[0] * q.shape[1], q.shape[2]), v.shape[2:]
    ahead = keys - queries + 1 if causal else keys
    tile = lengths(blocking_here(q.dtype.name), d)
    work = shares(heads, queries, keys, ahead, threads, tile.queries)
    panels = -(-keys // tile.nr)
    block = min(tile.keys, panels * tile.nr)
    shapes = (heads, panels, d, tile.nr), (threads, ROWS, block), *[(threads, work.queries)] * 2
    turned, strips, best, total = room(q.dtype.name, shapes)
    asking, looked_at, values = map(_heads, (q, k, v))
    result = o.reshape(heads, queries, d)
    how = ahead, block, *_added(mask, (*q.shape[:3], keys), q.dtype)
    if can_fork(threads):
        shared = asking, looked_at, values, result, work.units, work.bounds
        fork(forked_tiles, threads, *shared, *how, turned, strips, best, total)
        return o
    parts = even_shares(heads * panels, threads)
    pool.run([partial(turn, looked_at, turned, part.start, part.stop) for part in parts])
    mine = [work.units[work.bounds[t] : work.bounds[t + 1]] for t in range(threads)]
    rooms = zip(mine, strips, best, total, strict=True)
    task = partial(attend, asking, turned, values, result)
    pool.run([partial(task, units, *how, *own) for units, *own in rooms])
    return o


def _heads(x: NDArray) -> NDArray:
    """x (batch, heads, n, d) as (batch heads, n, d), one after the other in memory, not to be written."""
    view = np.require(x, requirements=["C", "ALIGNED"]).reshape(-1, *x.shape[2:]).view()
    view.flags.writeable = False
    return view


def _added(mask: NDArray | None, shape: tuple[int, ...], dtype: Any) -> tuple[NDArray, NDArray, NDArray]:
    """The numbers of a mask along one axis, where those of each head begin, and the steps from query to query
    and from key to key, none of which is repeated in memory; no beginnings without a mask."""
    if mask is None:
        return np.zeros(1, dtype), np.zeros(0, np.int64), np.zeros(2, np.int64)
    whole = np.ascontiguousarray(masked(mask, dtype))
    steps = np.array(np.broadcast_to(whole, shape).strides, np.int64) // whole.itemsize
    batch, heads = shape[:2]
    places = np.add.outer(np.arange(batch) * steps[0], np.arange(heads) * steps[1])
    return whole.reshape(-1), places.reshape(-1), steps[2:]
