"""Lab: sweep the block, the size or the threads of some kernels, with the places marked where caches end."""

import streamlit as st

from accel_core.studies import experiments
from app.lab import sections
from app.parts import answers, components
from app.session import jobs, records, settings

own = records.own()
controls = sections.controls(own.machine)
settings.admit(*controls.values(), sections.KERNELS)
components.header(
    "Where does the block size bite?",
    "Sweep the block first: one curve is about calls, the other about caches. Which one has its best inside?",
)
side, main = st.columns(sections.COLUMNS, gap="medium")
with side:
    over = str(settings.segments(controls["over"]))
    kernels = settings.several(sections.KERNELS)
    size = int(settings.slider(controls["size"]))
    block = int(settings.slider(controls["block"], swept=over == "block"))
    threads = int(settings.slider(controls["threads"], swept=over == "threads"))
    dtype = str(settings.segments(controls["dtype"]))
    budget_s = float(settings.slider(controls["budget"]))
    sections.cache_caption(own.machine, dtype)

experiment = sections.experiment(own.machine, kernels, over, experiments.Setup(size, dtype, threads, block))
cases = experiment.cases()
with main:
    components.measure_button(
        sections.BUTTONS[over],
        experiments.bench_job(cases, budget_s),
        empty=sections.nothing_to_do(experiment),
    )
    jobs.panel()
    sections.left_out(experiment)
    record = records.or_sample(own, lacking=not answers.any_measured(own, sections.WORKLOAD))
    shown = experiments.shown(record, experiment)
    components.sample_label(record)
    if shown.stale and not record.sample:
        components.stale_label(shown.setup.sentence(over))
    answers.offer_rest(shown, experiment, budget_s, "points are")
    sections.picture(record, experiment, shown)
    sections.details(shown)
