"""What a page may show: stored records, this session's results, and the sample until there are some."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from accel_core.model import Ceiling, Clock, CurvePoint, Disk, Latency, Machine, Measurement, Peaks, Refusal
from accel_core.roofline import as_measured
from accel_core.studies.record import Record
from app.session import cached, jobs, settings, warned

Part = TypeVar("Part")


def own() -> Record:
    """This machine's record: the store's, and this session's results where the store did not take them."""
    machine = cached.machine()
    seen = cached.stored(machine.fingerprint)
    peaks = seen.peaks
    with settings.place():
        warned.show()
        if seen.fault:
            st.warning(f"{seen.fault} New measurements are shown here and set aside.", icon=":material/save:")
        elif skipped := cached.store().skipped:
            st.warning(skipped, icon=":material/healing:")
    started, results = jobs.results()
    known = {m.id for m in seen.experience}
    fresh = [m for m in results if isinstance(m, Measurement) and m.id not in known]
    if peaks is None or peaks.created < started:
        peaks = _with_results(peaks, results, machine)
    measurements = seen.measurements
    if fresh:
        measurements = tuple(sorted([*fresh, *measurements], key=lambda m: m.created, reverse=True))
    refusals = tuple(r for r in results if isinstance(r, Refusal))
    return Record(_as_measured(machine, peaks), peaks, measurements, refusals)


def newest_disk(*, memory: bool = False) -> Disk | None:
    """The disk that was measured last, by this session or as stored; a folder in memory only with `memory`."""
    own = [one for one in jobs.results()[1] if isinstance(one, Disk)]
    known = sorted([*own, *cached.disks(cached.machine().fingerprint)], key=lambda x: x.created, reverse=True)
    return next((one for one in known if memory or not one.is_memory), None)


def or_sample(record: Record, *, lacking: bool) -> Record:
    """`record`, or the sample record of another machine where what the page shows is `lacking`."""
    if not lacking or (sample := cached.sample()) is None:
        return record
    machine = _as_measured(sample.machine, sample.peaks)
    return Record(machine, sample.peaks, sample.measurements, sample=True)


def _as_measured(machine: Machine, peaks: Peaks | None) -> Machine:
    """The machine with its caches as large as the stored curve shows them for one process."""
    return as_measured(machine, peaks.curve) if peaks else machine


def _with_results(peaks: Peaks | None, results: Sequence[Any], machine: Machine) -> Peaks | None:
    """Roofs with this session's own results over them, for a store that cannot be written to."""
    if not any(isinstance(r, Ceiling | Latency | CurvePoint | Clock) for r in results):
        return peaks
    base = peaks or Peaks(machine.fingerprint, cached.environment(), "")
    clocks = [r for r in results if isinstance(r, Clock)]
    return replace(
        base,
        environment=cached.environment(),
        ceilings=_newest([*base.ceilings, *_of(results, Ceiling)], lambda c: c.name),
        clock=clocks[-1] if clocks else base.clock,
        latencies=_newest([*base.latencies, *_of(results, Latency)], lambda x: x.level),
        curve=_newest([*base.curve, *_of(results, CurvePoint)], lambda p: p.working_set_bytes),
    )


def _of(results: Iterable[Any], kind: type[Part]) -> list[Part]:
    return [r for r in results if isinstance(r, kind)]


def _newest(parts: Sequence[Part], key: Callable[[Part], Hashable]) -> tuple[Part, ...]:
    """The last part of each key, in the order in which the keys came."""
    return tuple({key(part): part for part in parts}.values())
