"""What the pictures of a machine say: how far away its memory is."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import DRAM, LEVELS, CacheLevel, Disk, Latency, Machine, Peaks
from accel_core.readings.disk import disk_title, rates_text
from accel_core.readings.ratios import times
from accel_core.readings.roofs import load_roof
from accel_core.units import format_bytes, format_number, format_rate, format_time

SAMPLE = "Sample: another machine"


def sample_text(machine: Machine) -> str:
    """The label of a sample: whose it is."""
    return f"{SAMPLE} ({machine.cpu})"


def hierarchy_alt(
    machine: Machine, peaks: Peaks | None, *, sample: bool = False, disk: Disk | None = None
) -> str:
    """Each level with its size and read bandwidth, a `disk` that was measured too."""
    parts = []
    for level, size in known_levels(machine):
        roof = load_roof(peaks, level)
        rate = format_rate(roof.value, "B/s") if roof else "not measured yet"
        cache = machine.cache(level)
        known = size_text(cache) if cache else format_bytes(size) if size else "of unknown size"
        parts.append(f"{level} {known}, {rate}")
    parts += [f"disk {disk_title(disk)}, {rates_text(disk)}"] if disk else []
    start = f"{SAMPLE}. " if sample else ""
    return f"{start}Memory hierarchy of {machine.cpu}, from the registers outwards: {'; '.join(parts)}."


def curve_alt(machine: Machine, peaks: Peaks | None, *, sample: bool = False) -> str:
    """The ends of both curves."""
    points = sorted(peaks.curve if peaks else (), key=lambda p: p.working_set_bytes)
    rates = [(p.working_set_bytes, p.bandwidth_byte_per_s.median) for p in points if p.bandwidth_byte_per_s]
    waits = [(p.working_set_bytes, p.latency_s.median) for p in points if p.latency_s]
    parts = []
    if rates:
        ends = [f"{format_rate(v, 'B/s')} at {format_bytes(s)}" for s, v in (rates[0], rates[-1])]
        parts.append(f"Read bandwidth goes from {ends[0]} to {ends[1]}.")
    if waits:
        ends = [f"{format_time(v)} at {format_bytes(s)}" for s, v in (waits[0], waits[-1])]
        parts.append(f"Latency goes from {ends[0]} to {ends[1]}.")
    ends = [f"{c.level} ends at {size_text(c)}" for c in machine.caches if c.reported_bytes]
    parts += [f"By the curve {' and '.join(ends)} as reported."] if ends and parts else []
    start = f"{SAMPLE}. " if sample else ""
    return start + (" ".join(parts) or "Bandwidth and latency against the working set: not measured yet.")


def machine_reading(machine: Machine, peaks: Peaks | None) -> str:
    """How far away memory is on this machine, in bandwidth and in latency."""
    levels = [level for level, _ in known_levels(machine)]
    roofs = [roof for level in levels if (roof := load_roof(peaks, level))]
    waits = sorted((peaks.latencies if peaks else ()), key=lambda x: x.time_s.median)
    if len(roofs) < 2 and len(waits) < 2:
        return "Nothing is measured here yet: measure this machine to see how far away its memory is."
    sentences = []
    if len(roofs) >= 2:
        near, far = roofs[0], roofs[-1]
        ratio = near.value / far.value
        compare = (
            f"{times(ratio)} as fast as" if ratio > 1 else f"{format_number(ratio, 2)} of what it gets from"
        )
        sentences.append(
            f"One core reads {near.level} at {format_rate(near.value, 'B/s')}, {compare} {far.level} "
            f"({format_rate(far.value, 'B/s')})."
        )
    if len(waits) >= 2:
        sentences.append(_waiting(waits[0], waits[-1], peaks))
    sentences += [
        f"The system reports {format_bytes(cache.reported_bytes)} of {cache.level}, but only about "
        f"{format_bytes(cache.size_bytes)} of it serves this process: the curve below falls there."
        for cache in machine.caches
        if cache.reported_bytes
    ]
    return " ".join(sentences)


def _waiting(near: Latency, far: Latency, peaks: Peaks | None) -> str:
    ratio = far.time_s.median / near.time_s.median
    wait = format_time(far.time_s.median)
    text = f"A load that must wait for {far.level} takes {wait}, {times(ratio)} as long as {near.level}"
    if peaks and peaks.clock:
        cycles = far.time_s.median * peaks.clock.clock_hz.median
        text += f": {format_number(cycles)} cycles in which the core could have worked"
    return f"{text}."


def size_text(cache: CacheLevel) -> str:
    """ "32 MiB"; of a cache that was measured to be smaller "about 76 MiB of 300 MiB"."""
    size = format_bytes(cache.size_bytes)
    return f"about {size} of {format_bytes(cache.reported_bytes)}" if cache.reported_bytes else size


def known_levels(machine: Machine) -> Sequence[tuple[str, int | None]]:
    """(level, size) of the caches that exist here, and DRAM, from near to far."""
    caches: list[tuple[str, int | None]] = [
        (level, cache.size_bytes) for level in LEVELS if (cache := machine.cache(level))
    ]
    return [*caches, (DRAM, machine.memory_bytes)]
