"""A pool of Python threads for compiled kernels: pieces of one result, computed at once.

The kernels let go of the interpreter (`nogil`), so Python threads run them really side by side. It is the way
for what compiled code cannot fork by itself (`fork_join`): calls of a library, and hosts without OpenMP.

Each thread stays on a processor of its own where the system allows it. Woken threads otherwise tend to land on
the processor of the one that wakes them, and a kernel of a few milliseconds ends before the scheduler moves
them: two threads were then as slow as one (Linux, 2-core virtual machine).
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import numba

from accel_core.machine import pin_thread, thread_cpus

Work = Callable[[], object]

_pools: dict[tuple[int, ...], ThreadPoolExecutor] = {}
"""Processors (negative numbers where the system does not tell) -> a thread for each but the first."""
_lock = threading.Lock()
_home = threading.local()
"""`processor` of a thread of a pool: its own."""
_most: ContextVar[int | None] = ContextVar("accel_threads", default=None)


@contextmanager
def at_most(threads: int) -> Iterator[None]:
    """Kernels that the block calls use up to `threads` threads, whatever Numba was told."""
    token = _most.set(threads)
    try:
        yield
    finally:
        _most.reset(token)


def thread_count() -> int:
    """Threads that a kernel may use now: what `at_most` or else Numba says, at most one for each processor."""
    return len(_processors(_asked()))


def run(work: Sequence[Work]) -> None:
    """Call every piece of `work`, at most `thread_count()` at once, and return when all are done.

    The calling thread is one of them. Raises the first thing that a piece raised, when all have ended.
    """
    processors = _processors(_asked())
    waiting, failures = deque(work), []
    threads = min(len(waiting), len(processors))

    def take() -> None:
        while waiting:
            with suppress(IndexError):  # another thread took the last one in between
                failures.extend(_failure_of(waiting.popleft()))

    if threads < 2:
        take()
    else:
        others = [_pool(processors).submit(_at_home, take) for _ in range(threads - 1)]
        with _staying(processors[0]):
            take()
        for other in others:
            if not other.cancel():  # cancelled: it had not begun, and nothing is left to do
                other.result()
    if failures:
        raise failures[0]


def shares(length: int, parts: int, multiple: int = 1) -> list[slice]:
    """`length` in at most `parts` slices, all but the last one alike and a multiple of `multiple` long."""
    step = max(-(-length // (parts * multiple)) * multiple, 1)
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]


def _failure_of(work: Work) -> list[BaseException]:
    try:
        work()
    except BaseException as error:
        return [error]
    return []


def _asked() -> int:
    """What `at_most` says, else `numba.set_num_threads`, else the threads that Numba would start.

    Numba is asked only where its threads run already: the answer would start them, and the OpenMP library that
    comes with them binds the calling thread to one processor where OMP_PROC_BIND is set.
    """
    most = _most.get()
    if most is not None:
        return most
    try:
        numba.threading_layer()
    except ValueError:  # not started
        return int(vars(numba.config)["NUMBA_NUM_THREADS"])
    return int(numba.get_num_threads())


def _at_home(take: Work) -> None:
    """`take()` on the processor of this thread of the pool; whoever pinned the process has moved it too."""
    if _home.processor >= 0:
        pin_thread({_home.processor})
    take()


@contextmanager
def _staying(processor: int) -> Iterator[None]:
    """The calling thread does its share too, on the processor that no thread of the pool has."""
    before = thread_cpus()
    pinned = processor >= 0 and pin_thread({processor})
    try:
        yield
    finally:
        if pinned:
            pin_thread(before)


def _processors(count: int) -> tuple[int, ...]:
    """Up to `count` processors that the calling thread may use."""
    return thread_cpus()[:count] or tuple(range(-1, -1 - count, -1))


def _pool(processors: tuple[int, ...]) -> ThreadPoolExecutor:
    with _lock:
        if processors not in _pools:
            left = list(processors[1:])

            def settle() -> None:
                _home.processor = left.pop()

            _pools[processors] = ThreadPoolExecutor(len(processors) - 1, "kernel", initializer=settle)
        return _pools[processors]


def _after_fork() -> None:
    """A child process has no threads: it makes a pool of its own when it needs one."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
