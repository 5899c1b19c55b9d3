"""Memory for the work of kernels and probes: this process's own, on huge pages where the system gives them."""

from __future__ import annotations

import mmap

import numpy as np
from numpy.typing import NDArray

HUGE_PAGE_BYTES = 2 << 20
_OWN = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
"""By itself Python shares such memory with forked children, who would write into one another's panels; and for
huge pages of shared memory Linux has a setting of its own, `shmem_enabled`, which is off by itself."""


def fresh(size_bytes: int) -> NDArray[np.uint8]:
    """At least `size_bytes` of zeros on a huge-page boundary, a multiple of HUGE_PAGE_BYTES, not touched yet.

    MemoryError where there is no room. The memory goes when the last view of it does.
    """
    size_bytes = -(-size_bytes // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
    try:
        memory = mmap.mmap(-1, size_bytes + HUGE_PAGE_BYTES, **_OWN)
    except OSError as error:
        raise MemoryError(f"there is no room for {size_bytes} bytes") from error
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    whole = np.frombuffer(memory, dtype=np.uint8)
    start = -whole.ctypes.data % HUGE_PAGE_BYTES
    return whole[start : start + size_bytes]
