"""Which processors the threads of this process may run on: read, set, and given back.

A sandbox may forbid to set them (seccomp: EPERM; gVisor: ENOSYS), and a set of processors may have shrunk
meanwhile (EINVAL). Nothing here fails for that: what cannot be pinned runs where the system puts it, and a
warning says so.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from accel_core.errors import AccelWarning

_FAULTS = (OSError, ValueError, OverflowError, psutil.Error)
_before: tuple[int, ...] = ()
"""The mask before the first pinning of the whole process, so that it can be given back."""
_told: set[str] = set()
_bound = 0
"""How often all threads were bound, whatever they had been bound to before."""


def allowed_cpus() -> tuple[int, ...]:
    """Logical processors this process may run on; empty where the system cannot say (macOS: no affinity)."""
    if hasattr(os, "sched_getaffinity"):
        return thread_cpus()
    try:
        process = psutil.Process()
        return tuple(sorted(process.cpu_affinity())) if hasattr(process, "cpu_affinity") else ()
    except _FAULTS:
        return ()


def pin_current_process(cpus: Collection[int]) -> bool:
    """Bind all threads of this process to `cpus`; False where that is impossible or `cpus` is empty.

    Import NumPy and Numba before: both size their thread pools by the mask they find at import. A pinning that
    was wanted and refused is an AccelWarning.
    """
    global _before
    if not cpus:
        return False
    mask = allowed_cpus()
    if not _bind_process(cpus):
        return False
    _before = _before or mask
    return True


def unpin_current_process() -> bool:
    """Give back the mask from before the first pinning; False where nothing was pinned."""
    global _before
    if not _before or not _bind_process(_before):
        return False
    _before = ()
    return True


def thread_cpus() -> tuple[int, ...]:
    """Processors of the calling thread, rising; empty where threads have none of their own (macOS, Windows)."""
    if not hasattr(os, "sched_getaffinity"):
        return ()
    try:
        return tuple(sorted(os.sched_getaffinity(0)))  # Linux: 0 is the calling thread
    except OSError:
        return ()


def pin_thread(cpus: Collection[int]) -> bool:
    """Bind the calling thread to `cpus`; False, with one AccelWarning a process, where that is refused."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    try:
        os.sched_setaffinity(0, cpus)
    except _FAULTS as error:
        _warn(error)
        return False
    return True


def times_bound() -> int:
    """How often this module has bound all threads of the process: what bound one before no longer holds."""
    return _bound


@contextmanager
def kept() -> Iterator[None]:
    """Whatever the block does, the calling thread may afterwards run where it could before.

    OpenMP's libraries bind the thread that loads them, or that runs their first loop, where OMP_PROC_BIND,
    GOMP_CPU_AFFINITY or KMP_AFFINITY is set (GNU libgomp manual, environment variables).
    """
    before = thread_cpus()
    try:
        yield
    finally:
        if before and thread_cpus() != before:
            pin_thread(before)


def _bind_process(cpus: Collection[int]) -> bool:
    global _bound
    done = _bind_threads(cpus)
    _bound += 1  # afterwards: what was bound in between may have been overridden
    return done


def _bind_threads(cpus: Collection[int]) -> bool:
    try:
        if hasattr(os, "sched_setaffinity"):
            # On Linux a mask belongs to a thread, and pools of BLAS and OpenMP may be running already.
            tasks = Path("/proc/self/task")
            threads = [int(task.name) for task in tasks.iterdir()] if tasks.is_dir() else [0]
            for thread in threads:
                with suppress(ProcessLookupError):  # it ended meanwhile
                    os.sched_setaffinity(thread, cpus)
            return True
        process = psutil.Process()
        if not hasattr(process, "cpu_affinity"):
            return False
        process.cpu_affinity(list(cpus))
    except _FAULTS as error:
        _warn(error)
        return False
    return True


def _warn(error: Exception) -> None:
    """Say once for each reason that nothing is pinned: a pool would say it at every call."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if reason not in _told:
        _told.add(reason)
        warnings.warn(
            f"Threads cannot be bound to processors here ({reason}), so they run where the system puts them: "
            "times may vary more than elsewhere.",
            AccelWarning,
            stacklevel=3,
        )
