"""Arrays whose last axis is handled row by row, handed to a kernel that takes contiguous rows.

Such a kernel is called `kernel(x, ..., y)` with x and y (rows, columns), and what all rows share between them.
Sources are handed over without the right to write them: one machine code for all. An array that does not lie
row by row is copied.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.fork_join import can_fork, fork

Kernel = Callable[..., Any]


def each_row(kernel: Kernel, x: NDArray, y: NDArray, *shared: NDArray) -> NDArray:
    """y, which is C-contiguous and no part of x, as `kernel` writes it from all rows of x."""
    kernel(_rows(x), *map(locked, shared), y.reshape(-1, _columns(y)))
    return y


def each_row_threaded(kernel: Kernel, loop: Kernel, x: NDArray, y: NDArray, *shared: NDArray) -> NDArray:
    """`each_row`, the rows shared out over as many threads as there may be.

    `loop` is `kernel` in a compiled loop over the threads (`fork_join`), called with their number at the end.
    """
    source, target, others = _rows(x), y.reshape(-1, _columns(y)), [locked(array) for array in shared]
    threads = pool.thread_count()
    if can_fork(threads):
        fork(loop, threads, source, *others, target)
    else:
        parts = pool.shares(target.shape[0], threads)
        pool.run([partial(kernel, source[part], *others, target[part]) for part in parts])
    return y


def _rows(x: NDArray) -> NDArray:
    return locked(x).reshape(-1, _columns(x))


def _columns(x: NDArray) -> int:
    """Columns of x, at least 1: no row of an empty array has to be told apart."""
    return max(x.shape[-1], 1) if x.ndim else 1


def locked(x: NDArray) -> NDArray:
    """x as a C-contiguous array that cannot be written, without a copy where it lies so."""
    view = np.require(x, requirements=["C", "ALIGNED"]).view()
    view.flags.writeable = False
    return view
