"""Fusion: GELU rung by rung, with the arrays that each allocates, and in-place against allocating vectors."""

import streamlit as st

from accel_core.studies import experiments
from app.fusion import roofs, rungs, streams
from app.parts import answers, components, progress, tables
from app.session import records, settings

own = records.own()
controls = rungs.controls(own.machine)
sweeps = streams.controls(own.machine)
settings.admit(*controls.values(), *sweeps.values())
components.header(
    "fusion",
    "Predict first: which one change makes it much faster: one expression, no new arrays, one pass?",
)
with st.container(horizontal=True, key="setup"):
    setup, budget_s = answers.setup(controls)
    experiment = experiments.all_rungs(rungs.GELU, setup)
    components.measure_button("Time all rungs", experiments.bench_job(rungs.cases(experiment), budget_s))
with settings.place():
    if not streams.sweeping():
        progress.draw()

record = answers.record_for(own, experiment.workload)
shown = experiments.shown(record, experiment)
components.sample_label(record)
answers.stale_label(record, shown)
answers.offer_rest(shown, experiment, budget_s, "rungs are")
rungs.picture(record, shown)
if shown.measurements:
    rungs.claims(record, shown)
    roofs.roofline(record, shown)

swept = streams.section(own, sweeps, setup)
rows = tables.measurement_rows([*shown.measurements, *swept.measurements])
tables.expander("All measurements as a table", rows, "fusion", alt="Rungs of GELU and the sweep")
answers.how_measured(shown)
st.page_link(
    "ladder/ladder.py",
    label="Read the code of each rung on the Ladder",
    icon=":material/stairs:",
    query_params={"workload": rungs.GELU.name, "size": str(shown.setup.size), "dtype": shown.setup.dtype},
)
components.words("bandwidth", "arithmetic intensity", "roof", "working set")
