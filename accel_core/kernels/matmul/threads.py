"""Matrix product on several threads: the packed one, and rows split over calls of single-threaded BLAS.

The contract is that of `interpreted`; how many threads there are, `pool` knows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from accel_core.kernels import pool
from accel_core.kernels.fork_join import can_fork, even_shares, fork
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.packed import product
from accel_core.kernels.matmul.panels import SLACK, room
from accel_core.kernels.matmul.plan import Plan, plan_here
from accel_core.kernels.matmul.shared import shared_loops, unpacked_cells


def matmul_packed_threads(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): the packed product, a cell of c for each thread.

    The threads share what they pack (`shared`). Where compiled code cannot fork, each packs what it needs.
    """
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    packed_threads(np.ascontiguousarray(a), np.ascontiguousarray(b), c)
    return c


def packed_threads(a: NDArray, b: NDArray, c: NDArray) -> None:
    """c (m, n) = a (m, k) @ b (k, n), all with rows of unit stride; c may hold anything before."""
    plan, threads = plan_here(a.dtype.name), pool.thread_count()
    if threads < 2 or not a.shape[1] or not c.size:
        product(a, b, c, plan)
    elif can_fork(threads):
        product_on_threads(a, b, c, plan, threads)
    else:
        cells = _cells(a.shape[0], b.shape[1], threads, plan.blocks)
        pool.run([partial(product, a[r], b[:, s], c[r, s], plan) for r, s in cells])


MOST_BYTES = 1 << 26
"""Of a packed block of a or b that the threads share: 64 MiB, which is 32768 rows of 512 float32."""


def product_on_threads(a: NDArray, b: NDArray, c: NDArray, plan: Plan, threads: int) -> None:
    """c (m, n) = a (m, k) @ b (k, n), m, k, n >= 1, all with rows of unit stride, where `can_fork(threads)`."""
    (m, k), n = a.shape, b.shape[1]
    if b.nbytes <= plan.unpacked_bytes:
        fork(unpacked_cells, threads, a, b, c, *_corners(m, n, threads, plan.blocks))
        return
    cut = plan.blocks.cut(m, k, n)
    longest = max(MOST_BYTES // (cut.kc * c.itemsize), 1)
    for r in pool.shares(m, -(-m // longest), cut.mr):
        for s in pool.shares(n, -(-n // longest), cut.nr):
            _shared(a[r], b[:, s], c[r, s], cut, threads)


def _shared(a: NDArray, b: NDArray, c: NDArray, cut: Blocking, threads: int) -> None:
    m, n = c.shape
    tall, wide = -(-m // cut.mr), -(-n // cut.nr)
    apart = -(-(cut.mr * cut.kc + SLACK) // SLACK) * SLACK
    shapes = (tall, apart), (wide, cut.kc, cut.nr), (threads, cut.mr, cut.nr)
    packed_a, packed_b, edges = room(c.dtype.name, shapes)
    rows, columns = _corners(m, n, threads, cut)
    fork(shared_loops, threads, a, b, c, packed_a, packed_b, edges, rows, columns, cut.nc)


COPY_COST = 40
"""Multiply-adds in the time that packing one element takes: 0.3 ns against 0.0077 (measured on Zen 5)."""


def _cells(m: int, n: int, threads: int, blocks: Blocking) -> list[tuple[slice, slice]]:
    """A cell of c, whole register tiles, for each thread: even first, and then nearly square, since a square
    reads the fewest rows of a and columns of b. Where tiles are too few, some cells are empty."""
    pairs = [(down, threads // down) for down in range(1, threads + 1) if threads % down == 0]

    def cost(pair: tuple[int, int]) -> int:
        rows, columns = (-(-units // parts) for units, parts in zip(tiles, pair, strict=True))
        rows, columns = rows * blocks.mr, columns * blocks.nr
        return rows * columns + COPY_COST * (rows + columns)

    tiles = -(-m // blocks.mr), -(-n // blocks.nr)
    down, across = min(pairs, key=cost)
    tall, wide = even_shares(m, down, blocks.mr), even_shares(n, across, blocks.nr)
    return [(r, s) for r in tall for s in wide]


@lru_cache(maxsize=1024)
def _corners(m: int, n: int, threads: int, blocks: Blocking) -> tuple[NDArray, NDArray]:
    """The cells' first and last rows, and columns, both (threads, 2): not to be written, as they are kept."""
    cells = _cells(m, n, threads, blocks)
    ends = [[(part.start, part.stop) for part in axis] for axis in zip(*cells, strict=True)]
    rows, columns = np.array(ends, np.int64)
    return rows, columns


def matmul_row_threads(a: NDArray, b: NDArray, workers: int | None = None) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): `workers` pieces of the rows, each one call of single-threaded BLAS."""
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    rows = pool.shares(c.shape[0], workers or pool.thread_count())
    with _single_threaded_blas():
        pool.run([partial(np.matmul, a[r], b, out=c[r]) for r in rows])
    return c


_lock = threading.Lock()
_inside: list[Any] = []
"""A token for each call that is inside; the limit is set by the first one and lifted by the last."""


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


@contextmanager
def _single_threaded_blas() -> Iterator[None]:
    """One thread for each call of BLAS. The number is the library's, for all threads: so calls are counted."""
    with _lock:
        if not _inside:
            _let_any_thread_set()
            _inside.append(_blas().limit(limits=1))
        _inside.append(None)
    try:
        yield
    finally:
        with _lock:
            _inside.pop()
            if len(_inside) == 1:
                _let_any_thread_set()
                _inside.pop().restore_original_limits()
                _let_any_thread_set()


def _let_any_thread_set() -> None:
    """threadpoolctl 3.8 obeys only the thread that set a number first, as long as it lives, and tells nobody.

    Then the number would stay 1 where another thread leaves last. Older versions obey every thread.
    """
    for library in _blas().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)
