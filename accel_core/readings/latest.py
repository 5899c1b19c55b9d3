"""Which of many measurements stand in a picture that has a place for one of each kernel."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import Measurement, Workload

MOST_POINTS = 1_000
"""More than these are one cloud, and each costs the reader's browser a kilobyte."""


def latest(measurements: Sequence[Measurement], workloads: Sequence[Workload]) -> list[Measurement]:
    """The newest of each kernel, dtype and thread count; `measurements` come newest first.

    Those with the kernel's usual parameters stand before others: a sweep's blocks do not stand for it.
    """
    usual = {kernel.id: kernel.defaults for workload in workloads for kernel in workload.kernels}
    first = [m for m in measurements if dict(m.parameters) == usual.get(m.kernel)]
    return list(
        {(m.kernel, m.dtype, m.threads): m for m in (*reversed(measurements), *reversed(first))}.values()
    )
