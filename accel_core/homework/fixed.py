"""The parts of a pack that are computed, not measured: equal for everybody with the same seed.

NumPy promises that a bit generator's stream stays as it is, PCG64's among them; of the distributions above it
that is not promised, so the numbers are taken from the raw stream.
https://numpy.org/neps/nep-0019-rng-policy.html
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from accel_core import cache, registry
from accel_core.cache.stream.traversal import ORDERS
from accel_core.homework.assignment import Assignment, Ladder, Sweep
from accel_core.homework.pack import Fixed

SIDE = 32
BITS = 20
"""Of each number: a sum of 32 products of such stays below 2**46, and float64 holds whole numbers to 2**53."""
CACHE = cache.CacheGeometry(2048, 2, 64)
"""Of the simulated traversal: small, so that counting takes milliseconds."""
SIZES = range(24, 41)


def fixed(seed: int, assignment: Assignment) -> Fixed:
    """What is computed for a seed and an assignment."""
    order = ORDERS[seed % len(ORDERS)]
    n = SIZES[seed // len(ORDERS) % len(SIZES)]
    simulated = cache.simulate(cache.Traversal((n, n, n), order), [CACHE], classify=False)
    a, b = matrices(seed)
    return Fixed(
        intensities={name: intensity(name) for name in workloads(assignment)},
        traversal=f"{order} at N={n}, {CACHE.size_bytes} bytes in {CACHE.ways} ways",
        misses=simulated.levels[0].total.misses,
        inputs=hashlib.sha256(a.astype("<u8").tobytes() + b.astype("<u8").tobytes()).hexdigest(),
        checksum=int((a.astype(np.float64) @ b.astype(np.float64)).sum()),
    )


def matrices(seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Two matrices (SIDE, SIDE) of whole numbers below 2**BITS."""
    raw = np.random.PCG64(seed).random_raw(2 * SIDE * SIDE) >> np.uint64(64 - BITS)
    a, b = raw.reshape(2, SIDE, SIDE)
    return a, b


def intensity(workload: str) -> float:
    """FLOP/B of the least traffic of a workload at its own size in float32."""
    problem = registry.workload(workload)
    shape = problem.shape(problem.default_size)
    return problem.flop(shape) / problem.least_bytes(shape, "float32")


def workloads(assignment: Assignment) -> list[str]:
    """The workloads that its experiments measure, each once."""
    found: list[str] = []
    for one in assignment.experiments:
        if isinstance(one, Ladder):
            found.append(one.workload)
        elif isinstance(one, Sweep):
            found += [name.partition("/")[0] for name in one.kernels]
    return list(dict.fromkeys(found))
