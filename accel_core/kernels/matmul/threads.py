"""Matrix product on several threads: the packed one, and rows split over calls of single-threaded BLAS.

The contract is that of `interpreted`; how many threads there are, `pool` knows.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from accel_core.kernels import pool
from accel_core.kernels.fork_join import can_fork, fork
from accel_core.kernels.matmul.cells import packed_cells, unpacked_cells
from accel_core.kernels.matmul.packed import product
from accel_core.kernels.matmul.panels import room
from accel_core.kernels.matmul.plan import plan_here
from accel_core.kernels.matmul.shares import work_of


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
    work = work_of(*a.shape, b.shape[1], a.itemsize, b.strides[0], threads, plan)
    if not can_fork(threads):
        pool.run([partial(product, a[r], b[:, s], c[r, s], work.plan) for r, s in work.cells])
    elif work.shapes:
        rooms = room(c.dtype.name, work.shapes)
        fork(packed_cells, threads, a, b, c, *rooms, work.rows, work.columns, work.mc)
    else:
        fork(unpacked_cells, threads, a, b, c, work.rows, work.columns)


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
