"""What pages of a ladder's rungs say of an answer: whether there is one, what it lacks, how it was measured."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from accel_core.model import Machine, Measurement, Workload, chosen
from accel_core.studies import experiments
from accel_core.studies.experiments import Experiment, Setup, Shown
from accel_core.studies.record import Record
from app.parts import components, tables, theme
from app.session import jobs, records, settings

POINT = replace(settings.BUDGET, key="point", label="Time per point (s)", default=0.5)
"""The time of each point of a sweep: a whole one takes less than half a minute."""
WIDTHS_PX = {"size": 200, "dtype": 180, "threads": 120, "budget": 170}


def controls(machine: Machine, workload: Workload) -> dict[str, settings.Choice]:
    """The settings of the page, by name."""
    return {
        "size": settings.size(workload.sizes, workload.default_size, workload.size_means),
        "dtype": settings.DTYPE,
        "threads": settings.threads(machine.cores.allowed),
        "budget": settings.BUDGET,
    }


def setup(controls: dict[str, settings.Choice]) -> tuple[Setup, float]:
    """What the settings say, and the time of a rung; side by side, or below one another where it is narrow."""
    values = {}
    for name, width_px in WIDTHS_PX.items():
        widget = settings.segments if name == "dtype" else settings.slider
        with theme.field(width_px):
            values[name] = widget(controls[name])
    size, dtype, threads, budget_s = values.values()
    return Setup(int(size), str(dtype), int(threads)), float(budget_s)


def any_measured(record: Record, workload: Workload) -> bool:
    """Whether this machine has a rung on record."""
    return any(m.workload == workload.name for m in record.measurements) or bool(record.refusals)


def record_for(own: Record, workload: Workload) -> Record:
    """This machine's record, or the sample where it alone has a rung of `workload`."""
    if any_measured(own, workload):
        return own
    sample = records.or_sample(own, lacking=True)
    return sample if any_measured(sample, workload) else own


def whose(record: Record, shown: Shown, over: str = "none") -> str:
    """The label inside a grey picture, sample or earlier result; empty where it answers the settings."""
    return components.whose(record, shown.stale, shown.setup.sentence(over))


def stale_label(record: Record, shown: Shown, over: str = "none") -> None:
    """Say, where it is so, that the result below was measured at other settings than the controls show."""
    if shown.stale and not record.sample:
        st.info(f"This result is from other settings: {shown.setup.sentence(over)}.", icon=":material/history:")


def offer_rest(record: Record, shown: Shown, asked: Experiment, budget_s: float, what: str) -> None:
    """Say that the picture is not complete, as after a sweep over other kernels, and offer the rest.

    Not of a sample, which what is measured here replaces.
    """
    missing = experiments.rest(shown, asked)
    if record.sample or not missing or jobs.active():
        return
    verb = "is" if len(missing) == 1 else "are"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/rule: {len(missing)} of {len(asked.cases())} {what} {verb} not measured at these "
            "settings."
        )
        components.job_button("Measure the rest", experiments.bench_job(missing, budget_s), key="rest")


def remarks(shown: Shown) -> None:
    """What held a library back while this was measured, and why some rungs were refused."""
    components.held_back(shown.measurements)
    for refused in shown.refusals:
        st.caption(f":material/block: {refused.reason}")


def how_measured(shown: Shown) -> None:
    """Samples, interval, check and disturbance of one measurement at a time."""
    if not shown.measurements:
        return
    with st.expander("How it was measured", icon=":material/timer:"):
        names = {f"{m.kernel.partition('/')[2]} {_block(m)}".strip(): m for m in shown.measurements}
        chosen = st.selectbox("Measurement", list(names), len(names) - 1, key="how measured")
        if chosen is not None:
            rows = [{"What": what, "Value": value} for what, value in tables.how_measured(names[chosen])]
            st.dataframe(rows, hide_index=True, alt=f"How {chosen} was measured")


def _block(m: Measurement) -> str:
    return f"N={m.size}" + "".join(f", {name} {value}" for name, value in chosen(m.parameters).items())
