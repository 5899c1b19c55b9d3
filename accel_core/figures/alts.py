"""Each figure in one or two sentences, from its numbers, for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.figures.hierarchy import SAMPLE
from accel_core.figures.misses import PER_FLOP, Misses
from accel_core.figures.points import best_of_each, placed
from accel_core.figures.roofs import roof_title, scene
from accel_core.figures.sweep import curves, rate_of
from accel_core.model import Ceiling, Machine, Measurement, Peaks, Refusal, Workload
from accel_core.readings.rungs import rungs
from accel_core.readings.words import kernel_title, known_levels, load_roof, roof_rate, size_text
from accel_core.units import format_bytes, format_count, format_number, format_rate, format_time


def hierarchy_alt(machine: Machine, peaks: Peaks | None, *, sample: bool = False) -> str:
    """Each level with its size and read bandwidth."""
    parts = []
    for level, size in known_levels(machine):
        roof = load_roof(peaks, level)
        rate = format_rate(roof.value, "B/s") if roof else "not measured yet"
        cache = machine.cache(level)
        known = size_text(cache) if cache else format_bytes(size) if size else "of unknown size"
        parts.append(f"{level} {known}, {rate}")
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


def ladder_alt(
    workload: Workload, measurements: Sequence[Measurement], refusals: Sequence[Refusal] = ()
) -> str:
    """Every rung with its speed."""
    rows = rungs(workload, measurements, refusals)
    if not rows:
        return f"Ladder of {workload.title}: nothing timed yet."
    parts = [
        f"{row.kernel.title} {format_rate(row.rate, 'FLOP/s') if row.measured and row.rate else 'not run'}"
        for row in rows
    ]
    return f"Speed of each rung of {workload.title}, in order: {'; '.join(parts)}."


def sweep_alt(workload: Workload, results: Sequence[Measurement], over: str) -> str:
    """The range and the best of each line."""
    parts = []
    for kernel_id, line in curves(workload, results, over).items():
        at, best = max(line, key=lambda p: rate_of(p[1], over))
        values = (line[0][0], line[-1][0], at)
        first, last, place = (format_bytes(v) if over == "bytes" else f"{v:.0f}" for v in values)
        unit = "B/s" if over == "bytes" else "FLOP/s"
        parts.append(
            f"{kernel_title([workload], kernel_id)} from {over} {first} to {last}, "
            f"fastest at {place} with {format_rate(rate_of(best, over), unit)}"
        )
    return f"Speed against {over}: {'; '.join(parts) or 'nothing measured yet'}."


def misses_alt(misses: Misses, title: str) -> str:
    """What stands under a sweep over the block: each level's misses at its ends and where they are fewest."""
    parts = []
    for level, line in misses.items():
        (first, small), (last, large) = line[0], line[-1]
        at, fewest = min(line, key=lambda point: point[1])
        parts.append(
            f"{level} {format_number(small)} at block {first:.0f}, {format_number(large)} at {last:.0f}, "
            f"fewest {format_number(fewest)} at {at:.0f}"
        )
    return f" Under it simulated misses of {title} for {PER_FLOP:,} FLOP: {'; '.join(parts)}." if parts else ""


def roofline_alt(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    measurements: Sequence[Measurement],
    *,
    workloads: Sequence[Workload],
    dtype: str = "float32",
    threads: int = 1,
) -> str:
    """The roofs, how many points there are, and the fastest."""
    view = scene(ceilings, dtype, threads)
    if view is None:
        return (
            f"Roofline of {machine.cpu}: no roofs measured for {dtype}, {format_count(threads, 'thread')} yet."
        )
    roofs = "; ".join(f"{roof_title(c)} {roof_rate(c)}" for c in (view.compute[0], *view.memory))
    points = placed(measurements, dtype, threads)
    where = f"{machine.cpu}, {dtype}, {format_count(threads, 'thread')}"
    text = f"Roofline of {where}: {roofs}. {len(points)} measured points"
    best = max(best_of_each(points), key=lambda m: m.flop_per_s, default=None)
    if best is not None:
        text += f", the fastest {kernel_title(workloads, best.kernel)} {format_rate(best.flop_per_s, 'FLOP/s')}"
    return f"{text}."
