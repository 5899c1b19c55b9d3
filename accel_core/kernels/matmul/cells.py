"""The packed product on several threads: each has a cell of c, and packs what it needs of a and b by itself.

The contract is that of `interpreted`. Threads that shared what they pack would copy each element once; but they
would wait for one another twice in each block of depth, and read panels that lie modified in other cores'
caches. A cell of m x n elements packs (m + n) k elements for m n k multiply-adds, which costs less.
"""

from __future__ import annotations

import numba
from numpy.typing import NDArray

from accel_core.kernels.compiled import forked
from accel_core.kernels.matmul.packed import five_loops
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
def packed_cells(
    a: NDArray,
    b: NDArray,
    c: NDArray,
    packed_a: NDArray,
    packed_b: NDArray,
    edges: NDArray,
    rows: NDArray,
    columns: NDArray,
    mc: int,
    threads: int,
) -> None:
    """The same, k >= 1, with packed panels: packed_a (threads, mc kc + SLACK), packed_b (threads, nc / nr, kc,
    nr) and edges (threads, mr, nr) are the room that each thread has for `five_loops`."""
    for thread in numba.prange(threads):
        tall = slice(rows[thread, 0], rows[thread, 1])
        wide = slice(columns[thread, 0], columns[thread, 1])
        room = packed_a[thread], packed_b[thread], edges[thread]
        five_loops(a[tall], b[:, wide], c[tall, wide], room[0], room[1], room[2], mc)
