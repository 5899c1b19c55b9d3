"""A roof that a kernel has passed cannot be a roof: it is measured again, by itself."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.bench.events import Emit, warning_event
from accel_core.model import Ceiling, Machine, Measurement, Peaks
from accel_core.peaks.measuring import Result, measure_peaks
from accel_core.roofline import as_measured, judge

BUDGET_S = 4.0
"""About a second of it lays out memory."""


def passed_roofs(measurements: Sequence[Measurement], known: Peaks, machine: Machine) -> dict[str, Ceiling]:
    """The roofs of `known` that an undisturbed, checked measurement passed for no other reason than the roof.

    Kernel name -> ceiling; of several kernels above one roof the first.
    """
    found: dict[str, Ceiling] = {}
    for m in measurements:
        verdict = judge(m, known.ceilings, machine)
        if verdict and verdict.doubtful and verdict.limiting not in found.values():
            found[m.kernel] = verdict.limiting
    return found


def measure_again(
    measurements: Sequence[Measurement], known: Peaks, machine: Machine, emit: Emit, budget_s: float = BUDGET_S
) -> list[Result]:
    """Measure the roofs that `measurements` passed, and say which; nothing where there are none."""
    seen = as_measured(machine, known.curve)
    passed = passed_roofs(measurements, known, seen)
    if not passed:
        return []
    told = ", ".join(f"{kernel} was faster than {roof.name}" for kernel, roof in passed.items())
    emit(warning_event(f"A roof was too low ({told}), so it was measured again."))
    return measure_peaks(
        seen,
        dtypes=tuple(dict.fromkeys(roof.dtype for roof in passed.values())),
        threads=tuple(dict.fromkeys(roof.threads for roof in passed.values())),
        budget_s=budget_s,
        only={roof.name for roof in passed.values()},
        emit=emit,
    )
