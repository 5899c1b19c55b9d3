"""What is known about one machine, and what it says of its roofs."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.model import Ceiling, Environment, Machine, Measurement, Peaks, Refusal
from accel_core.roofline import select_roofs, with_theory


@dataclass(frozen=True)
class Record:
    """Everything known about one machine."""

    machine: Machine
    """Its caches with their effective sizes where these were measured to be smaller than reported."""
    peaks: Peaks | None
    measurements: tuple[Measurement, ...]
    """The newest of each case, newest first."""
    refusals: tuple[Refusal, ...] = ()
    sample: bool = False
    """Whether this is another machine's record, shown as an example."""


def roofs_of(record: Record) -> tuple[Ceiling, ...]:
    """Measured roofs, and the theoretical ones where the running clock was measured too."""
    peaks = record.peaks
    return () if peaks is None else with_theory(record.machine, peaks.ceilings, peaks.clock)


def fma_roof(record: Record, dtype: str, threads: int) -> Ceiling | None:
    """The highest measured FMA roof at this type and thread count; None where there is none."""
    roofs = select_roofs(record.peaks.ceilings, dtype, threads).compute if record.peaks else ()
    measured = [c for c in roofs if c.operation == "fma" and c.source == "measured"]
    return max(measured, key=lambda c: c.value, default=None)


def changes(then: Environment, now: Environment) -> list[str]:
    """What differs between the versions of a record and those of now: "NumPy 2.3.0, now 2.4.6"."""
    names = {"python": "Python", "numpy": "NumPy", "numba": "Numba", "llvm": "LLVM", "system": "system"}
    found = [
        f"{title} {getattr(then, name)}, now {getattr(now, name)}"
        for name, title in names.items()
        if getattr(then, name) != getattr(now, name)
    ]
    was, is_now = (e.blas.title if e.blas else "unknown" for e in (then, now))
    if was != is_now:
        found.append(f"BLAS {was}, now {is_now}")
    return found
