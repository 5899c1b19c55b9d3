"""Control groups, version 1 and 2: processor quota and memory limit of the group this process is in.

A limit holds for all groups below it, so the smallest one on the way up to the root counts. In a container
the path in /proc/self/cgroup may be the host's; its files are then not there, and the root's are the
container's. https://docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/memory.html,
https://docs.kernel.org/scheduler/sched-bwc.html
"""

from __future__ import annotations

from collections.abc import Iterator

from accel_core.machine.partial import Read, parse_cpu_list, parse_whole

_MOUNT = "/sys/fs/cgroup"
_UNLIMITED = 1 << 60
"""Version 1 writes "no limit" as the greatest multiple of the page size below 2**63."""


def _folders(read: Read, controller: str) -> Iterator[tuple[int, str]]:
    """(version, folder) of this process's group and all above it, for one controller."""
    for line in (read("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if names == "":
            version, mounts = 2, [_MOUNT, f"{_MOUNT}/unified"]
        elif controller in names.split(","):
            version, mounts = 1, [f"{_MOUNT}/{controller}", f"{_MOUNT}/{names}"]
        else:
            continue
        parts = [part for part in path.split("/") if part]
        for depth in range(len(parts), -1, -1):
            for mount in dict.fromkeys(mounts):
                yield version, "/".join([mount, *parts[:depth]])


def quota(read: Read) -> float | None:
    """CPU time per wall time that the group may use, 1.5 for one and a half processors; None: unlimited."""
    found = []
    for version, folder in _folders(read, "cpu"):
        if version == 2:
            allowed, _, per = (read(f"{folder}/cpu.max") or "").strip().partition(" ")
            quota_us, period_us = parse_whole(allowed), parse_whole(per)
        else:
            quota_us = parse_whole(read(f"{folder}/cpu.cfs_quota_us"))
            period_us = parse_whole(read(f"{folder}/cpu.cfs_period_us"))
        if quota_us and period_us:
            found.append(quota_us / period_us)
    return min(found, default=None)


def throttled_s(read: Read) -> dict[str, float]:
    """Seconds for which a quota has kept each group on the way up from its processors, summed over these.

    {} where the system does not count it. Version 1 writes nanoseconds, version 2 microseconds.
    """
    found = {}
    for version, folder in _folders(read, "cpu"):
        name, unit_s = ("throttled_usec", 1e-6) if version == 2 else ("throttled_time", 1e-9)
        counted = dict(line.split() for line in _pairs(read(f"{folder}/cpu.stat")))
        if (value := parse_whole(counted.get(name))) is not None:
            found[folder] = value * unit_s
    return found


def _pairs(text: str | None) -> list[str]:
    return [line for line in (text or "").splitlines() if len(line.split()) == 2]


def cpuset(read: Read) -> tuple[int, ...]:
    """Numbers of the processors that the group may use; () where no group says so.

    https://docs.kernel.org/admin-guide/cgroup-v2.html#cpuset-interface-files
    """
    for version, folder in _folders(read, "cpuset"):
        names = ("cpuset.cpus.effective",) if version == 2 else ("cpuset.effective_cpus", "cpuset.cpus")
        for name in names:
            if cpus := parse_cpu_list(read(f"{folder}/{name}")):
                return cpus
    return ()


def _memory(read: Read, name_2: str, name_1: str) -> list[tuple[str, int]]:
    """(folder, bytes) of one memory file at each group on the way up where it holds a number."""
    found = []
    for version, folder in _folders(read, "memory"):
        value = parse_whole(read(f"{folder}/{name_2 if version == 2 else name_1}"))
        if value is not None and value < _UNLIMITED:
            found.append((folder, value))
    return found


def memory_limit(read: Read) -> int | None:
    """Bytes that the group may use; None: unlimited."""
    return min((b for _, b in _memory(read, "memory.max", "memory.limit_in_bytes")), default=None)


def memory_left(read: Read) -> int | None:
    """Bytes that the group may still take before it meets a limit; None: unlimited.

    Files that were read and not used since are counted as used, but make room at once: as in `docker stats`
    (https://docs.docker.com/reference/cli/docker/container/stats/) they are taken off.
    """
    used = dict(_memory(read, "memory.current", "memory.usage_in_bytes"))
    limits = _memory(read, "memory.max", "memory.limit_in_bytes")
    left = (b - max(used.get(folder, 0) - _idle_files(read, folder), 0) for folder, b in limits)
    return min((max(b, 0) for b in left), default=None)


def _idle_files(read: Read, folder: str) -> int:
    """Bytes of files in the page cache that were not used lately, of the group and all below it."""
    said = dict(line.split() for line in _pairs(read(f"{folder}/memory.stat")))
    return parse_whole(said.get("total_inactive_file") or said.get("inactive_file")) or 0
