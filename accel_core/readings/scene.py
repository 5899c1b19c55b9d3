"""The roofs and the frame of a roofline picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from accel_core.model import LEVELS, Ceiling
from accel_core.roofline import frame, ridge_point, select_roofs
from accel_core.units import format_number, format_rate

DEEPEST = 30.0
"""How far the frame's lower edge is raised: no interpreter stands here, only compiled loops are simulated."""


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
    def bandwidth(self) -> float:
        """byte/s of the farthest memory level."""
        return self.memory[-1].value

    @property
    def ridge(self) -> float:
        """FLOP/byte where that meets the peak."""
        return ridge_point(self.peak, self.bandwidth)

    @property
    def said(self) -> str:
        """ "peak 112 GFLOP/s, DRAM 19.8 GB/s, ridge point 5.66 FLOP/byte"."""
        return (
            f"peak {format_rate(self.peak, 'FLOP/s')}, {self.memory[-1].level} "
            f"{format_rate(self.bandwidth, 'B/s')}, ridge point {format_number(self.ridge)} FLOP/byte"
        )

    @property
    def decades(self) -> float:
        """Height of the frame in powers of ten."""
        return math.log10(self.y[1] / self.y[0])


def scene(ceilings: Sequence[Ceiling], dtype: str, threads: int, disk: Ceiling | None = None) -> Scene | None:
    """What to draw for `dtype` and `threads`; None without a compute and a memory roof.

    The roof of a `disk` stands below those of the levels, where it is asked for.

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
    memory += (disk,) if disk else ()
    theory = tuple(c for c in roofs.compute if c.source == "theory")
    x_low, x_high, y_low, y_high = frame((*compute, *memory))
    # a decade above the roof for the labels of the slopes
    return Scene(compute, memory, theory, (x_low, x_high), (y_low, max(y_high, 10 * compute[0].value)))


def without_interpreters(view: Scene) -> Scene:
    """The frame of a lens: a function of the roofs alone too, and the same for both lenses."""
    return replace(view, y=(view.y[0] * DEEPEST, view.y[1]))
