"""Matrix product as the fast libraries do it: five loops around a micro-kernel, over packed panels.

The contract is that of `interpreted`. The structure is that of Goto and van de Geijn (ACM TOMS 34(3),
2008) and of BLIS (Van Zee and van de Geijn, ACM TOMS 41(3), 2015); `blocking` derives the lengths of the
blocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.compiled import compiled, inlined, outlined
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, lanes_of, packing_product, panel_product, tile_product
from accel_core.kernels.matmul.panels import SLACK, pack_a, pack_b, room
from accel_core.kernels.matmul.plan import Plan, blocking_here, plan_here
from accel_core.kernels.matmul.register import vector_tile


@compiled
def five_loops(
    a: NDArray, b: NDArray, c: NDArray, packed_a: NDArray, packed_b: NDArray, edge: NDArray, mc: int
) -> None:
    """Write a (m, k) @ b (k, n) to c (m, n), k >= 1; packed_a (mc kc + SLACK,), packed_b (nc / nr, kc, nr) and
    edge (mr, nr) are room for a packed block of a, one of b, and a tile of c."""
    m, k = a.shape
    n = b.shape[1]
    panels, kc, nr = packed_b.shape
    nc, mr = panels * nr, edge.shape[0]
    for i in range(0, m, mc):  # 5th loop: a block of a, mc x kc, stays in L3
        for p in range(0, k, kc):  # 4th: so deep that a micro-panel of it, mr x kc, stays in L1
            depth = min(kc, k - p)
            apart = mr * depth
            pack_a(a[i : i + mc, p : p + kc], packed_a, mr, apart)
            for j in range(0, n, nc):  # 3rd: a block of b, kc x nc, stays in L2
                block = b[p : p + kc, j : j + nc]
                block_product(packed_a, apart, block, packed_b, c[i : i + mc, j : j + nc], edge, p > 0)


MEANWHILE_BYTES = 2048
"""Rows of b that are closer together are packed while they are multiplied. Of others at most two lie on a page,
so a micro-panel read from top to bottom meets another page at each step: whole rows are copied faster."""


@outlined
def block_product(
    packed_a: NDArray,
    apart: int,
    b: NDArray,
    packed_b: NDArray,
    c: NDArray,
    edge: NDArray,
    accumulate: bool,
) -> None:
    """Write the packed block of a, with micro-panels `apart` elements from each other, times the block b
    (depth, n) to c (m, n), or add it there; packed_b (n / nr, kc, nr) is room for b, edge (mr, nr) for a tile.

    The first micro-panel of a meets b as it lies, and packs it for all the others, where that pays.
    """
    m, n = c.shape
    depth = b.shape[0]
    _, kc, nr = packed_b.shape
    mr, lanes, flat_b = edge.shape[0], lanes_of(c), packed_b.reshape(-1)
    whole = n // nr * nr if mr <= m and b.strides[0] < MEANWHILE_BYTES else 0
    pack_b(b[:, whole:], packed_b[whole // nr :])
    for j in range(0, whole, nr):
        packing_product(packed_a, 0, b, j, flat_b, j * kc, c, 0, j, mr, accumulate)
    panel = 0
    for i in range(0, m, mr):  # 2nd loop: a micro-panel of a, in L1
        for j in range(0 if i else whole, n, nr):  # 1st: one of b, on its way from L2 into the registers
            vectors = (min(nr, n - j) + lanes - 1) // lanes
            if i + mr <= m and j + vectors * lanes <= n:
                panel_product(packed_a, panel, packed_b, j * kc, c, i, j, depth, mr, vectors, accumulate)
            else:  # a tile that c has not room for is computed beside it
                panel_product(packed_a, panel, packed_b, j * kc, edge, 0, 0, depth, mr, vectors, False)
                _put(edge, c[i : i + mr, j : j + nr], accumulate)
        panel += apart


@inlined
def _put(edge: NDArray, c: NDArray, accumulate: bool) -> None:
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[i, j] = c[i, j] + edge[i, j] if accumulate else edge[i, j]


@compiled
def four_loops(a: NDArray, b: NDArray, c: NDArray, packed_b: NDArray) -> None:
    """The same without the fifth loop: only b is packed, and a is read as it lies."""
    k, n = b.shape
    panels, kc, nr = packed_b.shape
    nc = panels * nr
    for p in range(0, k, kc):
        for j in range(0, n, nc):
            pack_b(b[p : p + kc, j : j + nc], packed_b)
            strip_product(a[:, p : p + kc], packed_b, c[:, j : j + nc], p > 0)


@outlined
def strip_product(a: NDArray, packed_b: NDArray, c: NDArray, accumulate: bool) -> None:
    """Write a (m, depth), as it lies, times a packed block to c (m, n), or add it there."""
    m, depth = a.shape
    n, nr = c.shape[1], packed_b.shape[2]
    for i in range(0, m, ROWS):
        for j in range(0, n, nr):
            rows, columns = min(ROWS, m - i), min(nr, n - j)
            tile_product(a, packed_b[j // nr], 0, c, i, j, depth, rows, columns, accumulate)


def packed(a: NDArray, b: NDArray, c: NDArray, blocks: Blocking) -> None:
    """c (m, n) = a (m, k) @ b (k, n), k >= 1, all with rows of unit stride; c may hold anything before.

    The lengths of `blocks` are those at most: the matrices are cut into blocks that are as even as they can be.
    """
    cut = blocks.cut(*a.shape, b.shape[1])
    shapes = (cut.mc * cut.kc + SLACK,), (cut.nc // cut.nr, cut.kc, cut.nr), (cut.mr, cut.nr)
    packed_a, packed_b, edge = room(c.dtype.name, shapes)
    five_loops(a, b, c, packed_a, packed_b, edge, cut.mc)


def packed_b_only(a: NDArray, b: NDArray, c: NDArray, blocks: Blocking) -> None:
    """`packed` with a register tile of ROWS rows, which reads a as it lies, whatever tile `blocks` are for."""
    cut = blocks.for_tile(ROWS, c.itemsize).cut(*a.shape, b.shape[1])
    (packed_b,) = room(c.dtype.name, ((cut.nc // cut.nr, cut.kc, cut.nr),))
    four_loops(a, b, c, packed_b)


def product(a: NDArray, b: NDArray, c: NDArray, plan: Plan) -> None:
    """c (m, n) = a (m, k) @ b (k, n), of which is packed what is worth it: the larger, the more."""
    if not a.shape[1]:
        c[...] = 0
        return
    match plan.packs(*a.shape, b.shape[1], a.itemsize, b.strides[0]):
        case "nothing":
            vector_tile(a, b, c)
        case "b":
            packed_b_only(a, b, c, plan.blocks)
        case _:
            packed(a, b, c, plan.blocks)


def matmul_packed(a: NDArray, b: NDArray, tile: int = 0, mc: int = 0, kc: int = 0, nc: int = 0) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): packed panels and a micro-kernel of LLVM vectors.

    `tile` is the rows of the register tile, `mc`, `kc` and `nc` are the lengths of the blocks; all 0 means the
    plan of this machine. If any is given, 0 means what follows from the caches, and nothing is left
    unpacked, so that what was asked for is what runs.
    """
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    if (tile or mc or kc or nc) and a.shape[1]:
        packed(a, b, c, blocking_here(a.dtype.name, tile, mc, kc, nc))
    else:
        product(a, b, c, plan_here(a.dtype.name))
    return c
