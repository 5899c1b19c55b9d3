"""In place against allocating: what a sweep of add, scale or triad over the size says."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import Measurement, Workload
from accel_core.readings.ratios import FLAT, ratio_text
from accel_core.readings.sweep import Mark, curves, rate_of
from accel_core.units import format_bytes, format_count, format_number, format_rate

ALLOCATING, IN_PLACE, ONE_PASS, THREADS = "numpy", "in_place", "compiled", "compiled_threads"


def stream_reading(workload: Workload, results: Sequence[Measurement], marks: Sequence[Mark] = ()) -> list[str]:
    """Where allocating costs, and what one pass and several threads bring, in the reader's own numbers."""
    lines = {
        kernel_id.partition("/")[2]: dict(line)
        for kernel_id, line in curves(workload, results, "bytes").items()
    }
    found = (
        _allocation(lines, marks),
        _against(lines, IN_PLACE, ONE_PASS, "**One compiled loop**", "NumPy in place"),
        _against(lines, ONE_PASS, THREADS, "**With {threads}** the loop", "on one"),
    )
    said = [text for text in found if text]
    points = [m for line in lines.values() for m in line.values()]
    if said and (disturbed := sum(m.disturbed for m in points)):
        said.append(
            f"{disturbed} of {len(points)} timings were disturbed: measure again before you trust a ratio."
        )
    return said or ["No two forms share a size yet: run the sweep to see where allocating begins to cost."]


def _allocation(lines: dict[str, dict[float, Measurement]], marks: Sequence[Mark]) -> str:
    """The gain of out= at both ends, and from which size on it stays."""
    gains = _gains(lines, ALLOCATING, IN_PLACE)
    if len(gains) < 2:
        return ""
    sizes = sorted(gains)
    small, large = sizes[0], sizes[-1]
    text = (
        f"**In place** is {_faster(gains[small])} as the allocating form at {format_bytes(small)} and "
        f"{_faster(gains[large])} at {format_bytes(large)}"
    )
    paying = [s for s in sizes if all(gains[t] > FLAT for t in sizes if t >= s)]
    if not paying:
        return f"{text}: new memory costs little at the largest size."
    if paying[0] == small:
        return f"{text}: it pays at every size."
    return f"{text}: it pays from {format_bytes(paying[0])} on{_place(paying[0], marks)}."


def _faster(gain: float) -> str:
    if abs(gain - 1) <= FLAT - 1:
        return "as fast"
    return f"{'' if gain > 1 else 'only '}{format_number(gain, 2)} times as fast"


def _against(
    lines: dict[str, dict[float, Measurement]], before: str, after: str, subject: str, other: str
) -> str:
    """What `after` gains over `before` at the largest size, with its bandwidth there."""
    gains = _gains(lines, before, after)
    if not gains:
        return ""
    at = max(gains)
    m = lines[after][at]
    if after == THREADS and m.threads == 1:
        return ""
    start = subject.format(threads=format_count(m.threads, "thread"))
    rate = format_rate(rate_of(m, "bytes"), "B/s")
    return f"{start} is {ratio_text(gains[at])} {other} at {format_bytes(at)} ({rate})."


def _gains(lines: dict[str, dict[float, Measurement]], before: str, after: str) -> dict[float, float]:
    """Bytes -> how many times as fast `after` is, where both were measured."""
    old, new = lines.get(before, {}), lines.get(after, {})
    return {b: old[b].time_s.median / new[b].time_s.median for b in sorted(old.keys() & new.keys())}


def _place(at: float, marks: Sequence[Mark]) -> str:
    """The cache that the size has just outgrown."""
    passed = [mark for mark in marks if mark.level and mark.value < at]
    if not passed:
        return ""
    last = max(passed, key=lambda mark: mark.value)
    return f", where {last.level} ({format_bytes(last.value)}) no longer holds the arrays"
