"""Backends: who is fastest at which shape, what each step towards it brings, and the same code under each."""

import streamlit as st

from app.backends import calibration, example, picture, walk
from app.parts import columns, components, progress
from app.session import records, settings

own = records.own()
settings.admit(picture.OPERATION, settings.DTYPE, example.SIDE, walk.STEP)
components.header(
    "backends",
    "Guess first: from which size on does compiled code pay, and from which do threads? Then calibrate.",
)
with st.container(horizontal=True, key="setup"):
    operation = str(settings.segments(picture.OPERATION))
    dtype = str(settings.segments(settings.DTYPE))
    components.measure_button(f"Calibrate {operation}", calibration.calibrate_job(operation))
progress.draw()
components.library_notice()
known = calibration.crossovers(own)
shown, races = own, known
if not picture.any_measured(known, operation, dtype) and (other := calibration.sample()):
    shown, races = other
components.sample_label(shown)
left, right = st.columns((columns.PICTURES, columns.CONTROLS), gap="medium")
with left:
    picture.crossover_map(shown, races, operation, dtype)
with right:
    walk.draw(own)
example.same_code(known, own, operation, dtype)
picture.details(races, operation, dtype)
