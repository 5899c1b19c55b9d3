"""How many threads a measurement may use, for BLAS and for compiled kernels alike."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numba
from threadpoolctl import threadpool_limits

from accel_core.errors import BadInput, is_whole, quoted
from accel_core.kernels import fork_join
from accel_core.kernels.pool import at_most
from accel_core.machine import affinity
from accel_core.machine.thread_settings import bindings
from accel_core.model import Case
from accel_core.units import format_count


def pool_size() -> int:
    """Threads in Numba's pool, fixed when it was imported."""
    return int(vars(numba.config)["NUMBA_NUM_THREADS"])


@contextmanager
def limit(threads: int) -> Iterator[None]:
    """Run the block with at most `threads` threads in BLAS, OpenMP, Numba and our kernels, then restore.

    Numba's own parallel loops cannot exceed the pool it started with (NUMBA_NUM_THREADS): more than that means
    all of it. Apple's Accelerate is not limited by threadpoolctl: its thread count is its own. Where OpenMP
    binds the calling thread to one processor, it gets its own back.
    """
    if not is_whole(threads, 1):
        raise BadInput(f"{quoted(threads)} threads were asked for: give a whole number from 1 on.")
    with affinity.kept(), at_most(threads), threadpool_limits(limits=threads), _numba_limit(threads):
        yield


@contextmanager
def _numba_limit(threads: int) -> Iterator[None]:
    try:
        fork_join.start()
        before = numba.get_num_threads()
    except ValueError:  # it has no threading layer here, so no parallel loop can run
        yield
        return
    numba.set_num_threads(min(threads, pool_size()))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def require_processors(threads: int) -> None:
    """BadInput where the calling thread may run on fewer processors than `threads`: they would share one."""
    allowed = len(affinity.thread_cpus())
    if 0 < allowed < threads:
        bound = bindings(os.environ)
        remedy = f"unset {bound}, which binds threads, and start again" if bound else "start it on more of them"
        raise BadInput(
            f"{threads} threads were asked for, but this thread may run on "
            f"{format_count(allowed, 'processor')} only: {remedy}, or ask for {allowed}."
        )


def threads_needed(cases: Iterable[Case]) -> int:
    """The most threads that any of `cases` uses: how many cores a worker should be pinned to."""
    return max((case.threads for case in cases), default=1)
