"""What the two lenses of the roofline say: how far a dot moves, and which roof each kernel is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.model import DRAM, NEAREST, Ceiling, Machine, Measurement, Workload
from accel_core.readings.ratios import EVEN, is_even, share_text, times
from accel_core.readings.rungs import kernel_title, steps
from accel_core.readings.scene import scene
from accel_core.units import format_bytes, format_rate

LENSES: Mapping[str, str] = {"core": NEAREST, DRAM: DRAM}
"""Lens -> the level whose dot it looks at."""
ALIKE = 1.1
"""Byte counts within this ratio count as the same."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A measured kernel with its simulated bytes: memory level -> bytes that it delivers, from near to far."""

    measurement: Measurement
    level_bytes: Mapping[str, int]

    def intensity(self, level: str) -> float:
        """FLOP/byte."""
        return self.measurement.flop / self.level_bytes[level]


def lens_reading(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    found: Sequence[Traffic],
    *,
    workloads: Sequence[Workload],
    lens: str,
    dtype: str,
) -> str:
    """How blocking (and every other step between two of these kernels) moves the dot; what is near a roof."""
    pairs = moves(found, workloads)
    level = LENSES[lens]
    sentences = [_move(tail, head, workloads, level) for tail, head in pairs]
    if level == DRAM and pairs and not any(_sideways(_fewer(*pair, level))[0] for pair in pairs):
        sentences.append(_why_not(machine, found[0]))
    view = scene(ceilings, dtype, 1)
    bandwidths = {c.level: c.value for c in view.memory if c.level} if view else {}
    slowest = min(found, key=lambda one: one.measurement.flop_per_s, default=None)
    if slowest is not None and bandwidths:
        sentences.append(_nearest_roof(slowest, bandwidths, workloads))
    return " ".join(sentence for sentence in sentences if sentence)


def lens_alt(found: Sequence[Traffic], *, workloads: Sequence[Workload], lens: str) -> str:
    """Each kernel's dots, for those who cannot see them."""
    parts = [
        f"{kernel_title(workloads, one.measurement.kernel)} at "
        f"{format_rate(one.measurement.flop_per_s, 'FLOP/s')}: "
        + ", ".join(f"{level} {one.intensity(level):.3g}" for level in one.level_bytes)
        for one in found
    ]
    seen = "as the core asks for them" if lens == "core" else "from DRAM"
    dots = "; ".join(parts) or "nothing simulated yet"
    return f"Roofline with measured times and simulated bytes, seen by the bytes {seen}. FLOP/byte: {dots}."


def moves(found: Sequence[Traffic], workloads: Sequence[Workload]) -> list[tuple[Traffic, Traffic]]:
    """Each kernel with the one that changes it, of the same size: (before, after)."""
    pairs = steps(workloads, {one.measurement.kernel: one for one in found})
    return [(tail, head) for tail, head in pairs if tail.measurement.flop == head.measurement.flop]


def _move(tail: Traffic, head: Traffic, workloads: Sequence[Workload], level: str) -> str:
    """ "**... to ...:** as many bytes from DRAM, 2.1 times as fast: the dot moves up." """
    names = [kernel_title(workloads, one.measurement.kernel) for one in (tail, head)]
    fewer = _fewer(tail, head, level)
    faster = head.measurement.flop_per_s / tail.measurement.flop_per_s
    moved, counted = _sideways(fewer)
    height = f"up by {times(faster)}" if faster >= 1 else f"down by {times(1 / faster)}"
    if is_even(faster):
        height = "neither up nor down" if not moved else "nowhere else"
    place = "asked for by the core" if level == NEAREST else f"from {level}"
    text = (
        f"**{names[0]} to {names[1]}:** {counted} bytes {place} "
        f"({_size(tail, level)}, then {_size(head, level)}), so the dot moves {moved}{height}."
    )
    if level != DRAM or moved:
        return text
    return f"{text} {_further_in(tail, head)}".strip()


def _fewer(tail: Traffic, head: Traffic, level: str) -> float:
    return tail.level_bytes[level] / head.level_bytes[level]


def _sideways(fewer: float) -> tuple[str, str]:
    """Where the dot goes and how many bytes there are, for `fewer` times fewer bytes."""
    if fewer > ALIKE:
        return f"right by {times(fewer)} and ", f"{times(fewer)} fewer"
    if fewer < 1 / ALIKE:
        return f"left by {times(1 / fewer)} and ", f"{times(1 / fewer)} as many"
    return "", "as many"


def _why_not(machine: Machine, one: Traffic) -> str:
    """Why no order can save bytes from DRAM, where the last cache holds everything."""
    caches = machine.caches
    if not caches or caches[-1].size_bytes < one.measurement.least_bytes:
        return ""
    last = caches[-1]
    size = format_bytes(one.measurement.least_bytes)
    return f"None can move right: {last.level} ({format_bytes(last.size_bytes)}) holds all of the {size}."


def _further_in(tail: Traffic, head: Traffic) -> str:
    """The level at which the step changes most, where that is a saving worth a sentence."""
    saved = {level: tail.level_bytes[level] / head.level_bytes[level] for level in tail.level_bytes}
    level = max(saved, key=lambda name: saved[name])
    if saved[level] <= ALIKE:
        return ""
    sizes = f"{_size(tail, level)}, then {_size(head, level)}"
    return f"The saving lies further in: {times(saved[level])} fewer bytes from {level} ({sizes})."


def _size(one: Traffic, level: str) -> str:
    return format_bytes(one.level_bytes[level])


def _nearest_roof(one: Traffic, bandwidths: dict[str, float], workloads: Sequence[Workload]) -> str:
    """Which level's roof a kernel is nearest to, if its simulated bytes are right."""
    time_s = one.measurement.time_s.median
    shares = {
        level: count / time_s / bandwidths[level]
        for level, count in one.level_bytes.items()
        if level in bandwidths
    }
    if not shares:
        return ""
    level = max(shares, key=lambda name: shares[name])
    title = kernel_title(workloads, one.measurement.kernel)
    text = f"{title} is nearest to the roof of {level}: {share_text(shares[level])} of it."
    if shares[level] > 1 + EVEN:
        return f"{text} Fewer bytes came than the simulation says, or the roof is from a busier time."
    if shares[level] < 0.3:
        return f"{text} No bandwidth holds it back: it waits for single loads or additions."
    return text
