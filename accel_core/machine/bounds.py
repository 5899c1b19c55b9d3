"""What a machine can be, by the largest that are built: a file that says more, or other, is no machine.

A file is checked before any of it is believed, field by field against the types in `model`: a page would meet a
text where it reckons with a number, or say of a clock what no clock can be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from accel_core.codec import entries
from accel_core.machine.caches import LEVELS
from accel_core.machine.partial import MOST_CPUS
from accel_core.model import CACHE_LEVELS, CacheGroup, CacheLevel, Cores, Fact, Machine, Simd

_LARGEST_CACHE_BYTES = 2 << 30
"""The L4 that an IBM z16 makes of its L2 has 2 GiB, all L3 of an EPYC 9684X together 1.1 GiB."""
_LARGEST_MEMORY_BYTES = 1 << 50
_SLOWEST_HZ, _FASTEST_HZ = 1e6, 1e11
_WIDEST_BITS = 2048  # SVE
_COUNT = (1, MOST_CPUS)
_NUMBERS = (0, MOST_CPUS - 1)
_LINES = (1, 1 << 16)
_RANGES: Mapping[tuple[type, str], tuple[float, float]] = {
    (Cores, "physical"): _COUNT,
    (Cores, "logical"): _COUNT,
    (Cores, "allowed"): _COUNT,
    (Cores, "cpus_allowed"): _NUMBERS,
    (Cores, "quota"): (1e-3, MOST_CPUS),
    (CacheGroup, "level"): (LEVELS[0], LEVELS[-1]),
    (CacheGroup, "cpus"): _NUMBERS,
    (CacheGroup, "copies"): _COUNT,
    (CacheLevel, "shared_cpus"): _NUMBERS,
    (CacheLevel, "instances"): _COUNT,
    (CacheLevel, "reported_bytes"): (1, _LARGEST_CACHE_BYTES),
    **{(kind, "size_bytes"): (1, _LARGEST_CACHE_BYTES) for kind in (CacheGroup, CacheLevel)},
    **{(kind, "line_bytes"): (16, 4096) for kind in (CacheGroup, CacheLevel)},
    **{(kind, "ways"): _LINES for kind in (CacheGroup, CacheLevel)},
    (Simd, "width_bits"): (8, _WIDEST_BITS),
    (Machine, "memory_bytes"): (1 << 20, _LARGEST_MEMORY_BYTES),
    (Machine, "clock_hz"): (0, _FASTEST_HZ),
    (Fact, "value"): (0, float(1 << 62)),
    (Fact, "others"): (0, float(1 << 62)),
}


def check_entries(data: Any) -> None:
    """ValueError where an entry of `Machine.to_dict()` is of another type, or beyond what is built."""
    if not _fits(data, Machine, (-math.inf, math.inf)):
        raise ValueError("an entry is of another type or beyond what is built")


def check_sums(machine: Machine) -> None:
    """ValueError where entries contradict one another, or name what there is not.

    A container may know its own processors and its host's cores: there can be more of these.
    """
    cores, caches = machine.cores, machine.caches
    listed = len(cores.cpus_allowed)
    every: list[CacheLevel | CacheGroup] = [*caches, *(group for cache in caches for group in cache.groups)]
    sound = (
        all((machine.cpu, machine.architecture, machine.system, machine.fingerprint))
        and not (machine.clock_hz and machine.clock_hz < _SLOWEST_HZ)
        and cores.allowed <= min(cores.logical or MOST_CPUS, listed or MOST_CPUS)
        and cores.allowed <= max(cores.quota or MOST_CPUS, 1)
        and len(set(cores.cpus_allowed)) == listed
        and machine.simd.width_bits.bit_count() == 1
        and all(cache.level in CACHE_LEVELS and cache.system_bytes >= cache.size_bytes for cache in caches)
        and all((each.ways or 1) * (each.line_bytes or 1) <= each.size_bytes for each in every)
        and [cache.level for cache in caches] == sorted(cache.level for cache in caches)
    )
    if not sound:
        raise ValueError("the entries contradict one another")


def _fits(value: Any, hint: Any, within: tuple[float, float]) -> bool:
    """Whether `value`, out of JSON, is what the type `hint` says, its numbers in the range `within`."""
    parts = get_args(hint)
    if isinstance(hint, UnionType):
        return any(_fits(value, part, within) for part in parts)
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            return False
        wanted = parts[:1] * len(value) if parts[-1] is Ellipsis else parts
        return len(wanted) == len(value) and all(
            _fits(entry, part, within) for entry, part in zip(value, wanted, strict=True)
        )
    if is_dataclass(hint):
        return isinstance(value, Mapping) and all(
            _fits(value[name], part, _RANGES.get((hint, name), within)) if name in value else optional  # type: ignore[arg-type]
            for name, part, optional in entries(hint)  # type: ignore[arg-type]
        )
    if hint in (int, float):
        kinds = int if hint is int else int | float
        return isinstance(value, kinds) and not isinstance(value, bool) and within[0] <= value <= within[1]
    if hint is str:
        return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return hint is NoneType and value is None
