"""A sweep as lines, or single measurements as bars, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from accel_core.figures import Look, ladder_figure, sweep_figure
from accel_core.figures.misses import add_misses
from accel_core.model import Measurement
from accel_core.readings.ladder import ladder_alt, ladder_reading
from accel_core.readings.scaling import Scaling, scaling_alt, scaling_of
from accel_core.readings.scaling_reading import scaling_reading
from accel_core.readings.sweep import Mark, Misses, cache_marks, misses_alt, sweep_alt, sweep_reading, swept
from accel_core.studies.blocks import best_block_reading, misses_reading
from accel_core.studies.experiments import Experiment, Shown
from accel_core.studies.record import Record
from app.lab import block_misses, thread_roofs
from app.lab.sweep import WORKLOAD
from app.parts import answers, columns, components, tables, theme
from app.session import drawings


def picture(record: Record, asked: Experiment, shown: Shown) -> None:
    """The sweep as lines, or single measurements as bars, and what they say."""
    stale = answers.whose(record, shown, asked.over)
    look = theme.current_look(columns.SHARE)
    if asked.over == "none":
        rungs = WORKLOAD.only(asked.kernels)
        theme.show(
            drawings.drawn(ladder_figure, rungs, shown.measurements, shown.refusals, look, stale=stale),
            alt=ladder_alt(rungs, shown.measurements, shown.refusals),
            key="lab bars",
            filename="lab",
        )
        components.reading(ladder_reading(rungs, shown.measurements, shown.refusals))
        answers.remarks(shown)
        return
    top = max((swept(m, asked.over) or m.size for m in shown.measurements), default=shown.setup.size)
    marks = cache_marks(record.machine, shown.setup.dtype, asked.over, top * 1.2)
    above = st.container()  # what is simulated comes under the picture that it is for
    misses = block_misses.misses(record, shown.measurements) if asked.over == "block" else {}
    scaling = _scaling(record, shown) if asked.over == "threads" else None
    with above:
        theme.show(
            drawings.drawn(_sweep, shown.measurements, asked.over, look, marks, stale, misses, scaling),
            alt=sweep_alt(WORKLOAD, shown.measurements, asked.over)
            + misses_alt(misses, block_misses.TITLE)
            + (scaling_alt(scaling) if scaling else ""),
            key="sweep",
            filename=f"sweep-{asked.over}",
        )
    said = scaling_reading(WORKLOAD, shown.measurements, scaling) if scaling else []
    components.reading(sweep_reading(WORKLOAD, shown.measurements, asked.over, marks), *said)
    if scaling:
        thread_roofs.offer(record, scaling, shown.setup.dtype)
    if asked.over == "block":
        components.reading(best_block_reading(record.machine, shown.measurements))
    components.reading(misses_reading(shown.measurements, misses))
    components.held_back(shown.measurements)


def _scaling(record: Record, shown: Shown) -> Scaling:
    """What the curves over threads are held against."""
    ceilings = record.peaks.ceilings if record.peaks else ()
    return scaling_of(WORKLOAD, shown.measurements, ceilings, record.machine)


def _sweep(
    measured: Sequence[Measurement],
    over: str,
    look: Look,
    marks: Sequence[Mark],
    stale: str,
    misses: Misses,
    scaling: Scaling | None,
) -> Any:
    """The lines of a sweep, over the block what the simulator counts beside them, over threads the roofs."""
    figure = sweep_figure(WORKLOAD, measured, over, look, marks=marks, stale=stale, scaling=scaling)
    add_misses(figure, look, misses, title=block_misses.TITLE)
    return figure


def details(shown: Shown) -> None:
    """On demand: the table, and how each number was measured."""
    with st.expander("All measurements as a table", icon=":material/table:"):
        tables.table(tables.measurement_rows(shown.measurements), "lab", alt="Measurements of this experiment")
        for refused in shown.refusals:
            st.caption(f"{refused.case.kernel}, N={refused.case.size}: {refused.reason}")
    answers.how_measured(shown)
