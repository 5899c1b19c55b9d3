"""Traversal: one or two loop orders, access by access, and what a cache makes of them."""

import cached
import components
import settings
import streamlit as st
import traversal_page
from traversal_reading import traversal_reading

machine = cached.machine()
controls = traversal_page.controls(machine)
settings.admit(*controls.values())
components.header(
    "What does the cache see?",
    "Play ijk beside ikj: which operand misses? Then try blocks of 4, and some padding.",
)
values = {}
with st.container(horizontal=True, vertical_alignment="bottom"):
    for name in ("order", "beside", "n", "tiles", "cache"):
        values[name] = settings.select(controls[name])
    with st.popover("More", icon=":material/tune:"):
        for name in ("layout", "pad", "visit"):
            values[name] = settings.select(controls[name])

found = traversal_page.runs(values, machine)
traversal_page.picture(found, str(values["cache"]))
components.reading(traversal_reading([(run.title, run.whole) for run in found]))
traversal_page.details(found)
