"""The roofs and the frame of a roofline whose rungs stand above each other, and what it says."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import DRAM, Ceiling, Machine, Measurement, Workload
from accel_core.readings.fusion_steps import fusion_steps
from accel_core.readings.roofs import roof_rate, roof_title
from accel_core.readings.scene import Scene, scene, without_interpreters
from accel_core.roofline import limiting_memory_level
from accel_core.units import format_count

LEFT_OF, RIGHT_OF = 25.0, 100.0
"""The frame reaches so many times to either side of the problem's intensity, which never changes."""


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
    machine: Machine, ceilings: Sequence[Ceiling], dtype: str, threads: int, step: Measurement
) -> Scene | None:
    """The roofs that a rung may meet: DRAM's copy, the level that holds its arrays, and computing.

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
    at, last = step.intensity_flop_per_byte, views[-1]
    compute = tuple(view.compute[0] for view in reversed(views))
    framed = Scene(compute, tuple(memory), (), (at / LEFT_OF, at * RIGHT_OF), last.y)
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
    view = fusion_scene(machine, ceilings, first.dtype, threads, first) if first else None
    if view is None:
        return f"Rungs of {workload.title} under the roofs: not measured yet."
    rates = ", ".join(f"{s.row.kernel.title} {s.measured.flop_per_s / 1e9:.3g}" for s in steps)
    met = (view.compute[0], *view.memory)
    roofs = "; ".join(f"{roof_title(r)} {roof_rate(r)}, {format_count(r.threads, 'thread')}" for r in met)
    at = steps[0].measured.intensity_flop_per_byte or 0
    return (
        f"Roofline of {machine.cpu}: {roofs}. At {at:.3g} FLOP/byte stand, in GFLOP/s: {rates}; an arrow leads "
        "from each rung to the one that changes it."
    )
