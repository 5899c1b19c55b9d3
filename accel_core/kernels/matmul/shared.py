"""The packed product on several threads, which share the packed panels: all pack, then all read.

The contract is that of `interpreted`. The threads meet twice for each block of depth: after packing, which
writes what the others read, and after multiplying, when the panels may be overwritten.
"""

from __future__ import annotations

import numba
from numpy.typing import NDArray

from accel_core.kernels.compiled import compiled, forked
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.matmul.packed import block_product
from accel_core.kernels.matmul.panels import pack_a, pack_b
from accel_core.kernels.matmul.register import vector_tile


@forked
def unpacked_cells(a: NDArray, b: NDArray, c: NDArray, rows: NDArray, columns: NDArray, threads: int) -> None:
    """Write a (m, k) @ b (k, n) to c (m, n), of which thread number t has the cell `rows[t]`, `columns[t]`:
    the first and the last but one. Nothing is packed."""
    for thread in numba.prange(threads):
        tall = slice(rows[thread, 0], rows[thread, 1])
        wide = slice(columns[thread, 0], columns[thread, 1])
        vector_tile(a[tall], b[:, wide], c[tall, wide])


@forked
def shared_loops(
    a: NDArray,
    b: NDArray,
    c: NDArray,
    packed_a: NDArray,
    packed_b: NDArray,
    edges: NDArray,
    rows: NDArray,
    columns: NDArray,
    nc: int,
    threads: int,
) -> None:
    """Write a (m, k) @ b (k, n) to c (m, n), of which thread number t has the cell `rows[t]`, `columns[t]`.

    packed_a (m / mr, mr kc + slack) and packed_b (n / nr, kc, nr) are room for all of a and b, one block of
    depth at a time, edges (threads, mr, nr) for a tile of c each; nc is a multiple of nr.
    """
    k = b.shape[0]
    _, kc, nr = packed_b.shape
    mr, apart = edges.shape[1], packed_a.shape[1]
    flat_a = packed_a.reshape(-1)
    for p in range(0, k, kc):
        depth = min(kc, k - p)
        for thread in numba.prange(threads):
            pack_share(a[:, p : p + kc], b[p : p + kc], packed_a, packed_b, mr, threads, thread)
        for thread in numba.prange(threads):
            tall = slice(rows[thread, 0], rows[thread, 1])
            mine = flat_a[rows[thread, 0] // mr * apart :]
            for j in range(columns[thread, 0], columns[thread, 1], nc):  # a block of b, kc x nc, stays in L2
                wide = slice(j, min(j + nc, columns[thread, 1]))
                panels = packed_b[j // nr : (j + nc) // nr]
                block_product(mine, apart, panels, c[tall, wide], edges[thread], depth, p > 0)


@compiled
def pack_share(
    a: NDArray, b: NDArray, packed_a: NDArray, packed_b: NDArray, mr: int, threads: int, thread: int
) -> None:
    """Pack the thread's share of a (m, depth) and of b (depth, n): as many whole micro-panels as the others."""
    nr = packed_b.shape[2]
    share = even_share(packed_a.shape[0], threads, thread, 1)
    pack_a(a[share.start * mr : share.stop * mr], packed_a[share].reshape(-1), mr, packed_a.shape[1])
    share = even_share(packed_b.shape[0], threads, thread, 1)
    pack_b(b[:, share.start * nr : share.stop * nr], packed_b[share])
