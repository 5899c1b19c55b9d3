"""Backends: who is fastest at which shape, what each step towards it brings, and the same code under each."""

import backends_page
import components
import decision_walk
import jobs
import records
import settings
import streamlit as st

own = records.own()
settings.admit(backends_page.OPERATION, settings.DTYPE, backends_page.SIDE, decision_walk.STEP)
components.header(
    "Who should do the work?",
    "Guess first: from which size on does compiled code pay, and from which do threads? Then calibrate.",
)
first, second, third = st.columns([5, 2, 4], vertical_alignment="bottom")
with first:
    operation = str(settings.segments(backends_page.OPERATION, wrap=True))
with second:
    dtype = str(settings.segments(settings.DTYPE))
with third:
    components.measure_button(f"Calibrate {operation}", backends_page.calibrate_job(operation))
jobs.panel()
components.library_notice()
known = backends_page.crossovers(own)
shown, contests = own, known
if not backends_page.any_measured(known, operation, dtype) and (other := backends_page.sample()):
    shown, contests = other
components.sample_label(shown)
picture, walk = st.columns(backends_page.COLUMNS, gap="medium")
with picture:
    backends_page.crossover_map(shown, contests, operation, dtype)
with walk:
    decision_walk.draw(own)
backends_page.same_code(known, own, operation, dtype)
backends_page.details(contests, operation, dtype)
