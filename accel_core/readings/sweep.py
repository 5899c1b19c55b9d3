"""What a sweep says: its curves, where each is best among the marks, and the misses under it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.errors import BadInput, quoted
from accel_core.model import ITEM_BYTES, Machine, Measurement, Workload, require_dtype
from accel_core.readings.ratios import FLAT, times
from accel_core.readings.rungs import find_kernel, kernel_title
from accel_core.units import format_bytes, format_count, format_number, format_rate

NOUNS = {
    "size": "the size",
    "block": "the block",
    "threads": "the number of threads",
    "bytes": "the size of the data",
}
"""What a sweep goes over, in words."""
OVER = tuple(NOUNS)
PER_FLOP = 1000
"""Misses are counted for so many FLOP."""
Misses = Mapping[str, Sequence[tuple[float, float]]]
"""Cache level -> (block, misses for 1,000 FLOP), rising."""


def swept(m: Measurement, over: str) -> float | None:
    """The swept value of a measurement; None where it has no such parameter."""
    _check(over)
    if over == "block":
        return m.parameters.get("block")
    if over == "bytes":
        return float(m.least_bytes)
    return float(m.size if over == "size" else m.threads)


def _check(over: str) -> None:
    if over not in OVER:
        raise BadInput(
            f"A sweep goes over size, block, threads or bytes, not over {quoted(over)}; choose one of these."
        )


def rate_of(m: Measurement, over: str) -> float:
    """What is drawn against `over`: FLOP/s, and against the bytes themselves byte/s (least bytes over time)."""
    return m.flop_per_s * (m.least_bytes / m.flop if over == "bytes" and m.flop else 1.0)


def curves(
    workload: Workload, results: Sequence[Measurement], over: str
) -> dict[str, list[tuple[float, Measurement]]]:
    """Kernel id -> (swept value, newest measurement there), rising; kernels in the order of the ladder."""
    latest: dict[tuple[str, float], Measurement] = {}
    for m in sorted(results, key=lambda m: m.created):
        value = swept(m, over)
        if value is not None and value > 0:
            latest[m.kernel, value] = m
    order = [kernel.id for kernel in workload.kernels]
    names = sorted({k for k, _ in latest}, key=lambda k: (order.index(k) if k in order else len(order), k))
    return {k: sorted(((v, m) for (n, v), m in latest.items() if n == k), key=lambda p: p[0]) for k in names}


def sweep_alt(workload: Workload, results: Sequence[Measurement], over: str) -> str:
    """The range and the best of each line."""
    parts = []
    for kernel_id, line in curves(workload, results, over).items():
        at, best = max(line, key=lambda p: rate_of(p[1], over))
        first, last = (value_text(over, value) for value, _ in (line[0], line[-1]))
        unit = "B/s" if over == "bytes" else "FLOP/s"
        parts.append(
            f"{kernel_title([workload], kernel_id)} from {first} to {last}, "
            f"fastest {_there(over, at)}: {format_rate(rate_of(best, over), unit)}"
        )
    return f"Speed against {NOUNS[over]}: {'; '.join(parts) or 'nothing measured yet'}."


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


def sweep_reading(
    workload: Workload, results: Sequence[Measurement], over: str, marks: Sequence[Mark] = ()
) -> str:
    """Whether each kernel's curve is flat, rises, falls or has its best inside, and where among the marks."""
    least, said = (2, "two") if over == "threads" else (3, "three")  # two cores allow no third point
    lines = {k: line for k, line in curves(workload, results, over).items() if len(line) >= least}
    if not lines:
        return f"Fewer than {said} points say nothing about {NOUNS[over]}: run a sweep."
    sentences = []
    for kernel_id, line in list(lines.items())[:3]:
        kernel = find_kernel([workload], kernel_id)
        sentences.append(_curve_sentence(kernel.title if kernel else kernel_id, line, over, marks))
    return " ".join(sentences)


