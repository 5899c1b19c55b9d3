"""What a sweep over threads is held against: the ideal of each curve, and the roof for each thread count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.model import Ceiling, Machine, Measurement, Workload
from accel_core.readings.sweep import curves
from accel_core.roofline import Limit, judge, limits_of
from accel_core.units import format_count, format_rate


@dataclass(frozen=True, slots=True)
class Above:
    """A point above its roof, and the likeliest cause."""

    kernel: str
    threads: int
    cause: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """What a sweep over threads is held against."""

    ideal: Mapping[str, tuple[tuple[float, float], ...]]
    """Kernel id -> (threads, FLOP/s of one thread times the threads), rising; without those not run on one."""
    limits: tuple[Limit, ...] = ()
    """The roof at each number of threads within the sweep that has roofs, rising; none where the points are of
    several problems."""
    unknown: tuple[int, ...] = ()
    """Swept numbers of threads without roofs."""
    above: tuple[Above, ...] = ()

    def joined(self, one: Limit, next_one: Limit) -> bool:
        """Whether no number of threads was swept between two limits whose roofs nobody measured."""
        return not any(one.threads < count < next_one.threads for count in self.unknown)


def scaling_of(
    workload: Workload, results: Sequence[Measurement], ceilings: Sequence[Ceiling], machine: Machine
) -> Scaling:
    """The ideal of each curve over threads, and the roof over their problem as far as it is measured."""
    lines = curves(workload, results, "threads")
    ideal = {
        kernel: tuple((threads, threads * line[0][1].flop_per_s) for threads, _ in line)
        for kernel, line in lines.items()
        if line[0][0] == 1 and len(line) > 1
    }
    points = [m for line in lines.values() for _, m in line]
    counts = sorted({m.threads for m in points})
    if len({(m.flop, m.least_bytes, m.dtype) for m in points}) != 1:
        return Scaling(ideal)
    found = limits_of(points[0], ceilings, machine)
    limits = tuple(limit for limit in found if counts[0] <= limit.threads <= counts[-1])
    known = {limit.threads for limit in limits}
    verdicts = ((m, judge(m, ceilings, machine)) for m in points)
    above = tuple(Above(m.kernel, m.threads, v.causes[0]) for m, v in verdicts if v and v.above)
    return Scaling(ideal, limits, tuple(count for count in counts if count not in known), above)


def roof_name(roof: Ceiling) -> str:
    """ "computing" or "DRAM bandwidth"."""
    return "computing" if roof.kind == "compute" else f"{roof.level} bandwidth"


def counts_text(counts: Sequence[int]) -> str:
    """ "1 thread", "2, 4 and 8 threads"."""
    if len(counts) == 1:
        return format_count(counts[0], "thread")
    return f"{', '.join(map(str, counts[:-1]))} and {counts[-1]} threads"


def unknown_text(scaling: Scaling, dtype: str) -> str:
    """Which roofs of this dtype are missing; empty where none is."""
    if not scaling.unknown:
        return ""
    return f"Roofs of {counts_text(scaling.unknown)} have not been measured for {dtype}."


def scaling_alt(scaling: Scaling) -> str:
    """The ends of the ideal lines, and the roof at each number of threads; empty where there is neither."""
    said = [
        f"{name} {format_rate(line[-1][1], 'FLOP/s')} at {line[-1][0]:.0f}"
        for name, line in scaling.ideal.items()
    ]
    ideal = f" Dotted: one thread times the threads, up to {', '.join(said)}." if said else ""
    roofs = [
        f"{format_count(x.threads, 'thread')} {format_rate(x.flop_per_s, 'FLOP/s')} ({roof_name(x.limiting)})"
        for x in scaling.limits
    ]
    return ideal + (f" Roof at {', '.join(roofs)}." if roofs else "")
