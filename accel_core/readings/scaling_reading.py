"""What a sweep over threads says: how near each curve comes to its ideal, and where the roof changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from accel_core.errors import BadInput
from accel_core.model import Estimate, Measurement, Workload
from accel_core.readings.ratios import FLAT, times
from accel_core.readings.roofs import roof_rate
from accel_core.readings.rungs import kernel_title
from accel_core.readings.scaling import Above, Scaling, counts_text, roof_name
from accel_core.readings.sweep import curves
from accel_core.roofline import Limit
from accel_core.stats import LEAST_SAMPLES, quotient_interval
from accel_core.units import format_count, format_number, format_rate

MOST_NAMED = 3
"""Kernels of which the reading speaks."""


def scaling_reading(workload: Workload, results: Sequence[Measurement], scaling: Scaling) -> list[str]:
    """How much of the ideal is left at the most threads, where the roof changes, and what lies above it."""
    lines = curves(workload, results, "threads")
    said = [
        " ".join(
            _efficiency(kernel_title([workload], kernel), line[0][1], line[-1][1])
            for kernel, line in list(lines.items())[:MOST_NAMED]
            if len(line) > 1
        ),
        " ".join(_roof_sentences(scaling)),
        _above_sentence(workload, scaling.above),
    ]
    return [text for text in said if text]


def _efficiency(title: str, first: Measurement, last: Measurement) -> str:
    """Which part of one thread's speed times the threads is reached."""
    if first.threads != 1:
        return f"{title} was not measured on one thread: there is no ideal to hold it against."
    part = _part(first, last)
    if part.low is None or part.high is None:
        known = (
            f"no interval under {LEAST_SAMPLES + 1} samples" if part.n else "no interval: a sample is damaged"
        )
    else:
        known = f"95 % interval {format_number(part.low)} to {format_number(part.high)}"
    disturbed = "; a timing was disturbed" if first.disturbed or last.disturbed else ""
    threads = format_count(last.threads, "thread")
    return f"{title} reaches {format_number(part.median)} of its ideal at {threads} ({known}{disturbed})."


def _part(first: Measurement, last: Measurement) -> Estimate:
    """One thread's time over the thread seconds of `last`; without an interval where samples are damaged."""
    try:
        return quotient_interval(first.samples_s, [s * last.threads for s in last.samples_s])
    except BadInput:
        return Estimate(first.time_s.median / (last.threads * last.time_s.median), None, None, 0)


def _roof_sentences(scaling: Scaling) -> list[str]:
    """Where the roof changes, and whether the one over the most threads still grows."""
    limits = scaling.limits
    if not limits:
        return []
    if len(limits) == 1:
        (only,) = limits
        where, rate = format_count(only.threads, "thread"), format_rate(only.flop_per_s, "FLOP/s")
        return [f"The roof at {where} is {roof_name(only.limiting)} ({rate}); whether it changes is not known."]
    steps = [(a, b) for a, b in pairwise(limits) if roof_name(a.limiting) != roof_name(b.limiting)]
    said = [_change(a, b, scaling.joined(a, b)) for a, b in steps] or [_no_change(limits)]
    return [*said, *_growth(scaling), *_stand_ins(limits)]


def _change(before: Limit, after: Limit, joined: bool) -> str:
    """ "The roof changes at 4 threads, from computing at 2 to DRAM bandwidth."."""
    was, becomes = roof_name(before.limiting), roof_name(after.limiting)
    if not joined:
        return (
            f"The roof changes between {counts_text([before.threads, after.threads])}, from {was} to "
            f"{becomes}: where is not known, as no roof between them is measured."
        )
    even = ", where both are equal within their intervals" if _even(after) else ""
    where = format_count(after.threads, "thread")
    return f"The roof changes at {where}, from {was} at {before.threads} to {becomes}{even}."


def _even(limit: Limit) -> bool:
    """Whether the intervals of the flat and the sloping roof overlap."""
    ends = [
        ((roof.low or roof.value) * factor, (roof.high or roof.value) * factor)
        for roof, factor in ((limit.compute, 1.0), (limit.memory, limit.intensity))
    ]
    return max(low for low, _ in ends) <= min(high for _, high in ends)


def _no_change(limits: Sequence[Limit]) -> str:
    first, last = limits[0], limits[-1]
    gain = last.flop_per_s / first.flop_per_s
    grows = f", and grows {times(gain)}" if gain > FLAT else ""
    where, name = counts_text([limit.threads for limit in limits]), roof_name(last.limiting)
    return f"The roof is the same at {where}: {name} is the lower one{grows}."


def _growth(scaling: Scaling) -> list[str]:
    """From how many threads on the bandwidth grows no more, where it is the roof over the most threads."""
    last = scaling.limits[-1].limiting
    if last.kind == "compute":
        return []
    alike = [limit for limit in scaling.limits if limit.memory.level == last.level]
    tops = [max(limit.memory.value for limit in alike[at:]) for at in range(len(alike))]
    at = next(at for at, limit in enumerate(alike) if tops[at] < FLAT * limit.memory.value)
    end, name = alike[at], roof_name(last)
    if end is alike[-1]:
        return []
    by = "at" if (scaling.joined(alike[at - 1], end) if at else end.threads == 1) else "by"
    more = 100 * (tops[at] / end.memory.value - 1)
    known = all(scaling.joined(a, b) for a, b in pairwise(alike[at:]))
    return [
        f"{name} stops growing {by} {format_count(end.threads, 'thread')} ({roof_rate(end.memory)}): more "
        f"threads, up to {alike[-1].threads}, add at most {format_number(more, 2)} %"
        f"{'' if known else ', as far as that is measured'}."
    ]


def _stand_ins(limits: Sequence[Limit]) -> list[str]:
    """Where another level's bandwidth stands in for the one that holds the data."""
    found = [x for x in limits if x.limiting.kind == "memory" and x.memory.level != x.level]
    if not found:
        return []
    where = counts_text([limit.threads for limit in found])
    return [
        f"The data fit in {found[0].level}, whose bandwidth at {where} is not known: another level stands in."
    ]


def _above_sentence(workload: Workload, above: Sequence[Above]) -> str:
    if not above:
        return ""
    first = above[0]
    more = f" (and {format_count(len(above) - 1, 'more point')})" if len(above) > 1 else ""
    title = kernel_title([workload], first.kernel)
    return f"{title} at {format_count(first.threads, 'thread')} lies above the roof{more}. {first.cause}"
