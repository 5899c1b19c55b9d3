"""Who else uses the processors and the memory: CPU times, steal time, throttling, free memory."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import psutil

from accel_core.machine import cgroup, linux
from accel_core.machine.linux import Read
from accel_core.machine.partial import parse_cpu_list
from accel_core.machine.waiting import ThreadTimes, involuntary_switches, thread_times

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
    """How many were read: 0 where the system does not tell, and then nothing else is known of them."""
    threads: ThreadTimes | None = None
    """What each thread of this process ran and waited; None where the system does not count it."""
    throttled_s: Mapping[str, float] = field(default_factory=dict)
    """Control group -> seconds for which its quota kept it from the processors."""
    switches: int | None = None
    """How often a thread of this process lost its processor before it was done; None where nobody counts."""


def read_cpu_times(cpus: Sequence[int] = (), read: Read = linux.read_file) -> CpuTimes:
    """CPU times of `cpus`, of all where none are named. Resolution: 10 ms a processor on Linux."""
    rows = _rows(cpus, read)
    steal = [float(stolen) for row in rows if (stolen := getattr(row, "steal", None)) is not None]
    return CpuTimes(
        total_s=sum(getattr(row, name, 0.0) for row in rows for name in _SPENT),
        idle_s=sum(row.idle + getattr(row, "iowait", 0.0) for row in rows),
        steal_s=sum(steal) if steal else None,
        own_s=time.process_time(),
        processors=len(rows),
    )


def read_own_times(cpus: Sequence[int], read: Read = linux.read_file) -> CpuTimes:
    """CPU times of `cpus`, and what tells that this process was kept from them."""
    return replace(
        read_cpu_times(cpus, read),
        threads=thread_times(read),
        throttled_s=cgroup.throttled_s(read),
        switches=involuntary_switches(),
    )


def _rows(cpus: Sequence[int], read: Read) -> list[Any]:
    """The system's counters of each of `cpus`; [] where it does not tell all of them.

    /proc/stat may be forbidden (Android), empty, or missing.
    """
    try:
        rows = psutil.cpu_times(percpu=True)
    except (OSError, NotImplementedError, RuntimeError, LookupError, ValueError, psutil.Error):
        return []
    if not cpus:
        return rows
    by_number = dict(zip(_numbers(len(rows), read), rows, strict=False))  # no numbers, no rows
    return [by_number[cpu] for cpu in cpus] if set(cpus) <= set(by_number) else []


def _numbers(count: int, read: Read) -> Sequence[int]:
    """Numbers of the processors that `count` rows of counters belong to; () where nobody says.

    Linux leaves out those that are switched off: rows have names, and where a long file was not read to its
    end, `online` has them. lxcfs counts the rows of a container from 0, whichever processors it has: then they
    are those of its cpuset, in order.
    """
    if sys.platform != "linux":
        return range(count)
    named = [int(number) for number in re.findall(r"^cpu(\d+) ", read("/proc/stat") or "", re.MULTILINE)]
    listed = named if len(named) == count else parse_cpu_list(read(f"{linux.CPU}/online"))
    own = cgroup.cpuset(read)
    numbers = own if len(own) == count and not set(own) <= set(listed) else listed
    return numbers if len(numbers) == count else ()


def steal_fraction(before: CpuTimes, after: CpuTimes) -> float | None:
    """Share of the processors' time between two readings that the hypervisor gave away, 0 to 1.

    None where the system does not count it, where no time has passed, or where a processor came or went.
    """
    total = after.total_s - before.total_s
    if before.steal_s is None or after.steal_s is None or total <= 0 or before.processors != after.processors:
        return None
    return min(max((after.steal_s - before.steal_s) / total, 0.0), 1.0)


def throttled_s(before: CpuTimes, after: CpuTimes) -> float | None:
    """Seconds, summed over processors, for which a quota stopped this process's group between two readings.

    Of groups that stand above one another the one that was stopped the longest counts. None where unknown.
    """
    grown = [
        total_s - before.throttled_s[group]
        for group, total_s in after.throttled_s.items()
        if group in before.throttled_s
    ]
    return max([0.0, *grown]) if grown else None


def other_load(before: CpuTimes, after: CpuTimes) -> float | None:
    """Processors that other programs kept busy between two readings of all processors: 0.5 is half of one."""
    total = after.total_s - before.total_s
    if total <= 0 or before.processors != after.processors:
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
