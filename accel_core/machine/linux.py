"""Linux: files below /proc and /sys. Each function takes `read(path) -> text or None`, so that a recorded
host answers as a live one does."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence

from accel_core.machine import cgroup
from accel_core.machine.arm import arm_processor
from accel_core.machine.caches import cache_facts
from accel_core.machine.partial import (
    CLOCK,
    CORE_LIST,
    FAMILY,
    FAST_CORES,
    FAST_LIST,
    HYPERVISOR,
    LOGICAL,
    MEMORY,
    MEMORY_LIMIT,
    MODEL,
    PHYSICAL,
    PROCESSOR,
    QUOTA,
    SLOW_CORES,
    STEPPING,
    VENDOR,
    Partial,
    Value,
    format_cores,
    format_cpu_list,
    parse_cpu_list,
)
from accel_core.machine.simd import simd_facts
from accel_core.model import CacheGroup

Read = Callable[[str], str | None]

CPU = "/sys/devices/system/cpu"
_READ_LIMIT = 16_384  # bytes; the first processors of /proc/cpuinfo are enough, and a large host has hundreds


def read_file(path: str) -> str | None:
    """The first 16 KiB of a small text file; None where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        parts, wanted = [], _READ_LIMIT
        while wanted > 0 and (part := os.read(descriptor, wanted)):
            parts.append(part)
            wanted -= len(part)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return b"".join(parts).decode("utf-8", "replace")


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isdigit() else None


def _size(text: str | None) -> int | None:
    """`48K` -> 49152; sysfs also writes M and G."""
    text = (text or "").strip()
    scale = {"K": 1024, "M": 1024**2, "G": 1024**3}.get(text[-1:], 1)
    digits = text.rstrip("KMG")
    return int(digits) * scale if digits.isdigit() else None


def processors(read: Read, allowed: Collection[int] = ()) -> tuple[int, ...]:
    """Numbers of the logical processors that are switched on, those of the container where it has numbers.

    A mount of lxcfs counts `online` from 0, whichever processors the container has (lxcfs issues 433 and 731);
    the affinity mask does not lie. Where it holds others than `online`, the container's cpuset is asked, which
    stays the same when this process is pinned, then the mask itself.
    """
    listed = parse_cpu_list(read(f"{CPU}/online"))
    if listed and set(allowed) <= set(listed):
        return listed
    own = cgroup.cpuset(read)
    return own if own and set(allowed) <= set(own) else tuple(sorted(allowed))


def _first_processor(read: Read) -> dict[str, str]:
    """Lower-case keys and values of the first block of /proc/cpuinfo."""
    fields: dict[str, str] = {}
    for line in (read("/proc/cpuinfo") or "").splitlines():
        key, colon, value = line.partition(":")
        if not line.strip() and fields:
            break
        if colon:
            fields[key.strip().lower()] = value.strip()
    return fields


def processor(read: Read) -> Partial:
    """/proc/cpuinfo: name, vendor, CPUID's numbers, clock, and the flags, without those the kernel forbids."""
    fields = _first_processor(read)
    vendor, name = fields.get("vendor_id"), fields.get("model name")
    if "cpu implementer" in fields:
        vendor, name = arm_processor(fields["cpu implementer"], fields.get("cpu part", ""), name)
    flags = (fields.get("flags") or fields.get("features") or "").split()
    clock = fields.get("cpu mhz", "")
    facts: dict[str, Value] = {PROCESSOR: name, VENDOR: vendor, **simd_facts(flags)}
    for fact, key in ((FAMILY, "cpu family"), (MODEL, "model"), (STEPPING, "stepping")):
        facts[fact] = _number(fields.get(key))
    if clock.replace(".", "", 1).isdigit():
        facts[CLOCK] = float(clock) * 1e6
    if "hypervisor" in flags:
        facts[HYPERVISOR] = "yes, so clock, caches and steal time are what the hypervisor shows"
    return Partial("/proc/cpuinfo", facts)


def cache_size_line(read: Read) -> Partial:
    """The `cache size` line of /proc/cpuinfo, which other libraries take for the L3: L2 on AMD, L3 on Intel."""
    digits = _first_processor(read).get("cache size", "").removesuffix(" KB")
    size = int(digits) * 1024 if digits.isdigit() else None
    return Partial("/proc/cpuinfo, line 'cache size'", {"L3 size": size}, role="hint")


