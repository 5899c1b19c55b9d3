"""Lab: sweep the block, the size or the threads of some kernels, with the places marked where caches end."""

import streamlit as st

from accel_core.studies import experiments
from app.lab import out_of_core, picture, sweep
from app.parts import answers, columns, components, progress
from app.session import records, settings

own = records.own()
controls = sweep.controls(own.machine)
settings.admit(*controls.values(), sweep.KERNELS)
components.header(
    "lab",
    "Sweep the block first: one curve is about calls, the other about caches. Which one has its best inside?",
)
side, main = st.columns((columns.CONTROLS, columns.PICTURES), gap="medium")
with side.container(key="setup-side"):
    over = str(settings.segments(controls["over"]))
    kernels = settings.several(sweep.KERNELS)
    size = int(settings.slider(controls["size"]))
    block = int(settings.slider(controls["block"], swept=over == "block"))
    threads = int(settings.slider(controls["threads"], swept=over == "threads"))
    dtype = str(settings.segments(controls["dtype"]))
    budget_s = float(settings.slider(controls["budget"]))
    sweep.cache_caption(own.machine, dtype)

experiment = sweep.experiment(own.machine, kernels, over, experiments.Setup(size, dtype, threads, block))
cases = experiment.cases()
with main:
    components.measure_button(
        sweep.BUTTONS[over], experiments.bench_job(cases, budget_s), empty=sweep.nothing_to_do(experiment)
    )
    progress.draw()
    sweep.left_out(experiment)
    record = answers.record_for(own, sweep.WORKLOAD)
    shown = experiments.shown(record, experiment)
    components.sample_label(record)
    answers.stale_label(record, shown, over)
    answers.offer_rest(record, shown, experiment, budget_s, "points")
    picture.picture(record, experiment, shown)
    picture.details(shown)
    out_of_core.beyond_memory()
    components.words("block", "working set", "FLOP", "roof")
