"""The loops of a product whose bias is one more row of the weight: x weight + bias = [x 1] [weight; bias].

They are those of Goto and van de Geijn (ACM TOMS 34(3), 2008), around the micro-kernel of `matmul`. The row is
there only in packed blocks; where nothing is packed, each tile begins as one times the bias.
"""

from __future__ import annotations

from numpy.typing import NDArray

from accel_core.kernels.compiled import inlined, outlined
from accel_core.kernels.matmul.micro_kernel import ROWS, columns_of, lanes_of, panel_product, tile_product
from accel_core.kernels.matmul.panels import pack_a, pack_b


@inlined
def product(
    x: NDArray, weight: NDArray, bias: NDArray, y: NDArray,
    panels_x: NDArray, panels_w: NDArray, edge: NDArray, mc: int,
) -> None:  # fmt: skip
    """Write x (m, k) @ weight (k, n), k >= 1, to y (m, n), plus bias (1, n) unless it has no row; panels_x
    (mc (kc + 1) + SLACK,), panels_w (nc / nr, kc + 1, nr) and edge (mr, nr) are room for a packed block of x,
    one of weight, and a tile of y; where mc is 0, nothing is packed, and edge is (ROWS, 1)."""
    x, weight, bias, y = x[:, :], weight[:, :], bias[:, :], y[:, :]  # one machine code for cells and wholes
    if mc == 0:
        _plain_tiles(x, weight, bias, y, edge)
    else:
        _block_loops(x, weight, bias, y, panels_x, panels_w, edge, mc)


@outlined
def _block_loops(
    x: NDArray, weight: NDArray, bias: NDArray, y: NDArray,
    panels_x: NDArray, panels_w: NDArray, edge: NDArray, mc: int,
) -> None:  # fmt: skip
    m, k = x.shape
    n = weight.shape[1]
    panels, more, nr = panels_w.shape
    nc, kc, mr = panels * nr, more - 1, edge.shape[0]
    for i in range(0, m, mc):
        for p in range(0, k, kc):
            depth = min(kc, k - p)
            ones = 1 if bias.size and p + depth == k else 0
            apart = mr * (depth + ones)
            block = x[i : i + mc, p : p + kc]
            pack_a(block, panels_x, mr, apart)
            if ones:
                _pack_ones(block.shape[0], panels_x, mr, apart)
            for j in range(0, n, nc):
                pack_b(weight[p : p + kc, j : j + nc], panels_w)
                if ones:
                    _pack_bias(bias[:, j : j + nc], panels_w, depth)
                _tiles(panels_x, depth + ones, panels_w, y[i : i + mc, j : j + nc], edge, p > 0)


@inlined
def _pack_ones(m: int, panels_x: NDArray, mr: int, apart: int) -> None:
    """The last column of each micro-panel of a block of m rows."""
    one = panels_x.dtype.type(1)
    for i in range(0, m, mr):
        last = i // mr * apart + apart - mr
        for r in range(last, last + mr):
            panels_x[r] = one


@inlined
def _pack_bias(bias: NDArray, panels_w: NDArray, at: int) -> None:
    """Row `at` of all micro-panels, zero behind the end of the bias."""
    nothing = panels_w.dtype.type(0)
    nr = panels_w.shape[2]
    n = bias.shape[1]
    for panel in range((n + nr - 1) // nr):
        for q in range(nr):
            j = panel * nr + q
            panels_w[panel, at, q] = bias[0, j] if j < n else nothing


@outlined
def _tiles(
    panels_x: NDArray, depth: int, panels_w: NDArray, y: NDArray, edge: NDArray, accumulate: bool
) -> None:
    """Write the packed blocks' product to y (m, n), or add it there."""
    m, n = y.shape
    pitch, nr = panels_w.shape[1:]
    mr, lanes = edge.shape[0], lanes_of(y)
    for i in range(0, m, mr):
        for j in range(0, n, nr):
            vectors = (min(nr, n - j) + lanes - 1) // lanes
            if i + mr <= m and j + vectors * lanes <= n:
                panel_product(panels_x, i * depth, panels_w, j * pitch, y, i, j, depth, mr, vectors, accumulate)
            else:  # a tile that y has not room for is computed beside it
                panel_product(panels_x, i * depth, panels_w, j * pitch, edge, 0, 0, depth, mr, vectors, False)
                _put(edge, y[i : i + mr, j : j + nr], accumulate)


@inlined
def _put(edge: NDArray, y: NDArray, accumulate: bool) -> None:
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = y[i, j] + edge[i, j] if accumulate else edge[i, j]


@outlined
def _plain_tiles(x: NDArray, weight: NDArray, bias: NDArray, y: NDArray, ones: NDArray) -> None:
    m, k = x.shape
    n = weight.shape[1]
    wide, begun = columns_of(y), bias.size > 0
    ones[:, 0] = 1
    for i in range(0, m, ROWS):
        for j in range(0, n, wide):
            rows, columns = min(ROWS, m - i), min(wide, n - j)
            if begun:
                tile_product(ones, bias, j, y[i:], 0, j, 1, rows, columns, False)
            tile_product(x, weight, j, y, i, j, k, rows, columns, begun)
