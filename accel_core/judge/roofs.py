"""What the measured roofs of this machine allow a problem."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import Ceiling, Machine, Shape, Workload
from accel_core.roofline import limiting_memory_level, memory_roof, select_roofs
from accel_core.roofline.limit import Limit


def roof_of(
    workload: Workload, shape: Shape, dtype: str, threads: int, ceilings: Sequence[Ceiling], machine: Machine
) -> Limit | None:
    """The roofs over a problem by its least bytes, which are its working set too; None where one is missing.

    The law is that of `roofline.limit_of`: the memory roof is the highest of the smallest level that holds the
    working set, though the inputs of each call are new and were written by another process.
    """
    flop, least_bytes = workload.flop(shape), workload.least_bytes(shape, dtype)
    roofs = select_roofs([one for one in ceilings if one.source != "theory"], dtype, threads)
    level = limiting_memory_level(machine, least_bytes)
    memory = memory_roof(roofs.memory, level)
    if not roofs.compute or memory is None or not flop or not least_bytes:
        return None
    return Limit(threads, flop / least_bytes, level, roofs.compute[0], memory)
