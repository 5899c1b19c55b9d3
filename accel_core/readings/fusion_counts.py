"""How many bytes the rungs of a chain move, counted operator by operator or pass by pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accel_core.model import Measurement, Workload
from accel_core.readings.fusion_steps import Step, arrays_text, fusion_steps
from accel_core.readings.moved import Moved, operators_text
from accel_core.units import format_bytes, format_number


def count_rows(
    workload: Workload, measurements: Sequence[Measurement], elsewhere: Sequence[Measurement] = ()
) -> list[dict[str, Any]]:
    """A row for each measured rung whose bytes are counted: passes, bytes, arrays, and the derivation."""
    steps = fusion_steps(workload, measurements, elsewhere)
    return [_row(step, step.moved) for step in steps if step.moved is not None]


def _row(step: Step, moved: Moved) -> dict[str, Any]:
    kernel, m = step.kernel, step.measured
    size = {
        "Bytes moved": format_bytes(moved.size_bytes),
        "Times the least": float(format_number(moved.size_bytes / m.least_bytes)),
    }
    made = {"Arrays made, counted": kernel.arrays, "Arrays made, measured": arrays_text(step)}
    if kernel.moved_bytes:
        return {"Rung": kernel.title, **size, **made, "Pass by pass": moved.text}
    return {
        "Rung": kernel.title,
        "Passes": len(kernel.operators),
        "Arrays read": sum(operator.reads for operator in kernel.operators),
        "Arrays written": sum(operator.writes for operator in kernel.operators),
        **size,
        **made,
        "Operator by operator (read + written)": operators_text(kernel),
    }
