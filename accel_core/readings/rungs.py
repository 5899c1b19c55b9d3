"""The rows of a ladder: which rungs were measured, which refused, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model import Kernel, Measurement, Refusal, Workload
from accel_core.readings.words import newest


@dataclass(frozen=True)
class Rung:
    """One row: what was measured or refused, and what it changed. Rates in FLOP/s; None where unknown."""

    number: int
    kernel: Kernel
    measured: Measurement | None
    refused: Refusal | None
    rate: float | None

    @property
    def extrapolated(self) -> bool:
        return self.measured is None and self.rate is not None

    @property
    def disturbed(self) -> bool:
        return self.measured is not None and self.measured.disturbed


def rungs(
    workload: Workload, measurements: Sequence[Measurement], refusals: Sequence[Refusal]
) -> tuple[Rung, ...]:
    """The rungs of `workload` that were measured or refused, in the order of the ladder."""
    measured = newest(measurements)
    refused = {r.case.kernel: r for r in refusals}
    found = []
    for number, kernel in enumerate(workload.kernels, 1):
        m, r = measured.get(kernel.id), refused.get(kernel.id)
        if m is not None:
            found.append(Rung(number, kernel, m, None, m.flop_per_s))
        elif r is not None:
            shape = r.case.shape or workload.shape(r.case.size)
            rate = workload.flop(shape) / r.extrapolated_s if r.extrapolated_s else None
            found.append(Rung(number, kernel, None, r, rate))
    return tuple(found)
