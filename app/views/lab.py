"""Lab: sweep the block, the size or the threads of some kernels, with the places marked where caches end."""

import answers
import components
import experiments
import jobs
import lab_page
import records
import settings
import streamlit as st

own = records.own()
controls = lab_page.controls(own.machine)
settings.admit(*controls.values(), lab_page.KERNELS)
components.header(
    "Where does the block size bite?",
    "Sweep the block first: one curve is about calls, the other about caches. Which one has its best inside?",
)
side, main = st.columns(lab_page.COLUMNS, gap="medium")
with side:
    over = str(settings.segments(controls["over"]))
    kernels = settings.several(lab_page.KERNELS)
    size = int(settings.slider(controls["size"]))
    block = int(settings.slider(controls["block"], swept=over == "block"))
    threads = int(settings.slider(controls["threads"], swept=over == "threads"))
    dtype = str(settings.segments(controls["dtype"]))
    budget_s = float(settings.slider(controls["budget"]))
    lab_page.cache_caption(own.machine, dtype)

experiment = lab_page.experiment(own.machine, kernels, over, experiments.Setup(size, dtype, threads, block))
cases = experiment.cases()
with main:
    components.measure_button(
        lab_page.BUTTONS[over],
        experiments.bench_job(cases, budget_s),
        empty=lab_page.nothing_to_do(experiment),
    )
    jobs.panel()
    lab_page.left_out(experiment)
    record = records.or_sample(own, lacking=not answers.any_measured(own, lab_page.WORKLOAD))
    shown = experiments.shown(record, experiment)
    components.sample_label(record)
    if shown.stale and not record.sample:
        components.stale_label(shown.setup.sentence(over))
    answers.offer_rest(shown, experiment, budget_s, "points are")
    lab_page.picture(record, experiment, shown)
    lab_page.details(shown)
