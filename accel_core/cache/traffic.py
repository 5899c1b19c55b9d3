"""From a measured rung of the ladder to the bytes that each memory level delivers to it, by simulation."""

from __future__ import annotations

from collections.abc import Mapping

from accel_core.cache.results import Simulation
from accel_core.cache.stream.traversal import Traversal
from accel_core.kernels.matmul.workload import MATMUL
from accel_core.model import DRAM, NEAREST, Measurement

RUNG_ORDERS = {kernel.id: kernel.traversal for kernel in MATMUL.followed}
"""The rungs of the ladder of products whose accesses the simulator generates, by their `traversal`."""


def rung_traversal(measurement: Measurement, orders: Mapping[str, str] = RUNG_ORDERS) -> Traversal | None:
    """The accesses that the measured code makes; None for a rung that `orders` (by kernel id) do not name.

    The simulator runs through products, so the shape of what is measured is (m, k, n). A tile of registers
    agrees where 4 divides m and n, and rests are cut apart.
    """
    order, _, tile = orders.get(measurement.kernel, "").partition(" ")
    if not order or measurement.threads != 1 or len(measurement.shape) != 3:
        return None
    m, k, n = measurement.shape
    block = measurement.parameters.get("block")
    sides = None if block is None else (int(block),) * 3
    return Traversal((m, k, n), order, block=sides, dtype=measurement.dtype, tile=bool(tile))


def traffic(simulation: Simulation) -> dict[str, int]:
    """Memory level -> bytes between it and what is nearer to the core, from L1 on; the last is "DRAM".

    L1 delivers what the core asks for: an element for each access. Every further level delivers what the cache
    above it takes in, and takes what that writes back: the two that share its bandwidth.
    """
    delivered = {NEAREST: simulation.accesses * simulation.traversal.itemsize}
    deeper = [*(level.level for level in simulation.levels[1:]), DRAM]
    for level, count in zip(deeper, simulation.levels, strict=True):
        delivered[level] = count.total.bytes_in + count.total.bytes_out
    return delivered
