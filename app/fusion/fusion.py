"""Fusion: a chain of rungs with the arrays that each allocates, and in-place against allocating vectors."""

import streamlit as st

from accel_core import registry
from accel_core.studies import experiments
from app.fusion import claims, roofs, rungs, streams, widths
from app.parts import answers, components, progress, tables
from app.session import records, settings

own = records.own()
settings.admit(rungs.WORKLOAD)
head = st.container()
workload = registry.workload(str(settings.segments(rungs.WORKLOAD)))
controls = rungs.controls(own.machine, workload)
sweeps = streams.controls(own.machine)
with head:
    settings.admit(*controls.values(), *sweeps.values())
    components.header(
        "fusion",
        f"{workload.title}. Predict first: which one change makes it much faster: no new arrays, or one pass?",
    )
with st.container(horizontal=True, key="setup"):
    setup, budget_s = answers.setup(controls)
    experiment = rungs.asked(workload, setup)
    components.measure_button("Time all rungs", experiments.bench_job(rungs.cases(experiment), budget_s))
with settings.place():
    if not (streams.sweeping() or widths.racing()):
        progress.draw()

record = answers.record_for(own, workload)
shown = experiments.shown(record, experiment)
components.sample_label(record)
answers.stale_label(record, shown)
answers.offer_rest(record, shown, experiment, budget_s, "rungs")
rungs.picture(record, workload, shown)
if shown.measurements:
    claims.claims(record, workload, shown)
    claims.counts(record, workload, shown)
    roofs.roofline(record, workload, shown)

swept = streams.section(own, sweeps, setup)
if widths.offered(workload):
    widths.section(own, setup.dtype)
rows = tables.measurement_rows([*shown.measurements, *swept.measurements])
tables.expander("All measurements as a table", rows, "fusion", alt=f"Rungs of {workload.title} and the sweep")
answers.how_measured(shown)
rungs.code(workload, shown)
components.words("bandwidth", "arithmetic intensity", "roof", "working set")
