"""Memory that one call takes beyond its inputs, in a pass of its own that is never timed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

from accel_core.model import Kernel

QUICK_S, PATIENT_S = 0.25, 2.0
"""Up to so long an interpreted call, and any other, is run once more to see its memory; tracing slows an
interpreted one many times."""


def is_seen(kernel: Kernel, call_s: float) -> bool:
    """Whether a call of `kernel` that takes so long is run once more to see its memory."""
    return call_s <= (QUICK_S if kernel.family == "interpreted" else PATIENT_S)


def peak_alloc_bytes(call: Callable[[], Any]) -> int:
    """Greatest extra memory while `call` runs, its result included, in bytes.

    Counts what Python and NumPy allocate, for NumPy reports its arrays to tracemalloc
    (https://numpy.org/doc/stable/reference/c-api/data_memory.html). Memory that BLAS keeps for itself or that a
    compiled kernel takes without asking NumPy, is not seen.
    """
    if tracemalloc.is_tracing():  # someone else's trace: read it, leave it on
        return _peak(call)
    tracemalloc.start(1)
    try:
        return _peak(call)
    finally:
        tracemalloc.stop()


def _peak(call: Callable[[], Any]) -> int:
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    call()
    _, peak = tracemalloc.get_traced_memory()
    return max(0, peak - before)
