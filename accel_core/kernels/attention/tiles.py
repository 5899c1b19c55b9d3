"""Attention of tiles of queries with tiles of keys, whose scores are computed, used and forgotten.

A tile's scores become powers under the largest score that its query has seen so far. Where a later tile brings
a larger one, what was summed under the old one is scaled down: the online softmax of M. Milakov and N.
Gimelshein, "Online normalizer calculation for softmax", arXiv:1805.02867 (2018), in tiles as by T. Dao et al.,
"FlashAttention", NeurIPS 2022, algorithm 1. The products are those of the matrix product's micro-kernel.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.compiled import compiled, forked, inlined, outlined, reordered
from accel_core.kernels.exponential import PER_E, power_of_two
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.largest import largest
from accel_core.kernels.matmul.micro_kernel import ROWS, tile_product


@compiled
def turn(k: NDArray, turned: NDArray, first: int, last: int) -> None:
    """Write panels `first` to `last` of k (heads, keys, d) to turned (heads, panels, d, nr), as the micro-
    kernel reads them: key j of a head to [j // nr, :, j % nr]. What its last panel lacks is not written."""
    keys, d = k.shape[1:]
    panels, _, nr = turned.shape[1:]
    for panel in range(first, last):
        head, start = panel // panels, panel % panels * nr
        rows, columns = k[head], turned[head, panel % panels]
        for j in range(min(nr, keys - start)):
            for p in range(d):
                columns[p, j] = rows[start + j, p]


@outlined
def attend(
    q: NDArray,
    turned: NDArray,
    v: NDArray,
    o: NDArray,
    units: NDArray,
    ahead: int,
    block: int,
    mask: NDArray,
    places: NDArray,
    steps: NDArray,
    strip: NDArray,
    best: NDArray,
    total: NDArray,
) -> None:
    """Write attention of `units` (n, 3), each a head and its first and last but one query, to o (heads,
    queries, d), from q of that shape, turned keys (heads, panels, d, nr) and v (heads, keys, d).

    Query i sees the first i + `ahead` keys. mask[places[head] + i steps[0] + j steps[1]] is added to its score
    with key j, unless there are no places. `block` is the keys of a tile; strip (ROWS, block), best and total,
    of a unit's queries, are room.
    """
    keys, d = v.shape[1], v.shape[2]
    nr = turned.shape[3]
    one, scale = o.dtype.type(1), o.dtype.type(1 / math.sqrt(d))
    factor = o.dtype.type(PER_E if places.size else PER_E / math.sqrt(d))
    for unit in range(units.shape[0]):
        head, first, last = units[unit, 0], units[unit, 1], units[unit, 2]
        o[head, first:last] = 0
        best[:] = -np.inf
        total[:] = 0
        for start in range(0, keys, block):  # a tile of keys and its values stay in L2
            for i in range(first, last, ROWS):
                rows = min(ROWS, last - i)
                here = min(block, keys - start, i + rows - 1 + ahead - start)
                if here <= 0:  # nobody sees a key of it
                    continue
                asking, values, result = q[head, i:], v[head, start:], o[head, i:]
                for j in range(0, here, nr):
                    panel = turned[head, (start + j) // nr]
                    tile_product(asking, panel, 0, strip, 0, j, d, rows, min(nr, here - j), False)
                if places.size:
                    _add(strip, rows, here, scale, mask, places[head] + i * steps[0] + start * steps[1], steps)
                at = slice(i - first, i - first + rows)
                weigh(strip, here, i + ahead - start, factor, best[at], total[at], result)
                for p in range(0, d, nr):
                    tile_product(strip, values, p, result, 0, p, here, rows, min(nr, d - p), True)
        for i in range(first, last):
            whole = total[i - first]
            share = one / whole if whole != 0 else whole
            for p in range(d):
                o[head, i, p] *= share


@inlined
def _add(strip: NDArray, rows: int, keys: int, scale: float, mask: NDArray, at: int, steps: NDArray) -> None:
    """Scale `rows` x `keys` scores and add the mask, from element `at` on."""
    for r in range(rows):
        for j in range(keys):
            strip[r, j] = strip[r, j] * scale + mask[at + r * steps[0] + j * steps[1]]


@reordered
def weigh(
    strip: NDArray, keys: int, seen: int, factor: float, best: NDArray, total: NDArray, o: NDArray
) -> None:
    """Turn the first `keys` scores of rows of `strip` into powers: 2 to the `factor` times what they are above
    the largest of their row so far.

    That score, best (rows,), the sum of powers, total (rows,), and that of weighed values, o (rows and more,
    d), are brought up to date. Row r sees the first `seen` + r keys; the others get 0. A row that has seen
    nothing but -inf keeps -inf, and its powers are 0 (NaN where a score is).
    """
    zero = strip.dtype.type(0)
    for r in range(best.size):
        here = max(min(seen + r, keys), 0)
        strip[r, here:keys] = zero
        if here == 0:
            continue
        part, before = strip[r, :here], best[r]
        top = largest(part)
        top = before if top <= before else top
        base = zero if top == -np.inf else top
        new = zero
        for j in range(part.size):
            power = power_of_two(factor * (part[j] - base))
            part[j] = power
            new += power
        if top != before:
            kept = power_of_two(factor * (before - base))
            best[r] = top
            total[r] *= kept
            for p in range(o.shape[1]):
                o[r, p] *= kept
        total[r] += new


@forked
def forked_tiles(
    q: NDArray,
    k: NDArray,
    v: NDArray,
    o: NDArray,
    units: NDArray,
    shares: NDArray,
    ahead: int,
    block: int,
    mask: NDArray,
    places: NDArray,
    steps: NDArray,
    turned: NDArray,
    strips: NDArray,
    best: NDArray,
    total: NDArray,
    threads: int,
) -> None:
    """`attend` after `turn` of k (heads, keys, d); thread t has units shares[t] to shares[t + 1], and of strips
    (threads, ROWS, block), best and total what it needs."""
    for thread in numba.prange(threads):
        part = even_share(turned.shape[0] * turned.shape[1], threads, thread, 1)
        turn(k, turned, part.start, part.stop)
    for thread in numba.prange(threads):
        mine = units[shares[thread] : shares[thread + 1]]
        room = strips[thread], best[thread], total[thread]
        attend(q, turned, v, o, mine, ahead, block, mask, places, steps, room[0], room[1], room[2])
