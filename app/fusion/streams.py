"""In-place against allocating vectors, from L1 to DRAM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from accel_core import registry
from accel_core.figures import sweep_figure
from accel_core.model import Machine
from accel_core.readings.stream import ALLOCATING, IN_PLACE, ONE_PASS, THREADS, stream_reading
from accel_core.readings.sweep import cache_marks, sweep_alt
from accel_core.studies import experiments
from accel_core.studies.experiments import Experiment, Setup, Shown
from accel_core.studies.record import Record
from app.parts import answers, components, progress, theme
from app.session import drawings, jobs, settings

STREAMS = ("add", "scale", "triad")
KERNELS = (ALLOCATING, IN_PLACE, ONE_PASS, THREADS)
OPERATION = settings.Choice(
    "operation", "Operation", STREAMS, "add", "add: z = x + y. scale: y = 3 x. triad: z = x + 3 y."
)
FIELD_PX = 200
BEYOND = 4
"""At first the sweep ends where the arrays are so many times as large as the largest cache."""


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the sweep, by name."""
    sizes = registry.workload(STREAMS[0]).sizes
    return {
        "operation": OPERATION,
        "upto": settings.Choice(
            "upto",
            "Elements up to",
            sizes,
            first_end(machine),
            "The sweep takes every size up to this one: elements of each vector.",
        ),
        "point": answers.POINT,
    }


def first_end(machine: Machine) -> int:
    """The smallest offered size whose float32 arrays are BEYOND times the largest cache; else the largest."""
    add = registry.workload("add")
    largest = max((c.size_bytes for c in machine.caches), default=0)
    fits = [n for n in add.sizes if add.least_bytes(add.shape(n), "float32") >= BEYOND * largest]
    return fits[0] if fits and largest else add.sizes[-2]


def sweep(operation: str, setup: Setup) -> Experiment:
    """Allocating, in place, compiled and threaded, at every size up to the setup's."""
    return Experiment(registry.workload(operation), KERNELS, "size", setup)


def section(own: Record, chosen: Mapping[str, settings.Choice], setup: Setup) -> Shown:
    """The sweep's own part of the page, and what it shows; `chosen` are the settings of `controls`."""
    st.subheader("In place against allocating, from L1 to DRAM", anchor=False)
    with st.container(horizontal=True, key="setup-sweep"):
        operation = str(settings.segments(chosen["operation"]))
        with theme.field(FIELD_PX):
            upto = int(settings.slider(chosen["upto"]))
        with theme.field(FIELD_PX):
            point_s = float(settings.slider(chosen["point"]))
        asked = sweep(operation, replace(setup, size=upto))
        button(asked, point_s)
    with settings.place():
        if sweeping():
            progress.draw()
    record = answers.record_for(own, asked.workload)
    shown = experiments.shown(record, asked)
    notes(record, shown, asked)
    picture(record, asked, shown)
    return shown


def button(asked: Experiment, point_s: float) -> None:
    """Start the sweep."""
    components.job_button(
        f"Sweep {asked.workload.name}",
        experiments.bench_job(asked.cases(), point_s),
        key="sweep streams",
        width="stretch",
    )


def sweeping() -> bool:
    """Whether this session's job is a sweep: then its progress stands beside the sweep's button."""
    job = jobs.current()
    asked = (job.data.get("cases") if job else None) or []
    return any(case["kernel"].partition("/")[0] in STREAMS for case in asked)


def notes(record: Record, shown: Shown, asked: Experiment) -> None:
    """Whose points these are, and how many of those asked for are missing."""
    answers.stale_label(record, shown, "size")
    if (missing := len(experiments.rest(shown, asked))) and not jobs.active():
        points = f"{missing} of {len(asked.cases())} points are not measured at these settings"
        st.caption(f":material/rule: {points}: sweep again to measure all.")


def picture(record: Record, asked: Experiment, shown: Shown) -> None:
    """Bandwidth against the bytes of all arrays, with the caches marked, and what it says."""
    top = max((m.least_bytes for m in shown.measurements), default=0)
    marks = cache_marks(record.machine, shown.setup.dtype, "bytes", top * 1.2)
    figure = drawings.drawn(
        sweep_figure,
        asked.workload,
        shown.measurements,
        "bytes",
        theme.current_look(),
        marks=marks,
        stale=answers.whose(record, shown, "size"),
    )
    theme.show(
        figure,
        key="streams",
        alt=sweep_alt(asked.workload, shown.measurements, "bytes"),
        filename=f"fusion-{asked.workload.name}",
    )
    components.reading(*stream_reading(asked.workload, shown.measurements, marks))
    answers.remarks(shown)
