"""The roofs and the frame of a roofline with the rungs of one problem, and what it says.

Rungs that say how many bytes they move stand at these; all others at the least bytes of the problem, above each
other.
"""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import DRAM, Ceiling, Machine, Measurement, Workload
from accel_core.readings.fusion_steps import PASSES, Step, fusion_steps
from accel_core.readings.moved import Counts, declared, intensity, moved_text
from accel_core.readings.ratios import times
from accel_core.readings.roofs import roof_rate, roof_title
from accel_core.readings.scene import Scene, scene, without_interpreters
from accel_core.roofline import limiting_memory_level
from accel_core.units import format_count, format_number

LEFT_OF, RIGHT_OF = 25.0, 100.0
"""The frame reaches so many times to either side of the problem's intensity, which never changes."""
LEFT_OF_ALL, RIGHT_OF_ALL = 8.0, 40.0
"""The same of the lowest and the highest intensity, where rungs stand at the bytes that they move."""


def copy_roof(ceilings: Sequence[Ceiling], threads: int) -> Ceiling | None:
    """DRAM's measured copy with regular stores: it reads an array and writes one, as a rung does."""
    found = [
        c
        for c in ceilings
        if (c.level, c.operation, c.threads, c.source) == (DRAM, "copy", threads, "measured")
        and c.stores != "non_temporal"
    ]
    return max(found, key=lambda c: c.value, default=None)


def fusion_scene(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    dtype: str,
    threads: int,
    step: Measurement,
    at: Sequence[float] = (),
) -> Scene | None:
    """The roofs that a rung may meet: DRAM's copy, the level that holds its arrays, and computing.

    The frame holds the intensities `at`, or without them that of the problem.
    For one thread and for `threads`; None without a compute and a memory roof of `dtype`.
    """
    level = limiting_memory_level(machine, step.least_bytes)
    views = [view for count in sorted({1, threads}) if (view := scene(ceilings, dtype, count))]
    if not views or not step.intensity_flop_per_byte:
        return None
    memory = []
    for view in views:
        for roof in view.memory:
            if roof.level == DRAM:
                memory.append(copy_roof(ceilings, roof.threads) or roof)
            elif roof.level == level:
                memory.append(roof)
    if not memory:
        return None
    memory.sort(key=lambda c: -c.value)
    last, own = views[-1], step.intensity_flop_per_byte
    x = (min(at) / LEFT_OF_ALL, max(at) * RIGHT_OF_ALL) if at else (own / LEFT_OF, own * RIGHT_OF)
    compute = tuple(view.compute[0] for view in reversed(views))
    framed = Scene(compute, tuple(memory), (), x, last.y)
    return without_interpreters(framed)


def fusion_roofline_alt(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    workload: Workload,
    measurements: Sequence[Measurement],
    *,
    threads: int = 1,
) -> str:
    """The roofs, and from where to where the rungs climb."""
    steps = fusion_steps(workload, measurements)
    first = steps[0].measured if steps else None
    counts = declared(workload, measurements)
    at = places([step.measured for step in steps], counts)
    view = fusion_scene(machine, ceilings, first.dtype, threads, first, at) if first else None
    if view is None:
        return f"Rungs of {workload.title} under the roofs: not measured yet."
    met = (view.compute[0], *view.memory)
    roofs = "; ".join(f"{roof_title(r)} {roof_rate(r)}, {format_count(r.threads, 'thread')}" for r in met)
    arrow = "an arrow leads from each rung to the one that changes it"
    if counts:
        placed = [(intensity(s.measured, counts) or 0, s.measured.flop_per_s / 1e9) for s in steps]
        points = "; ".join(
            f"{s.row.kernel.title} {x:.3g} and {y:.3g}" for s, (x, y) in zip(steps, placed, strict=True)
        )
        return f"Roofline of {machine.cpu}: {roofs}. In FLOP/byte and GFLOP/s stand: {points}; {arrow}."
    rates = ", ".join(f"{s.row.kernel.title} {s.measured.flop_per_s / 1e9:.3g}" for s in steps)
    own = steps[0].measured.intensity_flop_per_byte or 0
    return f"Roofline of {machine.cpu}: {roofs}. At {own:.3g} FLOP/byte stand, in GFLOP/s: {rates}; {arrow}."


def places(measurements: Sequence[Measurement], counts: Counts) -> tuple[float, ...]:
    """The intensities at which they stand, lowest first; none where all stand at that of the problem."""
    found = {intensity(m, counts) or 0.0 for m in measurements} - {0.0}
    return tuple(sorted(found)) if counts else ()


def fusion_roofline_reading(workload: Workload, measurements: Sequence[Measurement]) -> list[str]:
    """By how much fewer bytes move a point to the right, and how these bytes grow; nothing where none does."""
    steps = fusion_steps(workload, measurements)
    if not declared(workload, measurements):
        return []
    return [_moves(workload, step, step.before) for step in steps if step.takes == PASSES and step.before]


def _moves(workload: Workload, step: Step, before: Step) -> str:
    if step.moved is None or before.moved is None:
        return ""
    m, fewer = step.measured, before.moved.size_bytes / step.moved.size_bytes
    left, right = (format_number(m.flop / one.size_bytes) for one in (before.moved, step.moved))
    return (
        f"**{step.kernel.title}** moves {moved_text(m, step.moved)}; {before.kernel.title} moves "
        f"{moved_text(before.measured, before.moved)}. It does the same {m.flop:,} FLOP, so its point stands "
        f"{times(fewer)} as far right, at {right} instead of {left} FLOP/byte.{_growth(workload, step, before)}"
    )


def _growth(workload: Workload, step: Step, before: Step) -> str:
    """How the bytes of both grow with the size, where it alone says the shape: of which order they are."""
    m = step.measured
    if tuple(m.shape) != workload.shape(m.size):
        return ""
    twice = workload.shape(2 * m.size)
    counted = [(one.kernel.moved_bytes, one.moved) for one in (before, step)]
    grown = [function(twice, m.dtype) / moved.size_bytes for function, moved in counted if function and moved]
    if len(grown) != 2:
        return ""
    more, less = (format_number(ratio, 2) for ratio in grown)
    return f" At twice the size it would move {less} times as much, and {before.kernel.title} {more} times."
