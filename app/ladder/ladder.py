"""Ladder: every rung of a workload at one size, timed live, with its code and what changed."""

import streamlit as st

from accel_core import registry
from accel_core.studies import experiments
from app.ladder import picture, rung
from app.parts import answers, components, progress, tables
from app.session import records, settings

WORKLOADS = tuple(workload.name for workload in registry.WORKLOADS)
WORKLOAD = settings.Choice(
    "workload", "Workload", WORKLOADS, WORKLOADS[0], "The problem that all rungs of a ladder solve."
)
own = records.own()
settings.admit(WORKLOAD)
head = st.container()
workload = registry.workload(str(settings.segments(WORKLOAD)))
controls = answers.controls(own.machine, workload)
with head:
    settings.admit(*controls.values(), rung.choice(workload))
    components.header("ladder", f"{workload.title}. Predict first: {workload.question} Then time all rungs.")
with st.container(horizontal=True, key="setup"):
    setup, budget_s = answers.setup(controls)
    experiment = experiments.all_rungs(workload, setup)
    components.measure_button("Time all rungs", experiments.bench_job(experiment.cases(), budget_s))
progress.draw()

record = answers.record_for(own, workload)
shown = experiments.shown(record, experiment)
components.sample_label(record)
answers.stale_label(record, shown)
answers.offer_rest(record, shown, experiment, budget_s, "rungs")
picture.picture(record, workload, shown)
components.library_notice()
rung.detail(record, workload, shown)
rows = tables.measurement_rows(shown.measurements)
tables.expander("All rungs as a table", rows, "ladder", alt="Measured rungs with their times")
answers.how_measured(shown)
components.words("FLOP", "FMA", "roof", "block", "working set")
