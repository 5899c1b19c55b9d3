"""On which logical processors a measurement runs, and which caches these touch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from accel_core.machine.partial import CORE_LIST, FAST_LIST, parse_cores, parse_cpu_list
from accel_core.model import CACHE_LEVELS, CacheGroup, CacheLevel, Machine


def ranked(
    allowed: Collection[int], cores: Iterable[Sequence[int]], fast: Collection[int] = ()
) -> tuple[int, ...]:
    """`allowed` in the order in which threads are placed: the first is the one that is described.

    One thread a core before a second one on any; performance cores before efficiency cores; high numbers
    first, so that the low ones, which serve interrupts, are left to others.
    """
    turn: dict[int, int] = {}  # processor -> which thread of its core it is
    for core in cores:
        for place, cpu in enumerate(c for c in sorted(core) if c in allowed):
            turn[cpu] = place
    return tuple(sorted(allowed, key=lambda cpu: (turn.get(cpu, 0), bool(fast) and cpu not in fast, -cpu)))


def measuring_cpus(machine: Machine, threads: int) -> tuple[int, ...]:
    """Logical processors for `threads` measuring threads, rising.

    Empty where the system cannot pin (macOS) or where fewer processors are allowed than `threads`.
    """
    allowed = machine.cores.cpus_allowed
    if threads < 1 or len(allowed) < threads:
        return ()
    cores, fast = (str(machine.fact(name) or "") for name in (CORE_LIST, FAST_LIST))
    return tuple(sorted(ranked(allowed, parse_cores(cores), parse_cpu_list(fast))[:threads]))


# -- what these processors touch -----------------------------------------------------------------------------


def cache_of(machine: Machine, level: str, cpu: int) -> CacheGroup | None:
    """The cache of `level` that processor `cpu` uses; None where it has none or the system does not say."""
    cache = machine.cache(level)
    return next((g for g in _numbered(cache) if cpu in g.cpus), None) if cache else None


def sharers(machine: Machine, level: str, cpus: Sequence[int], threads: int | None = None) -> int:
    """How many of the threads on `cpus` share one cache of `level`: the most of any cache that they touch.

    Where threads have no processors (macOS), `threads` says how many there are: they spread evenly over the
    caches of the size that is described. Where nobody says which processors share a cache, an L3 or L4 is
    everybody's and another cache its core's own.
    """
    cache, count = machine.cache(level), len(cpus) or threads or 1
    if cache is None:
        return count
    numbered = _numbered(cache)
    if numbered and cpus:
        return max(1, *(len(set(group.cpus) & set(cpus)) for group in numbered))
    if cache.groups:
        return -(-count // (cache.instances or 1))
    return count if CACHE_LEVELS[level].shared else 1


def last_level_bytes(machine: Machine, cpus: Sequence[int]) -> int:
    """Bytes of all last-level caches that threads on `cpus` touch, each cache once; 0 where none is known.

    A processor's last level is the farthest that it has. Where threads have no processors, or nobody says
    which processors share a cache, it is all caches of the machine's farthest level.
    """
    if not machine.caches:
        return 0
    everything = [group for cache in machine.caches for group in cache.groups]  # near to far
    own = [[group for group in everything if cpu in group.cpus] for cpu in cpus]
    touched = {groups[-1] for groups in own if groups}
    last = machine.caches[-1]
    if not (touched or last.groups):
        return last.size_bytes * (last.instances or 1)
    if not any(group.cpus for group in last.groups):  # nobody says whose it is, so it may be anybody's
        touched = set()
    return sum(group.size_bytes * group.copies for group in touched or last.groups)


def _numbered(cache: CacheLevel) -> tuple[CacheGroup, ...]:
    """The caches of a level whose processors are known; of an older record the one that it describes."""
    if not cache.groups and cache.shared_cpus:
        described = CacheGroup(int(cache.level[1:]), cache.size_bytes, cache.ways, cache.line_bytes)
        return (replace(described, cpus=cache.shared_cpus),)
    return tuple(group for group in cache.groups if group.cpus)
