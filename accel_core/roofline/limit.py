"""What the roofs of one number of threads allow a problem, and so how its roof grows with the threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model import LEVELS, Ceiling, Machine, Measurement
from accel_core.roofline.law import attainable, bound_by
from accel_core.roofline.roofs import limiting_memory_level, select_roofs

_COMPARABLE = ("least", "stream")
"""Byte conventions of roofs that fit a point counted by least bytes: STREAM's count of a copy or a triad is its
least count too, and a load moves the same bytes under every convention."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The flat and the sloping roof over a problem at one number of threads."""

    threads: int
    intensity: float
    """FLOP/B of the least traffic, or of what was counted instead."""
    level: str
    """The smallest level that holds the working set; `memory.level` differs where it has no measured roof."""
    compute: Ceiling
    memory: Ceiling

    @property
    def flop_per_s(self) -> float:
        """What the lower of both allows."""
        return attainable(self.intensity, self.compute.value, self.memory.value)

    @property
    def memory_flop_per_s(self) -> float:
        """What the sloping roof alone allows."""
        return self.intensity * self.memory.value

    @property
    def bound_by(self) -> str:
        """ "compute" or "memory": which of both is lower."""
        return bound_by(self.intensity, self.compute.value, self.memory.value)

    @property
    def limiting(self) -> Ceiling:
        """The lower of both."""
        return self.compute if self.bound_by == "compute" else self.memory


def limit_of(
    problem: Measurement,
    threads: int,
    ceilings: Sequence[Ceiling],
    machine: Machine,
    moved_bytes: int | None = None,
) -> Limit | None:
    """The measured or typed-in roofs over `problem`, by its dtype and bytes, at this number of threads.

    The bytes are its least ones, or those that a rung moves by its own count (`moved_bytes`), whose working set
    is the least bytes and what one call was seen to allocate.

    The memory roof is the highest operation mix (load, copy, triad) of the smallest level that holds the
    working set; where that level has no roof, the next farther level stands in, else the next nearer one.
    None where a flat or a sloping roof is missing, or where the work or the traffic is nothing.
    """
    roofs = select_roofs([c for c in ceilings if c.source != "theory"], problem.dtype, threads)
    extra_bytes = (problem.peak_alloc_bytes or 0) if moved_bytes else 0
    level = limiting_memory_level(machine, problem.least_bytes + extra_bytes)
    memory = memory_roof(roofs.memory, level)
    intensity = problem.flop / moved_bytes if moved_bytes else problem.intensity_flop_per_byte
    if not roofs.compute or memory is None or not intensity:
        return None
    return Limit(threads, intensity, level, roofs.compute[0], memory)


def limits_of(problem: Measurement, ceilings: Sequence[Ceiling], machine: Machine) -> tuple[Limit, ...]:
    """The roof over `problem` at every number of threads that has roofs, rising."""
    counts = sorted({c.threads for c in ceilings})
    found = (limit_of(problem, threads, ceilings, machine) for threads in counts)
    return tuple(limit for limit in found if limit is not None)


def memory_roof(roofs: Sequence[Ceiling], level: str) -> Ceiling | None:
    """The highest of `roofs` at `level` that least bytes compare with.

    Where `level` has none, it is that of the next farther level, else of the next nearer; None without any.
    """
    fitting = [r for r in roofs if r.operation == "load" or r.byte_convention in _COMPARABLE]
    at = LEVELS.index(level)
    for candidate in (*LEVELS[at:], *reversed(LEVELS[:at])):
        here = [r for r in fitting if r.level == candidate]
        if here:
            return max(here, key=lambda r: r.value)
    return None
