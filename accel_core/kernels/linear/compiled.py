"""A linear layer by packed panels: the bias added in a pass of its own, or as one more row of the weight.

The contract is that of `interpreted`. How `matmul` goes about a product of this size, by a measurement of this
machine or by its caches, is how it is gone about here: what it would leave unpacked is not packed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.compiled import compiled, forked
from accel_core.kernels.fork_join import can_fork, fork
from accel_core.kernels.linear.loops import product
from accel_core.kernels.matmul.micro_kernel import ROWS
from accel_core.kernels.matmul.panels import room
from accel_core.kernels.matmul.plan import plan_here
from accel_core.kernels.matmul.shares import work_of
from accel_core.kernels.rows import locked


@compiled
def packed(
    x: NDArray, weight: NDArray, bias: NDArray, y: NDArray,
    panels_x: NDArray, panels_w: NDArray, edge: NDArray, mc: int,
) -> None:  # fmt: skip
    """Write x (tokens, inward) @ weight (inward, outward) + bias (1, outward) to y (tokens, outward)."""
    product(x, weight, bias[:0], y, panels_x, panels_w, edge, mc)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] += bias[0, j]


@compiled
def packed_bias(
    x: NDArray, weight: NDArray, bias: NDArray, y: NDArray,
    panels_x: NDArray, panels_w: NDArray, edge: NDArray, mc: int,
) -> None:  # fmt: skip
    """Write x (tokens, inward) @ weight (inward, outward) + bias (1, outward) to y (tokens, outward)."""
    product(x, weight, bias, y, panels_x, panels_w, edge, mc)


@forked
def packed_bias_cells(
    x: NDArray, weight: NDArray, bias: NDArray, y: NDArray,
    panels_x: NDArray, panels_w: NDArray, edges: NDArray, mc: int,
    rows: NDArray, columns: NDArray, threads: int,
) -> None:  # fmt: skip
    """The same; thread number t has the cell `rows[t]`, `columns[t]` of y: the first and the last but one."""
    for thread in numba.prange(threads):
        tall = slice(rows[thread, 0], rows[thread, 1])
        wide = slice(columns[thread, 0], columns[thread, 1])
        panels, panels_of_w, edge = panels_x[thread], panels_w[thread], edges[thread]
        packed_bias(x[tall], weight[:, wide], bias[:, wide], y[tall, wide], panels, panels_of_w, edge, mc)


def linear_packed(x: NDArray, weight: NDArray, bias: NDArray, out: NDArray | None = None) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward):
    packed panels, then the bias."""
    return _on(1, packed, x, weight, bias, out)


def linear_packed_bias(x: NDArray, weight: NDArray, bias: NDArray, out: NDArray | None = None) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward):
    packed panels with the bias among them."""
    return _on(1, packed_bias, x, weight, bias, out)


def linear_packed_bias_threads(
    x: NDArray, weight: NDArray, bias: NDArray, out: NDArray | None = None
) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward): the
    same, a cell of the result for each thread."""
    return _on(pool.thread_count(), packed_bias, x, weight, bias, out, packed_bias_cells)


def _on(
    threads: int,
    nest: Callable[..., None],
    x: NDArray,
    weight: NDArray,
    bias: NDArray,
    out: NDArray | None,
    cells: Callable[..., None] | None = None,
) -> NDArray:
    """`out`, or a new array, after `nest` on each of `threads` cells; `cells` is the loop over these."""
    y = np.empty((*x.shape[:2], bias.size), x.dtype) if out is None else out
    tokens, inward = x.shape[0] * x.shape[1], x.shape[2]
    if not (inward and y.size):
        y[...] = bias
        return y
    a, b, plus = locked(x).reshape(tokens, inward), locked(weight), locked(bias)[np.newaxis]
    c = y.reshape(tokens, bias.size)
    plan = plan_here(y.dtype.name)
    work = work_of(tokens, inward, bias.size, y.itemsize, b.strides[0], threads, plan, more=1)
    rooms = room(y.dtype.name, work.shapes or ((threads, 0), (threads, 0, 0, 0), (threads, ROWS, 1)))
    if cells and can_fork(threads):
        fork(cells, threads, a, b, plus, c, *rooms, work.mc, work.rows, work.columns)
    else:
        pool.run(
            [
                partial(nest, a[r], b[:, s], plus[:, s], c[r, s], *(space[at] for space in rooms), work.mc)
                for at, (r, s) in enumerate(work.cells)
            ]
        )
    return y
