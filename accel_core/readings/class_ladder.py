"""One rung on many machines: who stands where, who stands far off, and what that says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model import Kernel, Measurement, Workload, chosen
from accel_core.readings.members import Member, middle
from accel_core.readings.outliers import Far, far
from accel_core.readings.ratios import share_text, times
from accel_core.readings.scene import scene
from accel_core.units import format_count, format_number, format_rate


@dataclass(frozen=True)
class Dot:
    """A rung on one machine; `value` is FLOP/s, or the part of that machine's own peak."""

    member: Member
    measurement: Measurement
    value: float
    far: Far | None = None


@dataclass(frozen=True)
class Strip:
    """A rung on all machines that have it, own ones last."""

    kernel: Kernel
    dots: tuple[Dot, ...]

    @property
    def middle(self) -> float:
        """The median machine's value."""
        return middle([dot.value for dot in self.dots])


def sizes(members: Sequence[Member], workload: Workload, dtype: str) -> tuple[int, ...]:
    """The sizes at which machines have rungs, that with most rungs first."""
    rungs = {
        (at, m.kernel, m.size)
        for at, member in enumerate(members)
        for m in member.measurements
        if (m.workload, m.dtype) == (workload.name, dtype)
    }
    counted = Counter(size for _, _, size in rungs)
    return tuple(sorted(counted, key=lambda size: (-counted[size], -size)))


def strips(members: Sequence[Member], workload: Workload, size: int, dtype: str, shares: bool) -> list[Strip]:
    """Each rung that machines have at `size` and `dtype`, a threaded one on the most threads tried."""
    found = []
    for kernel in workload.kernels:
        dots = [
            Dot(member, m, value)
            for member in sorted(members, key=lambda member: member.own)
            if (m := _rung(member, kernel, size, dtype)) and (value := _value(member, m, shares))
        ]
        named = far({at: dot.value for at, dot in enumerate(dots)})
        if dots:
            marked = (Dot(d.member, d.measurement, d.value, named.get(at)) for at, d in enumerate(dots))
            found.append(Strip(kernel, tuple(marked)))
    return found


def _rung(member: Member, kernel: Kernel, size: int, dtype: str) -> Measurement | None:
    """The newest one on the most threads; its usual parameters stand before others."""
    mine = [m for m in member.measurements if (m.kernel, m.size, m.dtype) == (kernel.id, size, dtype)]
    usual = chosen(kernel.defaults)
    return max(mine, key=lambda m: (m.threads, chosen(m.parameters) == usual, m.created), default=None)


def _value(member: Member, m: Measurement, shares: bool) -> float | None:
    if not shares:
        return m.flop_per_s
    view = scene(member.ceilings, m.dtype, m.threads)
    return m.flop_per_s / view.peak if view else None


def class_ladder_alt(found: Sequence[Strip], workload: Workload, size: int, shares: bool) -> str:
    """Each rung's median and how many machines have it."""
    if not found:
        return f"No machine has a rung of {workload.title} yet."
    rows = "; ".join(
        f"{strip.kernel.title} {value_text(strip.middle, shares)} ({len(strip.dots)})" for strip in found
    )
    return f"{workload.title} at N={size}, median of each rung and how many machines have it: {rows}."


def value_text(value: float, shares: bool) -> str:
    """A rate, or a part of the peak."""
    return f"{share_text(value)} of its peak" if shares else format_rate(value, "FLOP/s")


def class_ladder_reading(found: Sequence[Strip], shares: bool) -> list[str]:
    """The step from the first to the last rung, the rung on which machines differ most, and the outliers."""
    wide = [strip for strip in found if len(strip.dots) > 1]
    if not wide:
        return []
    most = max(wide, key=_reach)
    least = min(wide, key=_reach)
    said = [
        f"Machines differ most at “{most.kernel.title}”, where the fastest is {times(_reach(most))} as fast as "
        "the slowest"
        + (f", and least at “{least.kernel.title}”, {times(_reach(least))}." if least is not most else ".")
    ]
    first, last = found[0], found[-1]
    if not shares and first is not last:
        said.append(
            f"From “{first.kernel.title}” to “{last.kernel.title}” the median machine gains "
            f"{times(last.middle / first.middle)}."
        )
    if outliers := sum(dot.far is not None for strip in found for dot in strip.dots):
        said.append(f"{format_count(outliers, 'outlier')}: ringed, listed below, and counted like all others.")
    return said


def _reach(strip: Strip) -> float:
    values = [dot.value for dot in strip.dots]
    return max(values) / min(values)


def outlier_rows(found: Sequence[Strip], shares: bool) -> list[dict[str, object]]:
    """One line an outlier, the farthest first."""
    dots = [(strip, dot, dot.far) for strip in found for dot in strip.dots if dot.far]
    return [
        {
            "Who": dot.member.name,
            "Processor": dot.member.machine.cpu,
            "Rung": strip.kernel.title,
            "Value": value_text(dot.value, shares),
            "Median of the class": value_text(one.middle, shares),
            "Times the median": float(format_number(one.value / one.middle)),
            "Score": float(format_number(one.score)),
            "Disturbed": dot.measurement.disturbed_reason if dot.measurement.disturbed else "no",
        }
        for strip, dot, one in sorted(dots, key=lambda row: -row[2].score)
    ]
