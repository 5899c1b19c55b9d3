"""The roofs and the frame of a roofline picture, and of one whose rungs stand above each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from accel_core.model import DRAM, LEVELS, Ceiling, Machine, Measurement, Workload
from accel_core.readings.fusion_steps import fusion_steps
from accel_core.readings.words import roof_rate, roof_title
from accel_core.roofline import frame, limiting_memory_level, select_roofs
from accel_core.units import format_count

DEEPEST = 30.0
"""How far the frame's lower edge is raised: no interpreter stands here, only compiled loops are simulated."""
LEFT_OF, RIGHT_OF = 25.0, 100.0
"""The frame reaches so many times to either side of the problem's intensity, which never changes."""


@dataclass(frozen=True)
class Scene:
    """The roofs of one picture and its frame: intensities in FLOP/byte and rates in FLOP/s, low and high."""

    compute: tuple[Ceiling, ...]
    """Measured (or typed in), from the highest down; never empty."""
    memory: tuple[Ceiling, ...]
    """One a level, from near to far; never empty."""
    theory: tuple[Ceiling, ...]
    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def peak(self) -> float:
        """The highest compute roof, FLOP/s."""
        return self.compute[0].value

    @property
    def decades(self) -> float:
        """Height of the frame in powers of ten."""
        return math.log10(self.y[1] / self.y[0])


def scene(ceilings: Sequence[Ceiling], dtype: str, threads: int) -> Scene | None:
    """What to draw for `dtype` and `threads`; None without a compute and a memory roof.

    A level is drawn with its highest operation mix. The frame is a function of the ceilings alone, so a kernel
    that became faster moves on the picture.
    """
    roofs = select_roofs([c for c in ceilings if c.value > 0], dtype, threads)
    compute = tuple(c for c in roofs.compute if c.source != "theory")
    memory = tuple(
        max(found, key=lambda c: c.value)
        for level in LEVELS
        if (found := [c for c in roofs.memory if c.level == level and c.source != "theory"])
    )
    if not compute or not memory:
        return None
    theory = tuple(c for c in roofs.compute if c.source == "theory")
    x_low, x_high, y_low, y_high = frame((*compute, *memory))
    # a decade above the roof for the labels of the slopes
    return Scene(compute, memory, theory, (x_low, x_high), (y_low, max(y_high, 10 * compute[0].value)))


def without_interpreters(view: Scene) -> Scene:
    """The frame of a lens: a function of the roofs alone too, and the same for both lenses."""
    return replace(view, y=(view.y[0] * DEEPEST, view.y[1]))


def copy_roof(ceilings: Sequence[Ceiling], threads: int) -> Ceiling | None:
    """DRAM's measured copy with regular stores: it moves bytes as a rung does, read x and write y."""
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
