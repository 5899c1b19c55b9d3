"""Backends: who is fastest at which shape, what each step towards it brings, and the same code under each."""

import streamlit as st

from app.backends import decisions, sections
from app.parts import components
from app.session import jobs, records, settings

own = records.own()
settings.admit(sections.OPERATION, settings.DTYPE, sections.SIDE, decisions.STEP)
components.header(
    "Who should do the work?",
    "Guess first: from which size on does compiled code pay, and from which do threads? Then calibrate.",
)
first, second, third = st.columns([5, 2, 4], vertical_alignment="bottom")
with first:
    operation = str(settings.segments(sections.OPERATION, wrap=True))
with second:
    dtype = str(settings.segments(settings.DTYPE))
with third:
    components.measure_button(f"Calibrate {operation}", sections.calibrate_job(operation))
jobs.panel()
components.library_notice()
known = sections.crossovers(own)
shown, contests = own, known
if not sections.any_measured(known, operation, dtype) and (other := sections.sample()):
    shown, contests = other
components.sample_label(shown)
picture, walk = st.columns(sections.COLUMNS, gap="medium")
with picture:
    sections.crossover_map(shown, contests, operation, dtype)
with walk:
    decisions.draw(own)
sections.same_code(known, own, operation, dtype)
sections.details(contests, operation, dtype)
