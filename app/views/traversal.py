"""Traversal: one or two loop orders, access by access, and what a cache makes of them."""

import components
import records
import settings
import simulated
import streamlit as st
import traversal_choices
import traversal_page
import traversal_trust
import traversal_why
import traversal_window
from traversal_reading import traversal_reading

machine = records.own().machine
controls = traversal_choices.controls(machine)
arrived = controls["order"].key not in st.session_state
settings.admit(*controls.values())
components.header(
    "What does the cache see?",
    "Play ijk beside ikj: which operand misses? Below: why ijk falls as N grows, in four links.",
)
with st.sidebar:
    values = traversal_choices.choose(controls)
    wanted = traversal_choices.chosen(values)
    caches = traversal_choices.caches(values, machine)
    total = max(traversal.accesses for _, traversal in wanted)
    opens = traversal_window.place(traversal_choices.plan(wanted, caches), total, arrived)
    traversal_window.control(wanted[0][1], total)

found = traversal_page.runs(wanted, caches, opens.start)
traversal_page.note_quiet(found)
traversal_page.picture(found, str(values["cache"]), opens)
components.reading(traversal_reading([(run.title, run.whole) for run in found]))
traversal_why.section(traversal_choices.known_caches(machine))
simulated.tell_what_is_assumed(machine)
traversal_page.details(found)
traversal_trust.section()