def _curve_sentence(
    title: str, line: Sequence[tuple[float, Measurement]], over: str, marks: Sequence[Mark]
) -> str:
    rates = [rate_of(m, over) for _, m in line]
    best, least, first, last = max(rates), min(rates), rates[0], rates[-1]
    unit = "B/s" if over == "bytes" else "FLOP/s"
    start, end = line[0][0], line[-1][0]
    if best / least < FLAT:
        change = format_number((best / least - 1) * 100, 2)
        return f"{title} is equally fast throughout: {NOUNS[over]} changes its speed by {change} % at the most."
    if best / last < FLAT and first / least < FLAT and last / first > FLAT:
        gain = f"{times(last / first)} as fast as {_there(over, start)}"
        return f"{title} gets faster up to {value_text(over, end)}: {format_rate(last, unit)}, {gain}."
    if best / first < FLAT and last / least < FLAT and first / last > FLAT:
        loss = f"{format_number(last / first, 2)} of its speed {_there(over, start)}"
        return f"{title} gets slower up to {value_text(over, end)}: {format_rate(last, unit)}, {loss}."
    at, slow = (line[rates.index(rate)][0] for rate in (best, least))
    gain = f"{times(best / least)} as fast as {_there(over, slow)}"
    return f"{title} is fastest {_there(over, at)} ({format_rate(best, unit)}), {_place(at, marks)}{gain}."


def value_text(over: str, value: float) -> str:
    """A swept value as one says it: "N=512", "a block of 16", "1 thread", "24 KiB"."""
    if over == "bytes":
        return format_bytes(value)
    if over == "threads":
        return format_count(round(value), "thread")
    return f"a block of {value:.0f}" if over == "block" else f"N={value:.0f}"


def _there(over: str, value: float) -> str:
    """ "with 2 threads", "at N=512"."""
    return f"{'with' if over in ('block', 'threads') else 'at'} {value_text(over, value)}"


def _place(at: float, marks: Sequence[Mark]) -> str:
    """Where a value lies among the marks: "below 52 where three blocks fill L1, "."""
    ordered = sorted(marks, key=lambda m: m.value)
    if here := next((m for m in ordered if m.value == at), None):
        return f"where the mark says {here.label}, "
    above = next((m for m in ordered if at <= m.value), None)
    if above is not None:
        return f"below {above.value:.0f} where {above.label}, "
    return f"beyond {ordered[-1].value:.0f} where {ordered[-1].label}, " if ordered else ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place on a swept axis; `level` is the memory level it belongs to, "" for none."""

    value: float
    label: str
    level: str = ""


def cache_marks(machine: Machine, dtype: str, over: str, limit: float | None = None) -> tuple[Mark, ...]:
    """Marks for a sweep of a matrix product `over` "size", "block" or "threads", up to `limit`.

    Three square matrices (or tiles) of side s are resident at once, so a cache of S bytes is full at
    s = sqrt(S / (3 * itemsize)). Over threads the marks are the cores that this process may use, over bytes the
    sizes of the caches themselves.
    """
    _check(over)
    if over == "threads":
        cores = machine.cores
        found = [Mark(cores.allowed, f"{cores.allowed} cores allowed here")]
        if cores.physical and cores.physical < cores.allowed:
            found.insert(0, Mark(cores.physical, f"{cores.physical} physical cores"))
    elif over == "bytes":
        caches = sorted(machine.caches, key=lambda c: c.level)
        found = [Mark(c.size_bytes, f"{c.level} is full", c.level) for c in caches]
    else:
        require_dtype(dtype)
        things = "blocks" if over == "block" else "matrices"
        found = [
            Mark(math.sqrt(c.size_bytes / (3 * ITEM_BYTES[dtype])), f"three {things} fill {c.level}", c.level)
            for c in sorted(machine.caches, key=lambda c: c.level)
        ]
    return tuple(m for m in found if limit is None or m.value <= limit)