def cores(read: Read, cpus: Sequence[int]) -> Partial:
    """sysfs topology: logical processors, and which of them are threads of one core."""
    groups: set[tuple[int, ...]] = set()
    seen: set[int] = set()
    for cpu in cpus:
        if cpu in seen:
            continue
        folder = f"{CPU}/cpu{cpu}/topology"
        siblings = read(f"{folder}/core_cpus_list") or read(f"{folder}/thread_siblings_list")
        if siblings is None:
            return Partial(f"{CPU}/online", {LOGICAL: len(cpus)})
        groups.add(parse_cpu_list(siblings) or (cpu,))
        seen.update(parse_cpu_list(siblings))
    if not cpus:
        return Partial(f"{CPU}/online")
    facts: dict[str, Value] = {LOGICAL: len(cpus), PHYSICAL: len(groups), CORE_LIST: format_cores(groups)}
    return Partial(f"{CPU}/cpu*/topology", {**facts, **_kinds(read, cpus, groups)})


def _kinds(read: Read, cpus: Sequence[int], groups: set[tuple[int, ...]]) -> dict[str, Value]:
    """Performance and efficiency cores where there are both: Intel lists them, ARM gives each a capacity."""
    fast = set(parse_cpu_list(read("/sys/devices/cpu_core/cpus")))
    slow = set(parse_cpu_list(read("/sys/devices/cpu_atom/cpus")))
    if not (fast and slow):
        capacity = {cpu: _number(read(f"{CPU}/cpu{cpu}/cpu_capacity")) or 0 for cpu in cpus}
        most = max(capacity.values())
        fast = {cpu for cpu in cpus if capacity[cpu] == most}
        slow = set(cpus) - fast
    if not slow:
        return {}
    return {
        FAST_CORES: sum(1 for group in groups if fast & set(group)),
        SLOW_CORES: sum(1 for group in groups if slow & set(group)),
        FAST_LIST: format_cpu_list(fast),
    }


def cache_groups(read: Read, cpus: Sequence[int]) -> list[CacheGroup]:
    """Every data or unified cache of `cpus` in sysfs, each once."""
    groups: list[CacheGroup] = []
    seen: dict[int, set[int]] = {}
    for cpu in cpus:
        for index in range(8):
            if cpu in seen.setdefault(index, set()):
                continue
            folder = f"{CPU}/cpu{cpu}/cache/index{index}"
            level = _number(read(f"{folder}/level"))
            if level is None:
                break
            shared = parse_cpu_list(read(f"{folder}/shared_cpu_list")) or (cpu,)
            seen[index].update(shared)
            size = _size(read(f"{folder}/size"))
            if size and (read(f"{folder}/type") or "").strip() != "Instruction":
                ways = _number(read(f"{folder}/ways_of_associativity"))
                line = _number(read(f"{folder}/coherency_line_size"))
                groups.append(CacheGroup(level, size, ways or None, line or None, shared))
    return groups


def caches(read: Read, cpus: Sequence[int], cpu: int | None) -> Partial:
    """sysfs caches of `cpus` as processor `cpu` sees them."""
    groups = cache_groups(read, cpus)
    return Partial(f"{CPU}/cpu{cpu or 0}/cache", cache_facts(groups, cpu), caches=tuple(groups))


def clock_limit(read: Read, cpus: Sequence[int | None]) -> Partial:
    """The greatest clock that cpufreq may set, in Hz, for the first of `cpus` that has one.

    It does not move while the machine runs.
    """
    paths = [f"{CPU}/cpu{cpu or 0}/cpufreq/cpuinfo_max_freq" for cpu in cpus]
    path, khz = next(((path, khz) for path in paths if (khz := _number(read(path)))), (paths[0], None))
    return Partial(path, {CLOCK: khz * 1e3 if khz else None})


def memory(read: Read) -> Partial:
    """/proc/meminfo: memory that the kernel manages, somewhat less than is installed."""
    for line in (read("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return Partial("/proc/meminfo", {MEMORY: int(line.split()[1]) * 1024})
    return Partial("/proc/meminfo")


def limits(read: Read) -> Partial:
    """What the control group allows: processors per wall time, and bytes."""
    return Partial("cgroup", {QUOTA: cgroup.quota(read), MEMORY_LIMIT: cgroup.memory_limit(read)})
