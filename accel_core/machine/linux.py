"""Linux: files below /proc and /sys. Each function takes `read(path) -> text or None`, so that a recorded
host answers as a live one does."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence

from accel_core.machine import cgroup, cpuinfo, emulation
from accel_core.machine import partial as names
from accel_core.machine.caches import cache_facts
from accel_core.machine.cpuinfo import CpuInfo
from accel_core.machine.kinds import core_name
from accel_core.machine.partial import (
    Partial,
    Read,
    Value,
    format_cores,
    parse_cpu_list,
    parse_cpu_mask,
    parse_whole,
)
from accel_core.machine.simd import simd_facts
from accel_core.model import CacheGroup

CPU = "/sys/devices/system/cpu"
_READ_LIMIT = 16_384  # bytes; the first processors of /proc/cpuinfo are enough, and a large host has hundreds
_CACHE_INDEXES = 8


def read_file(path: str) -> str | None:
    """A text file, cut to whole lines within 16 KiB; None where it cannot be read."""
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
    whole = b"".join(parts) if wanted else b"".join(parts).rpartition(b"\n")[0]
    return whole.decode("utf-8", "replace")


def _size(text: str | None) -> int | None:
    """`48K` -> 49152; sysfs also writes M and G."""
    text = (text or "").strip()
    scale = {"K": 1024, "M": 1024**2, "G": 1024**3}.get(text[-1:], 1)
    count = parse_whole(text[:-1] if scale > 1 else text)
    return None if count is None else count * scale


def processors(read: Read, allowed: Collection[int] = ()) -> tuple[int, ...]:
    """Numbers of the logical processors that are switched on, those of the container where it has numbers.

    A mount of lxcfs counts `online` from 0, whichever processors the container has (lxcfs issues 433 and 731);
    the affinity mask does not lie. Where it holds others than `online`, or the container's cpuset holds as many
    others, the cpuset is believed, which stays the same when this process is pinned, then the mask itself.
    """
    listed, own = parse_cpu_list(read(f"{CPU}/online")), cgroup.cpuset(read)
    counted_anew = own != listed and len(own) == len(listed)
    if listed and set(allowed) <= set(listed) and not counted_anew:
        return listed
    return own if own and set(allowed) <= set(own) else tuple(sorted(allowed))


def processor(read: Read, info: CpuInfo, named: int | None, cpu: int | None, architecture: str) -> Partial:
    """/proc/cpuinfo: name, vendor, CPUID's numbers, clock, and the flags, without those the kernel forbids.

    The name is that of processor `named`; flags and clock are those of `cpu`, which is measured, and its name
    stands beside where it has another one. Nothing is taken from a file that an emulator shows its process.
    """
    fields = info.of(cpu)
    emulated = emulation.from_linux(read, fields, architecture)
    if emulated:
        return Partial("/proc/cpuinfo", {names.EMULATION: emulated})
    (vendor, name), (_, measured) = core_name(read, named, info), core_name(read, cpu, info)
    flags = cpuinfo.flags(fields)
    facts: dict[str, Value] = {
        names.PROCESSOR: name,
        names.VENDOR: vendor,
        names.MEASURED: measured if measured != name else None,
        names.CLOCK: cpuinfo.clock_hz(fields),
        **simd_facts(flags, architecture),
    }
    for fact, key in ((names.FAMILY, "cpu family"), (names.MODEL, "model"), (names.STEPPING, "stepping")):
        facts[fact] = parse_whole(fields.get(key))
    if "hypervisor" in flags:
        facts[names.HYPERVISOR] = "yes, so clock, caches and steal time are what the hypervisor shows"
    return Partial("/proc/cpuinfo", facts)


def cache_size_line(read: Read, info: CpuInfo, architecture: str) -> Partial:
    """The `cache size` line of /proc/cpuinfo, which other libraries take for the L3: L2 on AMD, L3 on Intel."""
    if emulation.from_linux(read, info.of(None), architecture):
        return Partial("/proc/cpuinfo, line 'cache size'", role="hint")
    size = parse_whole(info.of(None).get("cache size", "").removesuffix(" KB"))
    return Partial("/proc/cpuinfo, line 'cache size'", {"L3 size": size * 1024 if size else None}, role="hint")


def _cpus(read: Read, folder: str, listed: str, mask: str) -> tuple[int, ...]:
    """Processors of the list in a sysfs folder, or of the mask, which is all that old kernels have."""
    return parse_cpu_list(read(f"{folder}/{listed}")) or parse_cpu_mask(read(f"{folder}/{mask}"))


def core_groups(read: Read, cpus: Sequence[int]) -> list[tuple[int, ...]]:
    """The logical processors of each core; empty where sysfs does not say it of every one."""
    groups: list[tuple[int, ...]] = []
    seen: set[int] = set()
    for cpu in cpus:
        if cpu in seen:
            continue
        folder = f"{CPU}/cpu{cpu}/topology"
        siblings = _cpus(read, folder, "core_cpus_list", "core_cpus") or _cpus(
            read, folder, "thread_siblings_list", "thread_siblings"
        )
        if not siblings:
            return []
        groups.append(tuple(sorted({cpu, *siblings} - seen)))
        seen.update(groups[-1])
    return groups


def cores(cpus: Sequence[int], groups: Sequence[Sequence[int]], kinds: Mapping[str, Value]) -> Partial:
    """How many logical processors and cores there are, and of which kinds."""
    if not groups:
        return Partial(f"{CPU}/online", {names.LOGICAL: len(cpus) or None, **kinds})
    facts: dict[str, Value] = {
        names.LOGICAL: len(cpus),
        names.PHYSICAL: len(groups),
        names.CORE_LIST: format_cores(groups),
    }
    return Partial(f"{CPU}/cpu*/topology", {**facts, **kinds})


def cache_groups(read: Read, cpus: Sequence[int]) -> list[CacheGroup]:
    """Every data or unified cache of `cpus` in sysfs, each once: some hosts list one under two indexes."""
    groups: list[CacheGroup] = []
    seen: dict[int, set[int]] = {}
    covered: dict[int, set[int]] = {}
    for cpu in cpus:
        for index in range(_CACHE_INDEXES):
            folder = f"{CPU}/cpu{cpu}/cache/index{index}"
            if cpu in seen.setdefault(index, set()) or (level := parse_whole(read(f"{folder}/level"))) is None:
                continue
            shared = {cpu, *_cpus(read, folder, "shared_cpu_list", "shared_cpu_map")}
            seen[index] |= shared
            new = shared - covered.setdefault(level, set())
            size, ways, line = _cache_sizes(read, folder)
            if new and size and (read(f"{folder}/type") or "").strip() != "Instruction":
                covered[level] |= new
                groups.append(CacheGroup(level, size, ways, line, tuple(sorted(new))))
    return groups


def shared_caches(info: CpuInfo, known: Sequence[CacheGroup]) -> list[CacheGroup]:
    """The caches that /proc/cpuinfo lists in levels where sysfs has none: on s390x those that cores share.

    https://github.com/torvalds/linux/blob/master/arch/s390/kernel/cache.c (show_cacheinfo); nobody says whose
    they are.
    """
    levels, found = {group.level for group in known}, []
    for key, value in info.of(None).items():
        if re.fullmatch(r"cache\d+", key):
            said = dict(word.split("=", 1) for word in value.split() if "=" in word)
            level, size = parse_whole(said.get("level")), parse_whole(said.get("size", "").removesuffix("K"))
            ways, line = parse_whole(said.get("associativity")), parse_whole(said.get("line_size"))
            if level and size and level not in levels and said.get("type") != "Instruction":
                found.append(CacheGroup(level, size << 10, ways or None, line or None))
    return found


def _cache_sizes(read: Read, folder: str) -> tuple[int | None, int | None, int | None]:
    """Size, ways and line in bytes; None where sysfs says 0 or nothing."""
    files = ("ways_of_associativity", "coherency_line_size", "number_of_sets")
    ways, line, sets = (parse_whole(read(f"{folder}/{name}")) or None for name in files)
    product = ways * line * sets if ways and line and sets else None
    return _size(read(f"{folder}/size")) or product, ways, line


def caches(groups: Sequence[CacheGroup], cpu: int | None) -> Partial:
    """sysfs caches as processor `cpu` sees them."""
    return Partial(f"{CPU}/cpu{cpu or 0}/cache", cache_facts(groups, cpu), caches=tuple(groups))


def clock_limit(read: Read, cpus: Sequence[int | None]) -> Partial:
    """The greatest clock that cpufreq may set, in Hz, for the first of `cpus` that has one.

    It does not move while the machine runs.
    """
    paths = [f"{CPU}/cpu{cpu or 0}/cpufreq/cpuinfo_max_freq" for cpu in cpus]
    path, khz = next(((path, khz) for path in paths if (khz := parse_whole(read(path)))), (paths[0], None))
    return Partial(path, {names.CLOCK: khz * 1e3 if khz else None})


def memory(read: Read) -> Partial:
    """/proc/meminfo: memory that the kernel manages, somewhat less than is installed."""
    for line in (read("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return Partial("/proc/meminfo", {names.MEMORY: int(line.split()[1]) * 1024})
    return Partial("/proc/meminfo")


def limits(read: Read) -> Partial:
    """What the control group allows: processors per wall time, and bytes."""
    return Partial("cgroup", {names.QUOTA: cgroup.quota(read), names.MEMORY_LIMIT: cgroup.memory_limit(read)})
