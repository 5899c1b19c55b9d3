"""Matrix product on several threads: the packed one, and rows split over calls of single-threaded BLAS.

The contract is that of `interpreted`; how many threads there are, `pool` knows.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from accel_core.kernels import pool
from accel_core.kernels.fork_join import can_fork, even_shares, fork
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.cells import packed_cells, unpacked_cells
from accel_core.kernels.matmul.packed import product
from accel_core.kernels.matmul.panels import SLACK, room
from accel_core.kernels.matmul.plan import Plan, plan_here


def matmul_packed_threads(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): the packed product, a cell of c for each thread (`cells`)."""
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    packed_threads(np.ascontiguousarray(a), np.ascontiguousarray(b), c)
    return c


def packed_threads(a: NDArray, b: NDArray, c: NDArray) -> None:
    """c (m, n) = a (m, k) @ b (k, n), all with rows of unit stride; c may hold anything before."""
    plan, threads = plan_here(a.dtype.name), pool.thread_count()
    if threads < 2 or not a.shape[1] or not c.size:
        product(a, b, c, plan)
        return
    work = _work(*a.shape, b.shape[1], a.itemsize, b.strides[0], threads, plan)
    if not can_fork(threads):
        pool.run([partial(product, a[r], b[:, s], c[r, s], work.plan) for r, s in work.cells])
    elif work.shapes:
        rooms = room(c.dtype.name, work.shapes)
        fork(packed_cells, threads, a, b, c, *rooms, work.rows, work.columns, work.mc)
    else:
        fork(unpacked_cells, threads, a, b, c, work.rows, work.columns)


@dataclass(frozen=True, slots=True)
class _Work:
    """How a product is shared out: not to be written, as it is kept."""

    plan: Plan
    """Of each thread."""
    cells: list[tuple[slice, slice]]
    rows: NDArray
    columns: NDArray
    """The cells' first and last but one, both (threads, 2)."""
    mc: int
    shapes: tuple[tuple[int, ...], ...]
    """Of the room for panels that all threads have together; empty where nothing is packed."""


@lru_cache(maxsize=1024)
def _work(m: int, k: int, n: int, itemsize: int, row_bytes: int, threads: int, plan: Plan) -> _Work:
    """For c (m, n) = a (m, k) @ b (k, n), m, k, n >= 1, where rows of b begin `row_bytes` apart."""
    plan = plan.among(threads, itemsize)
    for cost in (COPY_COST, 0):
        cells = _cells(m, n, threads, plan.blocks, cost)
        ends = [[(part.start, part.stop) for part in axis] for axis in zip(*cells, strict=True)]
        rows, columns = np.array(ends, np.int64)
        tall, wide = (int((part[:, 1] - part[:, 0]).max()) for part in (rows, columns))
        if plan.packs(tall, k, wide, itemsize, row_bytes) != "nothing":
            cut = plan.blocks.cut(tall, k, wide)
            apart = -(-(cut.mc * cut.kc + SLACK) // SLACK) * SLACK
            shapes = (threads, apart), (threads, cut.nc // cut.nr, cut.kc, cut.nr), (threads, cut.mr, cut.nr)
            return _Work(plan, cells, rows, columns, cut.mc, shapes)
    return _Work(plan, cells, rows, columns, 0, ())


COPY_COST = 40
"""Multiply-adds in the time that packing one element takes: 0.3 ns against 0.0077 (float32, on Zen 5)."""


def _cells(m: int, n: int, threads: int, blocks: Blocking, copy_cost: int) -> list[tuple[slice, slice]]:
    """A cell of c, whole register tiles, for each thread.

    Of all cuts into rows and columns of cells it is that whose largest cell takes least: its multiply-adds in
    one step of k, and `copy_cost` for each element of a and b that it reads. Where tiles are too few, some
    cells are empty; k is never cut.
    """
    pairs = [(down, threads // down) for down in range(1, threads + 1) if threads % down == 0]

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        rows, columns = (-(-units // parts) for units, parts in zip(tiles, pair, strict=True))
        rows, columns = rows * blocks.mr, columns * blocks.nr
        return rows * columns + copy_cost * (rows + columns), rows + columns

    tiles = -(-m // blocks.mr), -(-n // blocks.nr)
    down, across = min(pairs, key=cost)
    tall, wide = even_shares(m, down, blocks.mr), even_shares(n, across, blocks.nr)
    return [(r, s) for r in tall for s in wide]


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


def _after_fork() -> None:
    """A child has none of the calls that were inside, and the limit of its copy of the library is theirs."""
    global _lock
    _lock = threading.Lock()
    if _inside:
        limited = _inside[0]
        _inside.clear()
        _let_any_thread_set()
        limited.restore_original_limits()
        _let_any_thread_set()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _let_any_thread_set() -> None:
    """threadpoolctl 3.8 obeys only the thread that set a number first, as long as it lives, and tells nobody.

    Then the number would stay 1 where another thread leaves last. Older versions obey every thread.
    """
    for library in _blas().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)
