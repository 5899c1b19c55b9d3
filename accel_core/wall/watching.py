"""What a running child is asked from outside, because no limit of the kernel holds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from accel_core.wall.limits import Limits

MOST_ENTRIES = 10_000
"""Files in a child's small file system: empty ones take none of its space, but memory of the kernel's."""


def overgrown(pid: int, limits: Limits) -> str:
    """Why the child `pid` has to be ended, in a sentence; "" while it has not."""
    if sys.platform != "linux":
        return ""
    # RLIMIT_NPROC does not hold for root, and before Linux 5.14 not for a child alone
    if (_threads(pid) or 0) > limits.most_threads:
        return f"It started more than {limits.most_threads} threads."
    if limits.disk_bytes and _entries(pid) > MOST_ENTRIES:
        return f"It made more than {MOST_ENTRIES} files."
    return ""


def _threads(pid: int) -> int | None:
    """How many threads a process has; None where it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[17])


def _entries(pid: int) -> int:
    """How many files a child's /tmp has; 0 where that is this process's own, or may not be looked at."""
    try:
        there = os.stat(f"/proc/{pid}/root/tmp")  # noqa: PTH116
        if there.st_dev == os.stat("/tmp").st_dev:  # noqa: PTH116
            return 0
        counted = os.statvfs(f"/proc/{pid}/root/tmp")
    except OSError:
        return 0
    return counted.f_files - counted.f_ffree
