"""What the measured roofs of this machine allow a problem."""

from __future__ import annotations

from accel_core.arena.roofs import HeldAgainst
from accel_core.model import Machine, Shape, Workload
from accel_core.roofline import limiting_memory_level
from accel_core.roofline.limit import Limit


def roof_of(workload: Workload, shape: Shape, roofs: HeldAgainst, machine: Machine) -> Limit | None:
    """The roofs over a problem by its least bytes, which are its working set too; None where one is missing.

    The law is that of `roofline.limit_of`: the memory roof is the highest of the smallest level that holds the
    working set, though the inputs of each call are new and were written by another process.
    """
    least_bytes = workload.least_bytes(shape, roofs.dtype)
    return roofs.limit(workload.flop(shape), least_bytes, limiting_memory_level(machine, least_bytes))
