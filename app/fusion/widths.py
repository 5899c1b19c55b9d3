"""The fused loop with vectors of each width, in L2 and beyond all caches."""

from __future__ import annotations

import streamlit as st

from accel_core.figures.widths import widths_figure
from accel_core.model import Workload
from accel_core.model.words import WIDTH
from accel_core.readings.widths import widths_alt, widths_reading
from accel_core.studies import widths
from accel_core.studies.experiments import bench_job
from accel_core.studies.record import Record
from app.parts import components, progress, theme
from app.session import drawings, jobs, settings

POINT_S = 0.5
"""The time of each width at each size."""


def offered(workload: Workload) -> bool:
    """Whether a rung of it takes the width as a parameter."""
    return any(parameter.name == WIDTH for kernel in workload.kernels for parameter in kernel.parameters)


def section(own: Record, dtype: str) -> None:
    """The button that races the widths, the picture of what they brought, and what it says."""
    st.subheader("How wide a vector pays", anchor=False)
    components.job_button(
        "Compare vector widths",
        bench_job(widths.cases(own.machine, dtype), POINT_S, in_turns=True),
        key="compare widths",
        help="The rung fused, on one thread, compiled for one number at a time and for vectors of each width "
        "that this processor has; all take turns on the same arrays.",
    )
    with settings.place():
        if racing():
            progress.draw()
    found = widths.races(own, dtype)
    theme.show(
        drawings.drawn(widths_figure, found, theme.current_look()),
        alt=widths_alt(found),
        key="widths",
        filename="fusion-widths",
    )
    components.reading(*widths_reading(found))
    components.held_back([m for race in found for m in race.ran.values()])


def racing() -> bool:
    """Whether this session's job is such a race: then its progress stands beside the button."""
    job = jobs.current()
    asked = (job.data.get("cases") if job else None) or []
    return bool(asked) and all(case["parameters"].get(WIDTH) for case in asked)
