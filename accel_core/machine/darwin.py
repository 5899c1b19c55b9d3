"""macOS: the text of `sysctl hw machdep.cpu sysctl.proc_translated`.

Names as in Apple's "Determining system capabilities"
(developer.apple.com/documentation/kernel/1387446-sysctlbyname/determining_system_capabilities).
`hw.perflevel0` are the fastest cores; the plain `hw.l1dcachesize` and `hw.l2cachesize` are those of the
slowest, so they are read only where there are no performance levels (Intel).
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from accel_core.machine import emulation
from accel_core.machine import partial as names
from accel_core.machine.caches import cache_facts
from accel_core.machine.partial import Partial, Value, parse_whole
from accel_core.machine.simd import simd_facts
from accel_core.model import CacheGroup

SOURCE = "sysctl"
_FLAGS = {
    "hw.optional.sse2": "sse2",
    "hw.optional.avx1_0": "avx",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.fma": "fma",
    "hw.optional.avx512f": "avx512f",
    "hw.optional.avx512vl": "avx512vl",
    "hw.optional.neon": "neon",
    "hw.optional.AdvSIMD": "neon",
}


def read_sysctl() -> str:
    """What sysctl prints; the branches that are asked for name neither host nor user."""
    command = ["/usr/sbin/sysctl", "hw", "machdep.cpu", "sysctl.proc_translated"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    return done.stdout  # an unknown name only makes the exit status 1


def parse(text: str) -> dict[str, str]:
    """`name: value` lines (and `name=value`, as some systems print)."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip()] = value.strip()
    return fields


def _number(fields: Mapping[str, str], name: str) -> int | None:
    return parse_whole(fields.get(name)) or None


def sysctl(text: str, architecture: str) -> Partial:
    """All facts of one sysctl listing. Sizes in bytes, clock in Hz (Intel only)."""
    fields = parse(text)
    name = fields.get("machdep.cpu.brand_string")
    vendor = fields.get("machdep.cpu.vendor") or ("Apple" if (name or "").startswith("Apple") else None)
    flags = [flag for key, flag in _FLAGS.items() if fields.get(key) == "1"]
    caches = cache_groups(fields)
    facts: dict[str, Value] = {
        names.PROCESSOR: name,
        names.VENDOR: vendor,
        **_identity(fields),
        names.PHYSICAL: _number(fields, "hw.physicalcpu_max"),
        names.LOGICAL: _number(fields, "hw.logicalcpu_max"),
        names.MEMORY: _number(fields, "hw.memsize"),
        names.CLOCK: _number(fields, "hw.cpufrequency_max") or _number(fields, "hw.cpufrequency"),
        **simd_facts(flags, architecture),
        **_kinds(fields),
        **cache_facts(caches, None),
    }
    if emulation.by_rosetta(fields, architecture):
        facts[names.EMULATION] = emulation.ROSETTA
    return Partial(SOURCE, facts, caches=tuple(caches))


def _identity(fields: Mapping[str, str]) -> dict[str, Value]:
    """CPUID's numbers, extended parts included; a stepping may be 0. Apple's own processors have none."""
    keys = ((names.FAMILY, "family"), (names.MODEL, "model"), (names.STEPPING, "stepping"))
    texts = {fact: fields.get(f"machdep.cpu.{key}", "") for fact, key in keys}
    return {fact: number for fact, text in texts.items() if (number := parse_whole(text)) is not None}


def _kinds(fields: Mapping[str, str]) -> dict[str, Value]:
    """Cores of the fastest level, and of all others together."""
    counts = [_number(fields, f"hw.perflevel{n}.physicalcpu_max") for n in range(_levels(fields))]
    if len(counts) < 2 or None in counts:
        return {}
    return {names.FAST_CORES: counts[0], names.SLOW_CORES: sum(c for c in counts[1:] if c)}


def _levels(fields: Mapping[str, str]) -> int:
    return _number(fields, "hw.nperflevels") or 0


def cache_groups(fields: Mapping[str, str]) -> list[CacheGroup]:
    """Data caches, those of the fastest cores first. macOS does not say the ways of Apple's caches."""
    line = _number(fields, "hw.cachelinesize")
    if not _levels(fields):
        return _intel_groups(fields, line)
    groups = []
    for n in range(_levels(fields)):
        level = f"hw.perflevel{n}"
        cpus = _number(fields, f"{level}.logicalcpu_max") or 1
        for number, key in ((1, "l1dcachesize"), (2, "l2cachesize"), (3, "l3cachesize")):
            size = _number(fields, f"{level}.{key}")
            own = _number(fields, f"{level}.physicalcpu_max") if number == 1 else None
            share = _number(fields, f"{level}.cpusperl{number}") or cpus
            if size:
                groups.append(CacheGroup(number, size, None, line, copies=own or max(1, -(-cpus // share))))
    return groups


def _intel_groups(fields: Mapping[str, str], line: int | None) -> list[CacheGroup]:
    """`hw.cacheconfig` says how many processors share each level: all memory, L1, L2, L3."""
    cpus = _number(fields, "hw.logicalcpu_max") or 1
    shares = [parse_whole(word) or 0 for word in fields.get("hw.cacheconfig", "").split()]
    groups = []
    for number, key in ((1, "hw.l1dcachesize"), (2, "hw.l2cachesize"), (3, "hw.l3cachesize")):
        size = _number(fields, key)
        share = shares[number] if number < len(shares) and shares[number] else cpus
        ways = _number(fields, "machdep.cpu.cache.L2_associativity") if number == 2 else None
        if size:
            groups.append(CacheGroup(number, size, ways, line, copies=max(1, -(-cpus // share))))
    return groups
