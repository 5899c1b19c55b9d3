"""Who else uses the processors and the memory: CPU times, steal time, free memory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from accel_core.machine import cgroup, linux

ASSUMED_FREE_BYTES = 512 << 20
"""Where no source says how much memory is free."""
_SPENT = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""Parts of a processor's time; guest time is already in user, and Windows counts interrupts in system."""


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Seconds since start-up, summed over the processors asked for."""

    total_s: float
    idle_s: float
    steal_s: float | None
    """Time that the hypervisor gave to others; None where the system does not count it."""
    own_s: float
    """CPU time of this process, over all processors."""
    processors: int


def read_cpu_times(cpus: Sequence[int] = ()) -> CpuTimes:
    """CPU times of `cpus`, of all where none are named. Resolution: 10 ms a processor on Linux."""
    each = psutil.cpu_times(percpu=True)
    rows = [each[cpu] for cpu in cpus if cpu < len(each)] or each
    steal = [float(stolen) for row in rows if (stolen := getattr(row, "steal", None)) is not None]
    return CpuTimes(
        total_s=sum(getattr(row, name, 0.0) for row in rows for name in _SPENT),
        idle_s=sum(row.idle + getattr(row, "iowait", 0.0) for row in rows),
        steal_s=sum(steal) if steal else None,
        own_s=time.process_time(),
        processors=len(rows),
    )


def steal_fraction(before: CpuTimes, after: CpuTimes) -> float | None:
    """Share of the processors' time between two readings that the hypervisor gave away, 0 to 1.

    None where the system does not count it, or where no time has passed.
    """
    total = after.total_s - before.total_s
    if before.steal_s is None or after.steal_s is None or total <= 0:
        return None
    return min(max((after.steal_s - before.steal_s) / total, 0.0), 1.0)


def other_load(before: CpuTimes, after: CpuTimes) -> float | None:
    """Processors that other programs kept busy between two readings of all processors: 0.5 is half of one."""
    total = after.total_s - before.total_s
    if total <= 0:
        return None
    steal = (after.steal_s or 0.0) - (before.steal_s or 0.0)
    idle = after.idle_s - before.idle_s
    wall = total / after.processors
    return max(total - idle - steal - (after.own_s - before.own_s), 0.0) / wall


def _free_bytes() -> int:
    """Free memory by psutil, which reads /proc/meminfo; where that is forbidden, by a call that reads none."""
    with suppress(OSError, RuntimeError, ValueError):
        return int(psutil.virtual_memory().available)
    with suppress(AttributeError, OSError, ValueError):
        return max(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), 1)
    return ASSUMED_FREE_BYTES


def available_memory_bytes() -> int:
    """Bytes that can still be taken without swapping and without meeting the control group's limit."""
    free = _free_bytes()
    left = cgroup.memory_left(linux.read_file) if sys.platform == "linux" else None
    return free if left is None else min(free, left)
