"""How many threads a measurement may use, for BLAS and for compiled kernels alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numba
from threadpoolctl import threadpool_limits

from accel_core.errors import BadInput
from accel_core.model import Case


def pool_size() -> int:
    """Threads in Numba's pool, fixed when it was imported."""
    return int(vars(numba.config)["NUMBA_NUM_THREADS"])


@contextmanager
def limit(threads: int) -> Iterator[None]:
    """Run the block with at most `threads` threads in BLAS, OpenMP and Numba, then restore what was before.

    Numba cannot exceed the pool it started with (NUMBA_NUM_THREADS): more than that means all of it. Apple's
    Accelerate is not limited by threadpoolctl: its thread count is its own.
    """
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise BadInput(f"{threads!r} threads were asked for: give a whole number from 1 on.")
    before = numba.get_num_threads()
    with threadpool_limits(limits=threads):
        numba.set_num_threads(min(threads, pool_size()))
        try:
            yield
        finally:
            numba.set_num_threads(before)


def threads_needed(cases: Iterable[Case]) -> int:
    """The most threads that any of `cases` uses: how many cores a worker should be pinned to."""
    return max((case.threads for case in cases), default=1)
