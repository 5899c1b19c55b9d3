"""The machine whose roofs are drawn: typed in, this one, or the sample's until this one was measured."""

from __future__ import annotations

from accel_core.model import Ceiling
from accel_core.studies.record import Record, roofs_of
from app.parts import components, peaks, progress
from app.roofline import typed
from app.session import records


def drawn(own: Record, dtype: str, threads: int) -> tuple[Record, tuple[Ceiling, ...]]:
    """The record whose points are drawn, and its roofs; a button where this machine's were never measured."""
    record = typed.typed(dtype, threads) or records.or_sample(
        own, lacking=own.peaks is None or not own.peaks.ceilings
    )
    roofs = roofs_of(record)
    if record.sample or not roofs:
        components.measure_button("Measure this machine", peaks.job(own.machine, 20))
    progress.draw()
    components.sample_label(record)
    return record, roofs
