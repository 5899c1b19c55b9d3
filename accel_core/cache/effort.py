"""About how long a simulation takes, said beforehand."""

from __future__ import annotations

from accel_core.cache.stream.traversal import Traversal

ALONG_ROWS = ("ikj", "kij")
"""Innermost loops along the rows of b and c: all steps in a line are one piece of work for the simulator."""
PER_S, ALONG_PER_S = 6e7, 8e8
"""Accesses a second on a core of the registry's pace, in other orders and in those: they differ by how often
they miss, too. `python tests/benchmarks/cache_rate.py` measures them."""
CLASSIFIED, WITH_REUSE = 1.6, 10.0
"""How many times as long it takes to tell conflict from capacity misses, and to measure reuse distances."""


def simulation_s(traversal: Traversal, *, classify: bool = True, reuse: bool = False) -> float:
    """Seconds on a core of the registry's pace, roughly."""
    per_s = ALONG_PER_S if traversal.order in ALONG_ROWS and not traversal.tile else PER_S
    return traversal.accesses / per_s * (CLASSIFIED if classify else 1.0) * (WITH_REUSE if reuse else 1.0)
