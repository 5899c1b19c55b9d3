"""Ladder: every rung of a workload at one size, timed live, with its code and what changed."""

import streamlit as st

from accel_core import registry
from accel_core.studies import experiments
from app.ladder import sections
from app.parts import answers, components
from app.session import jobs, records, settings

own = records.own()
settings.admit(sections.WORKLOAD)
head = st.container()
workload = registry.workload(str(settings.segments(sections.WORKLOAD, wrap=True)))
controls = answers.controls(own.machine, workload)
with head:
    settings.admit(*controls.values(), sections.rung(workload))
    components.header("Why is this code slow?", sections.first(workload))
with st.container(horizontal=True, key="setup"):
    setup, budget_s = answers.setup(controls)
    experiment = sections.experiment(workload, setup)
    components.measure_button("Time all rungs", experiments.bench_job(experiment.cases(), budget_s))
jobs.panel()

record = records.or_sample(own, lacking=not answers.any_measured(own, workload))
shown = experiments.shown(record, experiment)
components.sample_label(record)
if shown.stale and not record.sample:
    components.stale_label(shown.setup.sentence())
answers.offer_rest(shown, experiment, budget_s, "rungs are")
sections.picture(record, workload, shown)
components.library_notice()
sections.rung_detail(record, workload, shown)
sections.details(shown)
