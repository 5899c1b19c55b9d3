"""Fusion: GELU rung by rung, with the arrays that each allocates, and in-place against allocating vectors."""

import answers
import components
import experiments
import fusion_page
import jobs
import records
import settings
import streamlit as st

own = records.own()
controls = fusion_page.controls(own.machine)
streams = fusion_page.sweep_controls(own.machine)
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

experiment = fusion_page.experiment(experiments.Setup(size, dtype, threads))
cases = fusion_page.cases(experiment)
with right:
    components.measure_button(
        "Time all rungs",
        experiments.bench_job(cases, budget_s),
    )
sweeping = fusion_page.sweeping()
above = settings.place()
with above:
    if not sweeping:
        jobs.panel()

record = fusion_page.record_for(own, experiment.workload)
shown = experiments.shown(record, experiment)
components.sample_label(record)
if shown.stale and not record.sample:
    components.stale_label(shown.setup.sentence())
answers.offer_rest(shown, experiment, budget_s, "rungs are")
fusion_page.picture(record, shown)
if shown.measurements:
    fusion_page.claims(record, shown)
    fusion_page.roofline(record, shown)

st.subheader("In place against allocating, from L1 to DRAM", anchor=False)
left, right = st.columns([675, 295], vertical_alignment="bottom")
fields = left.columns(3)
with fields[0]:
    operation = str(settings.segments(streams["operation"]))
with fields[1]:
    upto = int(settings.slider(streams["upto"]))
with fields[2]:
    point_s = float(settings.slider(streams["point"]))
sweep = fusion_page.sweep(operation, experiments.Setup(upto, dtype, threads))
with right:
    fusion_page.sweep_button(sweep, point_s)
beside = settings.place()
with beside:
    if sweeping:
        jobs.panel()
swept_record = fusion_page.record_for(own, sweep.workload)
swept = experiments.shown(swept_record, sweep)
fusion_page.sweep_notes(swept_record, swept, sweep)
fusion_page.sweep_picture(swept_record, sweep, swept)
fusion_page.details(shown, swept)
