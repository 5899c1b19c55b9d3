"""Memory that one call needs, and what of it stays."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import cache
from typing import Any

import psutil

from accel_core.bench.memory import peak_alloc_bytes

MB = 1 << 20
Call = Callable[[], Any]


def memory_of(call: Call) -> dict[str, Any]:
    """What one call leaves behind, and in another the most that it takes meanwhile."""
    before = _resident_bytes()
    result = call()
    after = _resident_bytes()
    return {
        "result": result,
        "memory_before_mb": before / MB,
        "memory_after_mb": after / MB,
        "memory_delta_mb": (after - before) / MB,
        "peak_memory_mb": peak_alloc_bytes(call) / MB,
    }


def _resident_bytes() -> int:
    """Resident memory of this process, after what was freed has gone back to the system."""
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)
    return int(psutil.Process().memory_info().rss)


@cache
def _trim() -> Callable[[int], int] | None:
    """The GNU C library's malloc_trim: it keeps freed memory of up to 32 MiB a block, which would hide a
    result."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return trim


def array_facts(result: Any) -> dict[str, Any]:
    """Shape, type and size of an array; None of anything else."""
    facts = [getattr(result, name, None) for name in ("shape", "dtype", "nbytes", "size")]
    shape, dtype, size_bytes, elements = facts if isinstance(facts[0], tuple) else [None] * 4
    return {
        "result_shape": shape,
        "result_dtype": None if dtype is None else str(dtype),
        "result_size_mb": size_bytes / MB if isinstance(size_bytes, int) else None,
        "result_elements": elements if isinstance(elements, int) else None,
    }
