"""Roofline: every measurement under the roofs that hold it, and predictions before anything is run."""

import components
import jobs
import peaks
import records
import roofline_calculator
import roofline_files
import roofline_lens
import roofline_machine
import roofline_page
import settings
import streamlit as st

own = records.own()
controls = roofline_page.controls(own.machine)
settings.admit(
    *controls.values(),
    roofline_lens.LENS,
    roofline_lens.BLOCK,
    roofline_page.KERNELS,
    *roofline_machine.SETTINGS,
    *roofline_calculator.asked(),
)
components.header(
    "What holds it back?",
    "Put a point there before you run it: choose an operation in the calculator, then measure the real one.",
)
row = st.columns([2, 2, 2, 4], gap="medium")
with row[0]:
    dtype = str(settings.segments(controls["dtype"]))
with row[1]:
    threads = int(settings.slider(controls["threads"]))
with row[2]:
    points = str(settings.segments(controls["points"]))
with row[3]:
    kernels = settings.several(roofline_page.KERNELS)

with settings.place():
    record = roofline_machine.typed(dtype, threads) or records.or_sample(
        own, lacking=own.peaks is None or not own.peaks.ceilings
    )
    ceilings = records.ceilings(record)
    prediction = roofline_calculator.prediction(record.machine, ceilings, dtype, threads)
    predicted = (prediction[0],) if prediction else ()
    if record.sample or not ceilings:
        components.measure_button("Measure this machine", peaks.job(own.machine, 20))
    jobs.panel()
    components.sample_label(record)
view = roofline_page.View(dtype, threads, predicted)
measurements, sampled = roofline_page.chosen(record, view, kernels, points)
with st.container(horizontal=True, vertical_alignment="bottom"):
    lens, block = roofline_lens.control()
    if lens and ceilings:
        since = "" if record.sample else roofline_page.since()
        traffic = roofline_lens.traffic(record, kernels, dtype, threads, since, block)
        view = roofline_page.View(dtype, threads, predicted, lens, tuple(traffic))
with settings.place():
    roofline_page.picture(record, ceilings, measurements, view)
    if sampled:
        st.caption(sampled)
    if prediction:
        components.reading(prediction[1])
    roofline_page.since_controls(record)
    roofline_page.flagged(record, ceilings, measurements, dtype, threads)
left, right = st.columns(2, gap="medium")
with left:
    roofline_calculator.form(dtype)
with right:
    roofline_machine.form()
roofline_files.downloads(record, ceilings, measurements, view)
