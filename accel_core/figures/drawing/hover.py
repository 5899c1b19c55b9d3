"""What a point says when it is pointed at: its numbers, its settings, what ran, and what disturbed it."""

from __future__ import annotations

from accel_core.figures.drawing.look import LEAST_PX
from accel_core.figures.drawing.text import wrap
from accel_core.model import Kernel, Measurement
from accel_core.readings.rungs import library_lines, settings

WIDTH_PX = 480
"""A hover's lines are broken beyond."""


def hover(m: Measurement, *lines: str, kernel: Kernel | None = None, idea: bool = False) -> str:
    """`lines`, then the settings of `m`, the `kernel`'s library and, if asked for, `idea`, and disturbances."""
    said = [*lines, settings(m), *library_lines(kernel, m)]
    if kernel is not None and idea:
        said.append(broken(kernel.idea))
    return "<br>".join(said + ([f"disturbed: {m.disturbed_reason}"] if m.disturbed else []))


def broken(text: str) -> str:
    """A long sentence in lines that a hover has room for."""
    return wrap(text, WIDTH_PX, LEAST_PX)
