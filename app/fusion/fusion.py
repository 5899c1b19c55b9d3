"""Fusion: GELU rung by rung, with the arrays that each allocates, and in-place against allocating vectors."""

from dataclasses import replace

import streamlit as st

from accel_core.studies import experiments
from app.fusion import sections
from app.parts import answers, components
from app.session import jobs, records, settings

FIELD_PX = 200
own = records.own()
controls = sections.controls(own.machine)
streams = sections.sweep_controls(own.machine)
settings.admit(*controls.values(), *streams.values())
components.header(
    "What did fusion remove?",
    "Predict first: which one change makes it much faster: one expression, no new arrays, one pass?",
)
with st.container(horizontal=True, key="setup"):
    setup, budget_s = answers.setup(controls)
    experiment = sections.experiment(setup)
    components.measure_button("Time all rungs", experiments.bench_job(sections.cases(experiment), budget_s))
sweeping = sections.sweeping()
above = settings.place()
with above:
    if not sweeping:
        jobs.panel()

record = sections.record_for(own, experiment.workload)
shown = experiments.shown(record, experiment)
components.sample_label(record)
if shown.stale and not record.sample:
    components.stale_label(shown.setup.sentence())
answers.offer_rest(shown, experiment, budget_s, "rungs are")
sections.picture(record, shown)
if shown.measurements:
    sections.claims(record, shown)
    sections.roofline(record, shown)

st.subheader("In place against allocating, from L1 to DRAM", anchor=False)
with st.container(horizontal=True, key="setup-sweep"):
    operation = str(settings.segments(streams["operation"]))
    with st.container(width=FIELD_PX):
        upto = int(settings.slider(streams["upto"]))
    with st.container(width=FIELD_PX):
        point_s = float(settings.slider(streams["point"]))
    sweep = sections.sweep(operation, replace(setup, size=upto))
    sections.sweep_button(sweep, point_s)
beside = settings.place()
with beside:
    if sweeping:
        jobs.panel()
swept_record = sections.record_for(own, sweep.workload)
swept = experiments.shown(swept_record, sweep)
sections.sweep_notes(swept_record, swept, sweep)
sections.sweep_picture(swept_record, sweep, swept)
sections.details(shown, swept)
