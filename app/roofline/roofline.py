"""Roofline: every measurement under the roofs that hold it, and predictions before anything is run."""

import streamlit as st

from app.parts import components, theme
from app.roofline import calculator, controls, files, lens, machine, picture, points, typed
from app.session import records, settings

THREADS_PX = 100
own = records.own()
choices = controls.controls(own.machine)
with_disk = controls.of_disk(own.measurements)
settings.admit(
    *choices.values(), with_disk, *lens.settings_of(), controls.KERNELS, *typed.SETTINGS, *calculator.asked()
)
components.header(
    "roofline",
    "Put a point there before you run it: choose an operation in the calculator, then measure the real one.",
)
with st.container(horizontal=True, gap="small", key="setup"):
    dtype = str(settings.segments(choices["dtype"]))
    with theme.field(THREADS_PX):
        threads = int(settings.slider(choices["threads"]))
    level, by_count = lens.control()
    shown, named, kernels = controls.of_points(choices["points"], level)
    slope = controls.slope(with_disk, own)

with settings.place():
    record, ceilings = machine.drawn(own, dtype, threads)
    prediction = calculator.prediction(record.machine, ceilings, dtype, threads)
since = "" if record.sample else points.since()
traffic = lens.seen(level, record, kernels, dtype, threads, since) if ceilings else ()
predicted = (prediction[0],) if prediction else ()
view = picture.View(dtype, threads, predicted, level if ceilings else "", traffic, named, by_count, slope)
measurements, sampled = points.drawn(record, view, kernels, shown, since)
with settings.place():
    picture.picture(record, ceilings, measurements, view)
    lens.left_out(level)
    if sampled:
        st.caption(sampled)
    if prediction:
        components.reading(prediction[1])
    points.since_controls(record)
    picture.flagged(record, ceilings, measurements, view)
left, right = st.columns(2, gap="medium")
with left:
    calculator.form(dtype)
with right:
    typed.form()
files.downloads(record, ceilings, measurements, view)
