"""Kinds of core on Linux: which processors are of one kind, and which kind is the fastest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accel_core.machine.arm import arm_processor
from accel_core.machine.cpuinfo import CpuInfo, identity, vendor_and_name
from accel_core.machine.partial import (
    FAST_CORES,
    FAST_LIST,
    KINDS,
    SLOW_CORES,
    Read,
    Value,
    format_cpu_list,
    parse_cpu_list,
    parse_whole,
)
from accel_core.model import CacheGroup

CPU = "/sys/devices/system/cpu"
_SAME_KIND = 0.8
"""Two neighbours in speed are of one kind above this ratio. Cores of one kind differ by binning and boost:
997 to 1024 on a GB10 (hwloc issue 766), 1007 to 1024 on a Grace (634), 5.2 to 5.7 GHz on a 7950X3D. Kinds
differ by more: 731 to 997 on a GB10, 3.9 to 5.2 GHz on an i9-12900K, 3.3 to 5.1 GHz on a Ryzen AI 9 HX 370."""
_INTEL_LISTS = ("/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom/cpus", "/sys/devices/cpu_lowpower/cpus")
"""One counter unit a kind, the fastest first."""


def kinds(
    read: Read, cpus: Sequence[int], caches: Sequence[CacheGroup], info: CpuInfo
) -> tuple[tuple[int, ...], ...]:
    """`cpus` by kind of core, the fastest kind first; one group where all are of one kind or nobody can tell.

    The kernel's own lists are believed first (Intel), then the numbers by which processors name themselves
    (ARM, RISC-V), then the size of L1, which differs between the cores of Intel's hybrids. Only where these
    tell nothing do gaps in the cores' speed divide them.
    """
    listed = [tuple(c for c in parse_cpu_list(read(path)) if c in cpus) for path in _INTEL_LISTS]
    if len(found := [group for group in listed if group]) > 1:
        return tuple(found)
    named = {cpu: _core_identity(read, cpu, info) for cpu in cpus}
    first_level = {cpu: group.size_bytes for group in caches if group.level == 1 for cpu in group.cpus}
    for signs in (named, {cpu: first_level.get(cpu) for cpu in cpus}):
        groups = _divided(signs)
        if len(groups) > 1:
            return _ranked(groups, _speeds(read, cpus), caches) or (tuple(cpus),)
    return _clusters(_speeds(read, cpus)) or (tuple(cpus),)


def core_name(read: Read, cpu: int | None, info: CpuInfo) -> tuple[str | None, str | None]:
    """(vendor, name) of one processor."""
    fields, midr = info.of(cpu), _midr(read, cpu)
    return arm_processor(*midr, fields.get("model name")) if midr else vendor_and_name(fields)


def _midr(read: Read, cpu: int | None) -> tuple[str, str] | None:
    """Implementer and part out of this processor's own ARM register; cpuinfo may be cut before it."""
    text = (read(f"{CPU}/cpu{cpu}/regs/identification/midr_el1") or "").strip()
    try:
        midr = int(text, 16)
    except ValueError:
        return None
    return hex(midr >> 24 & 0xFF), f"0x{midr >> 4 & 0xFFF:03x}"


def _core_identity(read: Read, cpu: int, info: CpuInfo) -> tuple[str, ...] | None:
    own = info.each.get(cpu)
    return _midr(read, cpu) or (identity({**info.common, **own}) if own is not None else None)


def kind_facts(
    groups: Sequence[Sequence[int]], cores: Sequence[Sequence[int]], names: Sequence[str | None]
) -> dict[str, Value]:
    """Counts in cores, of the fastest kind and of all others together; no facts for one kind."""
    if len(groups) < 2:
        return {}
    counts = [sum(1 for core in cores if set(core) & set(group)) for group in groups]
    told = [f"{n} x {name}" for n, name in zip(counts, names, strict=True)]
    return {
        FAST_CORES: counts[0],
        SLOW_CORES: sum(counts[1:]),
        FAST_LIST: format_cpu_list(groups[0]),
        KINDS: ", ".join(told) if len(set(names)) == len(names) else None,
    }


def _speeds(read: Read, cpus: Sequence[int]) -> dict[int, int]:
    """The scheduler's capacity of each processor, else its greatest clock; empty where one has neither."""
    for name in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):
        speeds = {cpu: parse_whole(read(f"{CPU}/cpu{cpu}/{name}")) or 0 for cpu in cpus}
        if all(speeds.values()):
            return speeds
    return {}


def _divided(signs: Mapping[int, object]) -> list[tuple[int, ...]]:
    """Processors with equal signs together; all in one where a sign is unknown."""
    if None in signs.values():
        return [tuple(signs)]
    return [tuple(c for c in signs if signs[c] == sign) for sign in dict.fromkeys(signs.values())]


def _ranked(
    groups: Sequence[tuple[int, ...]], speeds: Mapping[int, int], caches: Sequence[CacheGroup]
) -> tuple[tuple[int, ...], ...] | None:
    """The fastest group first: by its best speed, then by the caches of a core; None where two tie for it."""

    def rank(group: tuple[int, ...]) -> tuple[int, ...]:
        own = [(c.level, c.size_bytes) for c in caches if group[0] in c.cpus]
        return max((speeds.get(c, 0) for c in group), default=0), *(size for _, size in sorted(own))

    ordered = tuple(sorted(groups, key=rank, reverse=True))
    return ordered if rank(ordered[0]) > rank(ordered[1]) else None


def _clusters(speeds: Mapping[int, int]) -> tuple[tuple[int, ...], ...]:
    """Processors divided where the next slower one is far slower; the fastest first."""
    groups: list[list[int]] = []
    last = 0
    for cpu in sorted(speeds, key=lambda c: (-speeds[c], c)):
        if not groups or speeds[cpu] < _SAME_KIND * last:
            groups.append([])
        groups[-1].append(cpu)
        last = speeds[cpu]
    return tuple(tuple(sorted(group)) for group in groups)
