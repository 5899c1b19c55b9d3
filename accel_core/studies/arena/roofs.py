"""The roofs that an event is judged by: those on record, and the job that measures what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from accel_core.arena.event import ALL_THREADS, MISSES, OPEN, Event
from accel_core.arena.roofs import HeldAgainst
from accel_core.judge.roofs import roof_of
from accel_core.model import Ceiling, Machine
from accel_core.registry import workload
from accel_core.roofline import select_roofs
from accel_core.store import Store

BUDGET_S = 6.0
"""For the roofs of one type and one number of threads."""


def threads_of(event: Event, machine: Machine) -> int:
    """How many threads a submission may use: those of its roofs."""
    return machine.cores.allowed if event.division in (ALL_THREADS, OPEN) else 1


def measured_roofs(event: Event, store: Store, machine: Machine) -> tuple[Ceiling, ...]:
    """The measured roofs that `event` is judged by on this machine; none where nothing was measured yet."""
    peaks = store.peaks(machine.fingerprint)
    return () if peaks is None else roofs_for(event, peaks.ceilings, machine)


def roofs_for(event: Event, ceilings: Iterable[Ceiling], machine: Machine) -> tuple[Ceiling, ...]:
    """Those of `ceilings` that count for `event`, without the samples that they are the medians of."""
    roofs = select_roofs(
        [one for one in ceilings if one.source == "measured"], event.dtype, threads_of(event, machine)
    )
    return tuple(replace(one, series=()) for one in (*roofs.compute, *roofs.memory))


def missing_roofs(
    event: Event, *, store: Store | None = None, machine: Machine | None = None
) -> dict[str, Any] | None:
    """The job that measures the roofs which `event` is judged by; None where they are on record."""
    from accel_core.pool import measured_machine

    if event.kind == MISSES:
        return None
    here = machine or measured_machine()
    kinds = {one.kind for one in measured_roofs(event, store or Store(), here)}
    return None if kinds == {"compute", "memory"} else _job(event, here)


def doubtful_roofs(event: Event, store: Store, machine: Machine) -> dict[str, Any] | None:
    """The job that measures the roofs of `event` once more; None where those that count are in no doubt."""
    if event.kind == MISSES:
        return None
    roofs = HeldAgainst.of(measured_roofs(event, store, machine), event.dtype, threads_of(event, machine))
    problem = workload(event.workload)
    limits = (roof_of(problem, shape, roofs, machine) for shape in event.shapes)
    doubt = roofs.doubt(limit for limit in limits if limit is not None)
    return _job(event, machine) if doubt else None


def _job(event: Event, machine: Machine) -> dict[str, Any]:
    threads = [threads_of(event, machine)]
    return {"kind": "peaks", "dtypes": [event.dtype], "threads": threads, "budget_s": BUDGET_S}
