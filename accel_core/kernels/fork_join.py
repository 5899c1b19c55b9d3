"""Fork and join in compiled code: Numba's parallel loops, where they can be called safely.

A parallel loop on OpenMP or TBB hands its parts to threads that are awake in a few microseconds, where Python
threads (`pool`) take tens; to threads that sleep, both take tens and more. `python tests/benchmarks/scaling.py`
measures them. It is used under these rules, and `pool` elsewhere:

- The layer is "omp" or "tbb". Numba's third, "workqueue", ends the process when two threads call at once.
- The process is no forked child of one whose layer ran: GNU OpenMP cannot go on there, and Numba ends it.
- No variable binds OpenMP's threads, which would bind the calling thread too, and for good, nor limits them,
  which would let it do the work of several.
- Numba was not told to start fewer threads than are asked for (NUMBA_NUM_THREADS).

Threads that have nothing left to do wait for the next loop in a short spin, so that it finds them awake, and
then sleep: what is timed next has its cores for itself. OpenMP's spin is set here where nothing has loaded
OpenMP before; else it is as its library has it.

Where the calling thread has two processors, a loop on both binds OpenMP's other thread to one (Linux), and it
stays so in other parallel loops of that thread.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
from numba.core.types import ExternalFunction, int32, uintp
from numpy.typing import NDArray

from accel_core.kernels.compiled import compiled, forked
from accel_core.machine import affinity
from accel_core.machine.thread_settings import OPENMP_LIMITS, SAFE_LAYERS, bindings

POLICY = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
SPIN = {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
"""How long an idle thread spins, unless one of POLICY is set: turns of a loop with one pause instruction each
for GNU's OpenMP, which is below a millisecond (by itself it takes 30 times as many), and milliseconds for
LLVM's, which takes 200 by itself. Sources: the manuals of both, environment variables."""

_lock = threading.Lock()
_layer: str | None = None
"""None until it is needed, "" where `pool` does the work."""


def layer() -> str:
    """Numba's layer that forks here, one of SAFE_LAYERS, or "" where Python threads do. It runs then."""
    global _layer
    if _layer is None:
        with _lock:
            if _layer is None:
                _layer = _started()
    return _layer


def can_fork(threads: int) -> bool:
    """True where a compiled loop may run on so many threads; one thread forks nothing."""
    return 1 < threads <= int(vars(numba.config)["NUMBA_NUM_THREADS"]) and bool(layer())


def fork(loop: Callable[..., Any], threads: int, *arguments: Any) -> None:
    """`loop(*arguments, threads)`, a compiled parallel loop of so many turns on as many threads.

    `can_fork(threads)` has to be true.
    """
    before = numba.get_num_threads()
    if before != threads:
        numba.set_num_threads(threads)
    try:
        if BINDS and _layer == "omp" and (threads == BOUND or _team.settled):
            _settle(threads)
        loop(*arguments, threads)
    finally:
        if before != threads:
            numba.set_num_threads(before)


BOUND = 2
"""Threads, and processors of the calling one, where threads are bound: see `_settle`."""


class _Team(threading.local):
    """OpenMP's threads of one calling thread: what they were bound for, and the processor that none has."""

    settled: tuple[Any, ...] = ()
    left: int = -1


_team = _Team()


def _settle(threads: int) -> None:
    """Bind each of OpenMP's threads to a processor of its own, none to that which the calling thread is on.

    Threads that have slept may be woken on the processor of the one that wakes them, and take turns with it
    until the system moves one: with 2 processors a product of 512 then took twice as long, for some calls after
    a pause of 50 ms (Linux virtual machine). With 4 and 16 processors nothing was gained, so that the choice is
    left to the system, as it is where there are more processors than threads. The calling thread stays free;
    where it has moved to a processor of theirs, they are bound anew.
    """
    cpus = affinity.thread_cpus()
    if not len(cpus) == threads == BOUND:
        if _team.settled:  # those that stay of a full team are bound still
            with affinity.kept():
                _bind(_anywhere(cpus, threads), threads)
            _team.settled = ()
        return
    wanted, here = (cpus, affinity.times_bound()), int(_processor())
    if _team.settled == wanted and here == _team.left:
        return
    with affinity.kept():  # where OpenMP gives fewer threads, the calling one runs the turns of others
        _bind(_masks(cpus, here), threads)
    _team.settled, _team.left = wanted, here


def _masks(cpus: tuple[int, ...], here: int) -> NDArray:
    """Bits (threads, words): no processor for the calling thread, for each other one that is not `here`."""
    masks = np.zeros((len(cpus), max(cpus) // 64 + 1), np.uint64)
    for thread, cpu in enumerate([cpu for cpu in cpus if cpu != here][: len(cpus) - 1], 1):
        masks[thread, cpu // 64] = 1 << cpu % 64
    return masks


def _anywhere(cpus: tuple[int, ...], threads: int) -> NDArray:
    """Bits (threads, words): no processor for the calling thread, all of `cpus` for each other one."""
    masks = np.zeros((threads, max(cpus) // 64 + 1), np.uint64)
    for cpu in cpus:
        masks[1:, cpu // 64] |= np.uint64(1 << cpu % 64)
    return masks


@compiled
def even_share(length: int, parts: int, part: int, multiple: int) -> slice:
    """The part-th of `parts` slices of `length`, which begin at multiples of `multiple`; none has two of them
    more than another."""
    units = (length + multiple - 1) // multiple
    start, stop = units * part // parts * multiple, units * (part + 1) // parts * multiple
    return slice(min(start, length), min(stop, length))


BINDS = sys.platform == "linux"
"""Elsewhere a thread cannot be bound, or the system spreads threads by itself."""

if BINDS:
    _set_affinity: Any = ExternalFunction("sched_setaffinity", int32(int32, uintp, uintp))
    _get_cpu: Any = ExternalFunction("sched_getcpu", int32())

    @compiled
    def _processor() -> int:
        """The processor that the calling thread is on: sched_getcpu(3)."""
        return _get_cpu()

    @forked
    def _bind(masks: NDArray, threads: int) -> None:
        """Bind each thread but the calling one to the processors in its row of masks (threads, words), of which
        bit b of word w stands for processor 64 w + b: sched_setaffinity(2). What is refused changes nothing."""
        for thread in numba.prange(threads):
            if thread:
                _set_affinity(0, masks.shape[1] * 8, masks[thread].ctypes.data)


def even_shares(length: int, parts: int, multiple: int = 1) -> list[slice]:
    """`length` in `parts` slices, for Python, as `even_share` gives them one by one to compiled code."""
    return [even_share.py_func(length, parts, part, multiple) for part in range(parts)]


def start() -> None:
    """Start Numba's threads as this module wants them, if nothing has started them yet."""
    if _launched():
        return
    with affinity.kept(), _spinning_briefly():
        numba.get_num_threads()


def _started() -> str:
    if bindings(os.environ) or any(name in os.environ for name in OPENMP_LIMITS):
        return ""
    try:
        start()
    except ValueError:  # no layer can be loaded here
        return ""
    found = _launched()
    return found if found in SAFE_LAYERS else ""


def _launched() -> str:
    """The layer whose threads run; empty where none does."""
    try:
        return str(numba.threading_layer())
    except ValueError:
        return ""


@contextmanager
def _spinning_briefly() -> Iterator[None]:
    """The block loads OpenMP, which reads its variables once; a child process is told nothing."""
    ours = {} if any(name in os.environ for name in POLICY) else SPIN
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _after_fork() -> None:
    global _lock, _layer
    _lock = threading.Lock()
    if _layer or _launched():
        _layer = ""


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
