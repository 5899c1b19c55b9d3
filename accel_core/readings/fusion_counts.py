"""How many bytes the rungs of a chain move, counted operator by operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accel_core.model import ITEM_BYTES, Measurement, Operator, Workload
from accel_core.readings.fusion_steps import arrays_text, fusion_steps
from accel_core.units import format_bytes, format_number


def one_array_bytes(workload: Workload, m: Measurement) -> int:
    """Bytes of one whole array of the measured problem."""
    return workload.array_elements(tuple(m.shape)) * ITEM_BYTES[m.dtype]


def count_rows(
    workload: Workload, measurements: Sequence[Measurement], elsewhere: Sequence[Measurement] = ()
) -> list[dict[str, Any]]:
    """A row for each measured rung that declares its operators: passes, bytes, arrays, and the derivation."""
    rows = []
    for step in fusion_steps(workload, measurements, elsewhere):
        kernel, m = step.kernel, step.measured
        if not kernel.operators:
            continue
        moved = kernel.moved * one_array_bytes(workload, m)
        rows.append(
            {
                "Rung": kernel.title,
                "Passes": len(kernel.operators),
                "Arrays read": sum(operator.reads for operator in kernel.operators),
                "Arrays written": sum(operator.writes for operator in kernel.operators),
                "Bytes moved": format_bytes(moved),
                "Times the least": float(format_number(moved / m.least_bytes)),
                "Arrays made, counted": kernel.arrays,
                "Arrays made, measured": arrays_text(step),
                "Operator by operator (read + written)": "; ".join(map(_operator, kernel.operators)),
            }
        )
    return rows


def _operator(operator: Operator) -> str:
    """ "x + scaled (2 + 1)"."""
    return f"{operator.code} ({operator.reads} + {operator.writes})"
