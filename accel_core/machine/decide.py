"""One function decides: partial facts of many sources, in order of trust, become one Machine."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.machine import partial as names
from accel_core.machine.caches import LEVELS, cache_levels
from accel_core.machine.partial import Partial, Value, parse_cpu_list
from accel_core.model import Cores, Fact, Machine, Simd

SCALAR_WIDTH_BITS = 64
"""Width that is assumed where no vector instruction set is known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one fact is presented and when two sources count as disagreeing."""

    name: str
    unit: str = ""
    reason: str = ""
    """Why the first source is believed where another one disagrees, or what to beware of."""
    tolerance: float = 0.0
    """Relative difference up to which two numbers agree."""
    always: bool = False
    """The reason is worth reading even where all agree."""
    optional: bool = False
    """Left out where nobody knows it; other facts are listed as unknown."""


_CACHE_REASONS = {
    "size": "The kernel's own table, per instance; libraries guess from CPUID or from the line 'cache size', "
    "which is L2 on AMD.",
    "ways": "The kernel's own table, per instance.",
}
_CLOCK_REASON = (
    "A hint only: often the time-stamp counter or a limit. The running clock is measured with the peaks."
)
_FAST_REASON = "Kernels are measured on these where this process may run there."
_MEASURED_REASON = "This process may not run on the fastest kind of core."
_CACHE_RULES = tuple(
    Rule(f"L{n} {what}", unit, _CACHE_REASONS.get(what, ""), optional=True)
    for n in LEVELS
    for what, unit in (
        ("size", "byte"),
        ("ways", ""),
        ("line", "byte"),
        ("shared by", "processor numbers"),
        ("instances", ""),
    )
)
_RULES = (
    Rule(names.PROCESSOR),
    Rule(names.MEASURED, "", _MEASURED_REASON, always=True, optional=True),
    Rule(names.VENDOR),
    Rule(names.FAMILY, optional=True),
    Rule(names.MODEL, optional=True),
    Rule(names.STEPPING, optional=True),
    Rule(names.ARCHITECTURE),
    Rule(names.SYSTEM),
    Rule(names.PHYSICAL, "", "The topology that the system schedules by."),
    Rule(names.LOGICAL, "", "The processors that the system schedules on."),
    Rule(names.FAST_CORES, "", _FAST_REASON, always=True, optional=True),
    Rule(names.SLOW_CORES, optional=True),
    Rule(names.FAST_LIST, "processor numbers", optional=True),
    Rule(names.KINDS, optional=True),
    Rule(names.CORE_LIST, "processor numbers", optional=True),
    Rule(names.ALLOWED_LIST, "processor numbers"),
    Rule(names.QUOTA, "processors", optional=True),
    *_CACHE_RULES,
    Rule(names.CACHES, "", "Every data cache of the machine, whichever processor asks."),
    Rule(names.FEATURES, "", "What the system allows, not only what the processor has."),
    Rule(names.WIDTH, "bit", "The widest set that processor and system both allow."),
    Rule(names.MEMORY, "byte", "What the system manages, somewhat less than is installed.", tolerance=0.01),
    Rule(names.MEMORY_LIMIT, "byte", optional=True),
    Rule(names.CLOCK, "Hz", _CLOCK_REASON, tolerance=0.01, always=True),
    Rule(names.LLVM_TARGET, optional=True),
    Rule(names.HYPERVISOR, optional=True),
    Rule(names.EMULATION, optional=True),
)


def _agree(rule: Rule, a: Value, b: Value) -> bool:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=rule.tolerance)
    return a == b


def believed(rule: Rule, partials: Sequence[Partial]) -> Fact:
    """The first source that knows; whoever disagrees stands beside it, with the reason."""
    said = [(p, value) for p in partials if (value := p.facts.get(rule.name)) is not None]
    candidates = [s for s in said if s[0].role == "source"] or [s for s in said if s[0].role == "fallback"]
    if not candidates:
        asked = ", ".join(dict.fromkeys(p.source for p in partials if rule.name in p.facts))
        others = tuple((p.source, value) for p, value in said)
        return Fact(rule.name, None, asked or "no source on this system", rule.unit, others)
    best, value = candidates[0]
    others = tuple(
        (p.source, v) for p, v in said if p is not best and p.role != "fallback" and not _agree(rule, value, v)
    )
    reason = rule.reason if others or rule.always else ""
    if best.role == "fallback":
        reason = "No source on this system says more."
    return Fact(rule.name, value, best.source, rule.unit, others, reason)


def _allowed(decided: Mapping[str, Value]) -> Fact:
    """Threads worth starting: the affinity mask, cut to whole processors of the quota, at least 1.

    The quota is rounded down: a thread more than it grants would be throttled in the middle of a measurement.
    """
    mask = parse_cpu_list(_text(decided.get(names.ALLOWED_LIST)))
    logical = _whole(decided.get(names.LOGICAL))
    quota = decided.get(names.QUOTA)
    count = len(mask) or logical or 1
    source, reason = ("affinity mask", "") if mask else ("number of logical processors", "")
    if logical and count > logical:
        count = logical
    granted = max(1, math.floor(quota)) if isinstance(quota, (int, float)) else count
    if granted < count:
        reason = f"The cgroup grants {quota:g} of {count} processors; rounded down, at least 1."
        count, source = granted, "affinity mask and cgroup quota"
    return Fact(names.ALLOWED, count, source, reason=reason)


def _name(decided: Mapping[str, Value]) -> str:
    """What stands in every picture: the processor that is measured, and that it emulates another one."""
    name = _text(decided.get(names.MEASURED)) or _text(decided.get(names.PROCESSOR))
    if decided.get(names.EMULATION):
        emulated = f"emulated {decided.get(names.ARCHITECTURE)}"
        return f"{name} ({emulated})" if name else emulated
    return name or "unknown processor"


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Value) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None


def installed_gib(memory_bytes: int | None) -> float | None:
    """Memory as it is sold, in GiB: rounded up to 4, 5, 6, 7 or 8 times a power of two.

    A kernel keeps one to six per cent for itself, and not the same amount after every update, so what it
    reports would cross a plain GiB boundary now and then.
    """
    if not memory_bytes:
        return None
    gib = memory_bytes / 1024**3
    step = 2.0 ** (math.ceil(math.log2(gib)) - 3)
    return math.ceil(gib / step) * step


def fingerprint(decided: Mapping[str, Value]) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the hardware facts alone.

    Nothing in it depends on affinity, quota, free memory, the clock of the moment or a library's version.
    CPUID's numbers are in it because hypervisors shorten the name ("AMD EPYC"), and the stepping among them
    because it alone tells Skylake-SP from Cascade Lake.
    """
    hardware = {
        name: decided.get(name)
        for name in (
            names.PROCESSOR,
            names.VENDOR,
            names.FAMILY,
            names.MODEL,
            names.STEPPING,
            names.ARCHITECTURE,
            names.PHYSICAL,
            names.LOGICAL,
            names.CACHES,
            names.WIDTH,
        )
    }
    hardware["installed GiB"] = installed_gib(_whole(decided.get(names.MEMORY)))
    text = json.dumps(hardware, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def decide(partials: Sequence[Partial]) -> Machine:
    """Partial facts in order of trust -> the machine. Unknown stays None; never raises on missing facts."""
    found = [(rule, believed(rule, partials)) for rule in _RULES]
    facts = [fact for rule, fact in found if fact.value is not None or fact.others or not rule.optional]
    decided = {fact.name: fact.value for fact in facts}
    allowed = _allowed(decided)
    quota = decided.get(names.QUOTA)
    clock = decided.get(names.CLOCK)
    return Machine(
        cpu=_name(decided),
        vendor=_text(decided[names.VENDOR]),
        architecture=_text(decided[names.ARCHITECTURE]) or "unknown",
        system=_text(decided[names.SYSTEM]) or "unknown",
        cores=Cores(
            physical=_whole(decided[names.PHYSICAL]),
            logical=_whole(decided[names.LOGICAL]),
            allowed=_whole(allowed.value) or 1,
            cpus_allowed=parse_cpu_list(_text(decided[names.ALLOWED_LIST])),
            quota=float(quota) if isinstance(quota, (int, float)) else None,
        ),
        caches=cache_levels(decided, {fact.name: fact.source for fact in facts}, partials),
        simd=Simd(
            tuple((_text(decided[names.FEATURES]) or "").split()),
            _whole(decided[names.WIDTH]) or SCALAR_WIDTH_BITS,
        ),
        memory_bytes=_whole(decided[names.MEMORY]),
        clock_hz=float(clock) if isinstance(clock, (int, float)) else None,
        facts=(*facts, allowed),
        fingerprint=fingerprint(decided),
    )
