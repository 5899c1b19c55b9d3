"""Roofline: every measurement under the roofs that hold it, and predictions before anything is run."""

from dataclasses import replace

import streamlit as st

from accel_core.studies.record import roofs_of
from app.parts import components, peaks, progress, theme
from app.roofline import calculator, controls, files, lens, picture, points, typed
from app.session import records, settings

THREADS_PX = 100
own = records.own()
choices = controls.controls(own.machine)
settings.admit(*choices.values(), lens.LENS, lens.BLOCK, controls.KERNELS, *typed.SETTINGS, *calculator.asked())
components.header(
    "roofline",
    "Put a point there before you run it: choose an operation in the calculator, then measure the real one.",
)
with st.container(horizontal=True, gap="small", key="setup"):
    dtype = str(settings.segments(choices["dtype"]))
    with theme.field(THREADS_PX):
        threads = int(settings.slider(choices["threads"]))
    level = lens.control()
    shown, named, kernels = controls.of_points(choices["points"], level)

with settings.place():
    record = typed.typed(dtype, threads) or records.or_sample(
        own, lacking=own.peaks is None or not own.peaks.ceilings
    )
    ceilings = roofs_of(record)
    prediction = calculator.prediction(record.machine, ceilings, dtype, threads)
    if record.sample or not ceilings:
        components.measure_button("Measure this machine", peaks.job(own.machine, 20))
    progress.draw()
    components.sample_label(record)
view = picture.View(dtype, threads, (prediction[0],) if prediction else (), named=named)
since = "" if record.sample else points.since()
measurements, sampled = points.chosen(record, view, kernels, shown, since)
with st.container(horizontal=True, vertical_alignment="bottom"):
    block = lens.block() if level else 0
    if level and ceilings:
        traffic = lens.traffic(record, kernels, dtype, threads, since, block)
        view = replace(view, lens=level, traffic=tuple(traffic))
with settings.place():
    picture.picture(record, ceilings, measurements, view)
    if sampled:
        st.caption(sampled)
    if prediction:
        components.reading(prediction[1])
    points.since_controls(record)
    picture.flagged(record, ceilings, measurements, dtype, threads)
left, right = st.columns(2, gap="medium")
with left:
    calculator.form(dtype)
with right:
    typed.form()
files.downloads(record, ceilings, measurements, view)
