"""What this reader's numbers say: one to three sentences under each figure, computed and never canned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accel_core.figures.point_names import named_workload
from accel_core.figures.points import best_of_each, placed
from accel_core.figures.roofline import judge_all
from accel_core.figures.sweep import curves
from accel_core.model import Ceiling, Latency, Machine, Measurement, Peaks, Refusal, Workload
from accel_core.readings.marks import Mark
from accel_core.readings.rungs import Rung, rungs
from accel_core.readings.words import (
    find_kernel,
    kernel_title,
    known_levels,
    load_roof,
    share_text,
    times,
)
from accel_core.roofline import Verdict
from accel_core.units import format_bytes, format_count, format_number, format_rate, format_ratio, format_time

FLAT = 1.1
"""Curves whose fastest and slowest point differ by less than this factor are called flat."""


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


def ladder_reading(
    workload: Workload,
    measurements: Sequence[Measurement],
    refusals: Sequence[Refusal] = (),
    *,
    ceiling: Ceiling | None = None,
) -> str:
    """From the slowest to the fastest measured rung, the largest single step, and what is left to the roof."""
    rows = [row for row in rungs(workload, measurements, refusals) if row.measured]
    if not rows:
        return "No rung is timed at these settings yet: time the ladder to see where the time goes."
    fast, slow = max(rows, key=_rate), min(rows, key=_rate)
    if fast is slow:
        text = (
            f"{fast.kernel.title} runs at {format_rate(_rate(fast), 'FLOP/s')}; time another rung to compare."
        )
        sentences = [text]
    else:
        ratio = format_ratio(_rate(fast) / _rate(slow))
        sentences = [f"{fast.kernel.title} is {ratio} than {slow.kernel.title}.", _largest_step(workload, rows)]
    if ceiling is not None and ceiling.value > 0:
        share = share_text(_rate(fast) / ceiling.value)
        sentences.append(f"The fastest rung reaches {share} of the measured {ceiling.operation.upper()} roof.")
    return " ".join(s for s in sentences if s)


def _rate(row: Rung) -> float:
    return row.rate or 0.0


def _largest_step(workload: Workload, rows: Sequence[Rung]) -> str:
    """The one change that gained most, and how many changes lost."""
    by_name = {row.kernel.name: row for row in rows}
    steps = [
        (_rate(row) / _rate(by_name[before.name]), row)
        for row in rows
        if (before := workload.before(row.kernel)) and before.name in by_name
    ]
    if not steps:
        return ""
    ratio, row = max(steps, key=lambda step: step[0])
    if ratio <= 1:
        return "None of the measured changes made it faster."
    idea = row.kernel.idea.rstrip(".")
    text = (
        f"The largest single step, {times(ratio)}, came with {row.kernel.title}: {idea[:1].lower()}{idea[1:]}."
    )
    slower = [step[1].kernel.title for step in steps if step[0] < 1 / FLAT]
    return text + (f" Slower than what it changes: {', '.join(slower)}." if slower else "")


def sweep_reading(
    workload: Workload, results: Sequence[Measurement], over: str, marks: Sequence[Mark] = ()
) -> str:
    """Whether each kernel's curve is flat, rises, falls or has its best inside, and where among the marks."""
    lines = {k: line for k, line in curves(workload, results, over).items() if len(line) > 1}
    if not lines:
        return f"Fewer than three points say nothing about {over}: run a sweep."
    sentences = []
    for kernel_id, line in list(lines.items())[:3]:
        kernel = find_kernel([workload], kernel_id)
        sentences.append(_curve_sentence(kernel.title if kernel else kernel_id, line, over, marks))
    return " ".join(sentences)


def _curve_sentence(
    title: str, line: Sequence[tuple[float, Measurement]], over: str, marks: Sequence[Mark]
) -> str:
    rates = [m.flop_per_s for _, m in line]
    best, first, last = max(rates), rates[0], rates[-1]
    at, end = line[rates.index(best)][0], line[-1][0]
    if best / min(rates) < FLAT:
        change = format_number((best / min(rates) - 1) * 100, 2)
        return f"{title} is flat: {over} changes it by {change} % at the most."
    value = format_rate(best, "FLOP/s")
    if best / last < FLAT and first < last / FLAT:
        return f"{title} rises {times(last / first)} up to {over} {end:.0f} ({format_rate(last, 'FLOP/s')})."
    if best / first < FLAT:
        return (
            f"{title} falls from {over} {line[0][0]:.0f} on, to {format_number(last / first, 2)} of its start."
        )
    gain = times(best / min(rates))
    return f"{title} is best at {over} {at:.0f} ({value}), {_place(at, marks)}{gain} its slowest."


def _place(at: float, marks: Sequence[Mark]) -> str:
    """Where a value lies among the marks: "below 52 (three blocks fill L1), "."""
    ordered = sorted(marks, key=lambda m: m.value)
    above = next((m for m in ordered if at <= m.value), None)
    if above is not None:
        return f"below {above.value:.0f} where {above.label}, "
    return f"beyond {ordered[-1].value:.0f} where {ordered[-1].label}, " if ordered else ""


def roofline_reading(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    measurements: Sequence[Measurement],
    *,
    workloads: Sequence[Workload],
    dtype: str = "float32",
    threads: int = 1,
    named: str = "",
    judged: Mapping[str, Verdict] | None = None,
) -> str:
    """What holds the best and the worst kernel back, whose points are named, and which are above their roof."""
    points = placed(measurements, dtype, threads)
    verdicts = judge_all(points, ceilings, machine) if judged is None else judged
    rated = sorted(
        ((m, verdicts[m.id]) for m in best_of_each(points) if m.id in verdicts), key=lambda p: -p[1].share
    )
    if not rated:
        where = f"{dtype}, {format_count(threads, 'thread')}"
        return f"Nothing to judge for {where} yet: measure the roofs and a kernel to see what holds it back."
    sentences = [_verdict_sentence(workloads, *rated[0])]
    if len(rated) > 1:
        m, verdict = rated[-1]
        title, share = kernel_title(workloads, m.kernel), share_text(verdict.share)
        if verdict.share < 0.5:
            sentences.append(f"{title} reaches {share} of what its roof allows: no roof holds it back.")
        else:
            sentences.append(f"Even the lowest, {title}, reaches {share} of its roof.")
    sentences += dict.fromkeys(v.held_back for _, v in (rated[0], rated[-1]) if v.held_back)
    asked, named = named, named_workload(points, named)
    titles = {workload.name: workload.title for workload in workloads}
    if asked and asked != named:
        sentences.append(f"No point of {titles.get(asked, asked)} stands here.")
    if quiet := sum(m.workload != named for m in points):
        others = "1 other point says its name" if quiet == 1 else f"{quiet} other points say theirs"
        sentences.append(f"Named are the kernels of {titles.get(named, named)}; {others} on hover.")
    above = sum(1 for m in points if m.id in verdicts and verdicts[m.id].above)
    if above:
        sentences.append(
            f"{above} {'point lies' if above == 1 else 'points lie'} above the roof: see why on hover."
        )
    return " ".join(sentences)


def _verdict_sentence(workloads: Sequence[Workload], m: Measurement, verdict: Verdict) -> str:
    level = (
        f" ({verdict.limiting.level}, {format_bytes(m.least_bytes)} touched)" if verdict.limiting.level else ""
    )
    return (
        f"{kernel_title(workloads, m.kernel)} comes closest: {format_rate(m.flop_per_s, 'FLOP/s')}, "
        f"{share_text(verdict.share)} of attainable, limited by {verdict.bound_by}{level}."
    )
