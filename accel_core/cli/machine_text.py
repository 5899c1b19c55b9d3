"""What a command says of the machine, for a person: the hardware, its roofs, and what could disturb a
measurement on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from accel_core.cli.output import pairs, table
from accel_core.cli.text import UNKNOWN, cache_text, threads_text
from accel_core.machine import partial as names
from accel_core.model import Ceiling, Clock, Cores, Disk, Environment, Fact, Latency, Machine
from accel_core.readings.disk import disk_title, latency_text, rates_text
from accel_core.readings.estimates import ends_text
from accel_core.units import format_bytes, format_rate, format_time

if TYPE_CHECKING:
    from accel_core.doctor import Check
    from accel_core.roofline import EffectiveSize


def machine(
    found: Machine,
    libraries: Environment,
    measured_clock_hz: float | None,
    sizes: Sequence[EffectiveSize] = (),
    disk: Disk | None = None,
) -> str:
    """The hardware, then the libraries, then the facts that sources disagree on."""
    blas = libraries.blas
    whose = " here" if found.pretended else ""
    rows = [
        *([("Pretend host", f"from {found.pretended}")] if found.pretended else []),
        ("Processor", f"{found.cpu} ({found.architecture}, {found.system})"),
        *([("Emulation", str(emulated))] if (emulated := found.fact(names.EMULATION)) else []),
        ("Cores", _cores(found.cores)),
        *([("Kinds of core", str(kinds))] if (kinds := found.fact(names.KINDS)) else []),
        *((cache.level, cache_text(cache.size_bytes, cache.ways, cache.line_bytes)) for cache in found.caches),
        *((f"{size.level} here", _effective(size)) for size in sizes if size.differs or not size.seen),
        ("Vectors", f"{found.simd.width_bits} bit ({', '.join(found.simd.features) or UNKNOWN})"),
        ("Memory", format_bytes(found.memory_bytes) if found.memory_bytes else UNKNOWN),
        *(
            [("Disk", f"{rates_text(disk)}, one read {latency_text(disk)} ({disk_title(disk)})")]
            if disk
            else []
        ),
        ("Clock", _clock(found.clock_hz, measured_clock_hz)),
        (f"BLAS{whose}", f"{blas.title}, {threads_text(blas.threads)}" if blas else UNKNOWN),
        (f"Software{whose}", f"Python {libraries.python}, NumPy {libraries.numpy}, Numba {libraries.numba}"),
        ("Fingerprint", found.fingerprint),
    ]
    disputed = [_dispute(fact) for fact in found.facts if fact.others]
    return "\n\n".join([pairs(rows), *(["Sources disagree on:\n" + "\n".join(disputed)] if disputed else [])])


def peaks(
    ceilings: Sequence[Ceiling],
    clock: Clock | None,
    latencies: Sequence[Latency],
    sizes: Sequence[EffectiveSize] = (),
) -> str:
    """Roofs, measured beside theoretical, then latencies, the caches as large as they were, and the clock."""
    rows = [
        (c.name, _rate(c.value, c.unit), _rates(c), threads_text(c.threads), c.source, c.definition)
        for c in sorted(ceilings, key=lambda c: (c.kind, c.dtype, c.threads, -c.value))
    ]
    parts = [table(("roof", "value", "95 % interval", "threads", "source", ""), rows)] if rows else []
    if (tries := max((c.tries for c in ceilings), default=1)) > 1:
        parts.append(
            f"A measured roof is the median of its samples, each the fastest of {tries} tries in a row."
        )
    if latencies:
        waits = [(x.level, format_time(x.time_s.median), format_bytes(x.working_set_bytes)) for x in latencies]
        parts.append(table(("latency", "per load", "working set"), waits))
    if known := [size for size in sizes if size.effective_bytes or not size.seen]:
        rows_ = [
            (
                s.level,
                format_bytes(s.reported_bytes),
                format_bytes(s.effective_bytes) if s.effective_bytes else "none",
            )
            for s in known
        ]
        parts.append(table(("cache", "reported", "effective, about"), rows_))
    if clock:
        parts.append(f"Clock {format_rate(clock.clock_hz.median, 'Hz')} ({clock.definition})")
    return "\n\n".join(parts) or "Nothing was measured in this budget: give more with --budget."


def checks(found: Sequence[Check]) -> str:
    """A line a check; the remedy below the ones that are not well."""
    lines = []
    for check in found:
        lines.append(f"{'ok  ' if check.ok else 'LOOK'}  {check.name}: {check.detail}")
        if not check.ok and check.remedy:
            lines.append(f"      {check.remedy}")
    return "\n".join(lines)


def _cores(cores: Cores) -> str:
    known = (("physical", cores.physical), ("logical", cores.logical), ("allowed", cores.allowed))
    return ", ".join(f"{UNKNOWN if count is None else count} {word}" for word, count in known)


def _effective(size: EffectiveSize) -> str:
    found = f"about {format_bytes(size.effective_bytes)}" if size.effective_bytes else "nothing"
    return f"{found} of it, by the measured curve"


def _clock(said_hz: float | None, measured_hz: float | None) -> str:
    said = f"{format_rate(said_hz, 'Hz')} says the system" if said_hz else "the system does not say"
    measured = (
        f"{format_rate(measured_hz, 'Hz')} measured" if measured_hz else "not measured yet (`accel peaks`)"
    )
    return f"{said}, {measured}"


def _dispute(fact: Fact) -> str:
    others = "; ".join(f"{_value(value, fact.unit)} ({source})" for source, value in fact.others)
    why = f": {fact.reason}" if fact.reason else ""
    return f"  {fact.name}: {_value(fact.value, fact.unit)} ({fact.source}), not {others}{why}"


def _value(value: int | float | str | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, str) or unit not in ("byte", "Hz"):
        return f"{value} {unit}".rstrip()
    return format_bytes(value) if unit == "byte" else format_rate(value, unit)


def _rates(c: Ceiling) -> str:
    interval = ends_text(c.low, c.high, lambda value: _rate(value, c.unit))
    return f"{interval} DISTURBED".strip() if c.disturbed_reason else interval


def _rate(value: float, unit: str) -> str:
    return format_rate(value, "B/s" if unit == "byte/s" else unit)  # GB/s, as everybody writes it
