"""Matrix product on several threads: the packed one, and rows split over calls of single-threaded BLAS.

The contract is that of `interpreted`; how many threads there are, `pool` knows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from accel_core.kernels import pool
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.packed import product
from accel_core.kernels.matmul.plan import plan_here


def matmul_packed_threads(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n): the packed product of a part of c on each thread, which share nothing.

    Each thread packs what it needs for itself, so parts are even first, and then nearly square: that is where
    the rows of a and columns of b to be packed are fewest.
    """
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    plan = plan_here(a.dtype.name)
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    m, n = c.shape
    rows, columns = _parts(m, n, pool.thread_count(), plan.blocks)
    pool.run([partial(product, a[r], b[:, s], c[r, s], plan) for r in rows for s in columns])
    return c


COPY_COST = 40
"""Multiply-adds in the time that packing one element takes: 0.3 ns against 0.0077 (measured on Zen 5)."""


def _parts(m: int, n: int, threads: int, blocks: Blocking) -> tuple[list[slice], list[slice]]:
    """Rows and columns that cut c into a part of whole tiles for each thread, of which the largest is least."""
    pairs = [(down, threads // down) for down in range(1, threads + 1) if threads % down == 0]
    cuts = [(pool.shares(m, down, blocks.mr), pool.shares(n, across, blocks.nr)) for down, across in pairs]

    def cost(cut: tuple[list[slice], list[slice]]) -> int:
        rows, columns = (max((part.stop - part.start for part in parts), default=0) for parts in cut)
        return rows * columns + COPY_COST * (rows + columns)

    return min(cuts, key=cost)


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
