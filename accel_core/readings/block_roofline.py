"""What a transformer block under two roofs says: each kind of operation, the largest, a guess, a what-if."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import Ceiling
from accel_core.readings.block_rows import Faster, Part, Row, whole_s
from accel_core.readings.roofs import roof_rate
from accel_core.transformer import Operation
from accel_core.units import format_bytes, format_count, format_number, format_rate, format_time

FAR = 2.0
"""From so many times the predicted time on, it is not the roof that holds an operation."""
SKIPPED = "skipped"
"""A guess that was not made."""
LONE = 0.05
"""Shares of the block that differ by less are called equal: two kinds then are the largest."""


def percent(share: float) -> str:
    """ "53 %", "0.4 %", "under 0.1 %"."""
    if share < 0.001:
        return "under 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.0095 else f"{100 * share:.1f} %"


def how(parts: Sequence[Part]) -> str:
    """ "measured" where all of them were, else "predicted"."""
    return "measured" if all(part.measured for part in parts) else "predicted"


def roofs_text(roofs: tuple[Ceiling, Ceiling]) -> str:
    """ "Roofs: 118 GFLOP/s and DRAM 35 GB/s, measured, float32, 1 thread."."""
    compute, memory = roofs
    of = f"{compute.dtype}, {format_count(compute.threads, 'thread')}"
    return f"Roofs: {roof_rate(compute)} and {memory.level} {roof_rate(memory)}, {compute.source}, {of}."


def part_text(part: Part, total_s: float) -> str:
    """All numbers of a kind of operation, for who points at it."""
    flop, moved = part.flop, sum(row.operation.counted.bytes for row in part.rows)
    said = [
        f"<b>{part.name}</b>, {percent(part.time_s / total_s)} of the block:",
        f"{flop:,} FLOP / {moved:,} B = {format_number(part.intensity)} FLOP/byte, bound by",
        f"{part.rows[0].predicted.bound_by}; predicted {format_time(part.predicted_s)}",
    ]
    if part.measured:
        ratio = format_number(part.time_s / part.predicted_s)
        rate = format_rate(flop / part.time_s, "FLOP/s")
        said.append(f"measured {format_time(part.time_s)}, {ratio} of that, {rate}")
    return " ".join(said)


def largest(parts: Sequence[Part]) -> Part:
    """The kind that takes most of the block's time."""
    return max(parts, key=lambda part: part.time_s)


def block_reading(parts: Sequence[Part]) -> str:
    """Which kind takes most, which follows, and what bounds them."""
    total_s, first, *others = whole_s(parts), *sorted(parts, key=lambda part: -part.time_s)
    said = (
        f"**{first.name}** takes {percent(first.time_s / total_s)} of the block ({how(parts)}): worth most. "
        f"{_held(first)}"
    )
    if others:
        follows = "Worth about as much:" if _as_good(others[0], first, total_s) else "Then comes"
        said += f" {follows} {others[0].name} with {percent(others[0].time_s / total_s)}."
    memory = [part for part in parts if part.rows[0].predicted.bound_by == "memory"]
    if len(memory) == len(parts):
        held = "" if all(_ratio(part) <= FAR for part in parts) else "where that holds it, "
        said += f" Every operation lies under the slope of memory: {held}fewer bytes, not more FLOP/s, make it "
        said += "faster."
    return said


def _as_good(part: Part, most: Part, total_s: float) -> bool:
    return (most.time_s - part.time_s) / total_s < LONE


def _held(part: Part) -> str:
    """What holds it: its roof, or something else where that is far away, such as the program or other work."""
    roof = "computing" if part.rows[0].predicted.bound_by == "compute" else "memory"
    if _ratio(part) <= FAR:
        return f"It is bound by {roof}."
    times = format_number(_ratio(part))
    return f"It takes {times} times what the roof of {roof} allows: it is not the roof that holds it."


def _ratio(part: Part) -> float:
    return part.time_s / part.predicted_s


def guess_reading(said: str, parts: Sequence[Part]) -> str:
    """A guess as given beside what was found; a prediction judges it of the roofs, not of the program."""
    judged = _judged(said, parts)
    return (
        judged if how(parts) == "measured" else f"{judged} So the roofs say; a run of this program may differ."
    )


def _judged(said: str, parts: Sequence[Part]) -> str:
    total_s, most, found = whole_s(parts), largest(parts), {part.kind: part for part in parts}
    top = f"**{most.name}** with {percent(most.time_s / total_s)} of the block ({how(parts)})"
    if said == SKIPPED:
        return f"You skipped the guess. The largest is {top}."
    if said not in found:
        return f"You said **{said}**, which is not counted here. The largest is {top}."
    share = found[said].time_s / total_s
    if said == most.kind:
        return f"You said **{said}**, and it is the largest: {percent(share)} of the block ({how(parts)})."
    if _as_good(found[said], most, total_s):
        return f"You said **{said}**, {percent(share)}: as good as the largest, {top}."
    return f"You said **{said}**, which takes {percent(share)}. The largest is {top}."


def faster_reading(found: Faster) -> str:
    """What making something faster brings, and the most that it could bring."""
    timed = how(found.before)
    if found.speedup < 1.005:
        return f"With {found.word} {found.factor:g} times as fast the block stays as fast."
    most = "without end" if found.limit > 1e6 else f"{format_number(found.limit)} times at the most"
    return (
        f"With {found.word} {found.factor:g} times as fast, the block takes "
        f"{format_time(found.after_s)} in place of {format_time(found.before_s)} ({timed}): "
        f"**{format_number(found.speedup)} times as fast**. It is {percent(found.share)} of the block, so "
        f"however fast it gets: {most}, 1 / (1 - {format_number(found.share, 4)})."
    )


def block_alt(parts: Sequence[Part], roofs: tuple[Ceiling, Ceiling] | None) -> str:
    """The dots of the roofline in words."""
    if roofs is None or not parts:
        return "Operations of a transformer block under the roofs: no roofs yet."
    total_s = whole_s(parts)
    said = ", ".join(
        f"{part.name} {format_number(part.intensity)} FLOP/byte, "
        f"{format_rate(part.flop / part.time_s, 'FLOP/s')}, {percent(part.time_s / total_s)}"
        for part in parts
    )
    return f"Roofline of a transformer block, times {how(parts)}. {roofs_text(roofs)} {said}."


def faster_alt(found: Faster) -> str:
    """The two bars in words."""
    before_s = found.before_s
    said = ", ".join(f"{part.name} {percent(part.time_s / before_s)}" for part in found.before)
    return f"Time of the block, {format_time(before_s)}: {said}. {faster_reading(found).replace('**', '')}"


def total_text(listed: Sequence[Operation], rows: Sequence[Row]) -> str:
    """What one block does and moves in all, and its predicted time where there are roofs."""
    flop, moved = sum(one.counted.flop for one in listed), sum(one.counted.bytes for one in listed)
    said = f"One block does {flop:,} FLOP and moves {moved:,} B: {format_number(flop / moved)} FLOP/byte"
    if not rows:
        return f"{said}."
    predicted_s = sum(row.predicted.predicted_s for row in rows)
    return f"{said}; all rows together are predicted to take {format_time(predicted_s)}."


def memory_text(weights: float, activations: float, keys_values: float) -> str:
    """What a block holds, in three parts and together."""
    total = format_bytes(weights + activations + keys_values)
    return (
        f"One block holds {total}: {format_bytes(weights)} of weights, {format_bytes(activations)} of "
        f"activations, all kept, and {format_bytes(keys_values)} of keys and values."
    )
