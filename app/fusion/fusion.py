"""Fusion: GELU rung by rung, with the arrays that each allocates, and in-place against allocating vectors."""

import streamlit as st

from app.fusion import sections
from app.parts import answers, components, experiments
from app.session import jobs, records, settings

own = records.own()
controls = sections.controls(own.machine)
streams = sections.sweep_controls(own.machine)
settings.admit(*controls.values(), *streams.values())
components.header(
    "What did fusion remove?",
    "Predict first: which one change makes it much faster: one expression, no new arrays, one pass?",
)
left, right = st.columns([675, 295], vertical_alignment="bottom")
row = left.columns([200, 185, 120, 170])
with row[0]:
    size = int(settings.slider(controls["size"]))
with row[1]:
    dtype = str(settings.segments(controls["dtype"]))
with row[2]:
    threads = int(settings.slider(controls["threads"]))
with row[3]:
    budget_s = float(settings.slider(controls["budget"]))

experiment = sections.experiment(experiments.Setup(size, dtype, threads))
cases = sections.cases(experiment)
with right:
    components.measure_button(
        "Time all rungs",
        experiments.bench_job(cases, budget_s),
    )
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
left, right = st.columns([675, 295], vertical_alignment="bottom")
fields = left.columns(3)
with fields[0]:
    operation = str(settings.segments(streams["operation"]))
with fields[1]:
    upto = int(settings.slider(streams["upto"]))
with fields[2]:
    point_s = float(settings.slider(streams["point"]))
sweep = sections.sweep(operation, experiments.Setup(upto, dtype, threads))
with right:
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
