"""What was calibrated here, else on another machine, and the job that does it."""

from __future__ import annotations

from typing import Any

from accel_core.backends.crossovers import Crossovers
from accel_core.model.limits import CALIBRATION_S
from accel_core.operations import OPERATIONS
from accel_core.race import Calibration
from accel_core.studies.record import Record
from app.session import cached, jobs

ONE_S = 2.0
"""Measuring time of one shape."""


def sample() -> tuple[Record, Crossovers] | None:
    """Another machine's record and races, None where there is no sample."""
    known = cached.sample()
    if known is None or not known.calibrations:
        return None
    return Record(known.machine, known.peaks, known.measurements, sample=True), Crossovers(known.calibrations)


def crossovers(record: Record) -> Crossovers:
    """What is stored of this machine and its library, and over it what this session measured."""
    stored = cached.stored(record.machine.fingerprint).calibrations
    fresh = [result for result in jobs.results()[1] if isinstance(result, Calibration)]
    threads = record.machine.cores.allowed
    return Crossovers(part for part in (*stored, *fresh) if part.threads == threads)


def calibrate_job(operation: str) -> dict[str, Any]:
    """The job that measures the map of one operation in both number types."""
    return {"kind": "calibrate", "operations": [operation], "budget_s": budget_s(operation)}


def budget_s(operation: str) -> float:
    """The share of the whole grid's time that the shapes of `operation` have, at least 10 s."""
    counts = {
        name: sum(len(list(one.points(layout))) for layout in one.measured) for name, one in OPERATIONS.items()
    }
    return max(10.0, CALIBRATION_S * counts[operation] / sum(counts.values()))
