"""What lessons say of a machine's caches, and how they let them be simulated."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.cache import CacheGeometry, Simulation, Traversal, cpu_caches, cpu_notes
from accel_core.cache.geometry import kept_lines
from accel_core.lessons.lesson import Job, Run
from accel_core.model import Machine
from accel_core.units import format_bytes

SIMULATED = 2
"""Levels: the first two tell orders and blocks apart, and each more takes its time."""


def simulated(machine: Machine, traversals: Sequence[Traversal]) -> Job:
    """A job that simulates `traversals` behind the first caches of `machine`, or usual ones."""
    caches = cpu_caches(machine)[:SIMULATED]
    return {
        "kind": "simulate",
        "traversals": [traversal.to_dict() for traversal in traversals],
        "caches": [cache.to_dict() for cache in caches],
        "classify": False,
    }


def simulation(run: Run, traversal: Traversal) -> Simulation:
    """That of `traversal`. LookupError where it is missing."""
    for found in run.every(Simulation):
        if found.traversal == traversal:
            return found
    raise LookupError(f"there is no simulation of {traversal.order} at {traversal.shape}")


def misses_per_step(found: Simulation, level: int = 0) -> float:
    """Misses of a level for each step of the innermost loop."""
    m, k, n = found.traversal.shape
    return found.levels[level].total.misses / (m * k * n)


def assumed(machine: Machine) -> str:
    """A sentence where the first cache had to be guessed; empty where it is known."""
    nearest = machine.caches[0] if machine.caches else None
    if nearest is not None and nearest.ways and nearest.line_bytes:
        return ""
    return cpu_notes(machine)[0]


def crowding(machine: Machine, rows: int, row_bytes: int) -> str:
    """Which caches have too few sets to keep a line of each of `rows`; empty where none, or none is known."""
    told = []
    for name, cache in _known(machine).items():
        if row_bytes % cache.line_bytes:
            continue  # their first bytes drift through the lines, and so through all sets
        sets, kept = kept_lines(cache, row_bytes)
        if kept < rows:
            told.append(f"{sets:,} of the {cache.sets:,} sets of {name}, with room for {kept:,}")
    if not told:
        return ""
    return (
        f"{rows:,} rows that lie {format_bytes(row_bytes)} apart begin in {', and in '.join(told)}: they throw "
        "one another out."
    )


def _known(machine: Machine) -> dict[str, CacheGeometry]:
    """Those of the machine's first two caches whose ways and lines are known, by name."""
    if not machine.caches:
        return {}
    levels = {cache.level: cache for cache in reversed(machine.caches)}
    names = list(dict.fromkeys(cache.level for cache in machine.caches))
    fitted = dict(zip(names, cpu_caches(machine), strict=False))
    return {
        name: fitted[name]
        for name in names[:SIMULATED]
        if levels[name].ways and levels[name].line_bytes and name in fitted
    }
