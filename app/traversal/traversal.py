"""Traversal: one or two loop orders, access by access, and what a cache makes of them."""

import streamlit as st

from accel_core.studies.traversals import traversal_reading
from app.parts import components, simulated
from app.session import awaited, records, settings
from app.traversal import choices, counts, picture, runs, trust, why, window

machine = records.own().machine
controls = choices.controls(machine)
arrived = controls["order"].key not in st.session_state
settings.admit(*controls.values())
components.header(
    "traversal",
    "Play ijk beside ikj: which operand misses? Below: why ijk falls as N grows, in four links.",
)
with st.sidebar:
    values = choices.choose(controls)
    wanted = choices.traversals(values)
    caches = choices.caches(values, machine)
    total = max(traversal.accesses for _, traversal in wanted)
    opens = window.place(choices.plan(wanted, caches), total, arrived)
    window.control(wanted[0][1], total)

found = runs.runs(wanted, caches, opens.start)
runs.note_quiet(found)
picture.picture(found, str(values["cache"]), opens)
components.reading(traversal_reading([(run.title, run.whole) for run in found]))
why.section(choices.known_caches(machine))
simulated.tell_what_is_assumed(machine)
counts.details(found)
trust.section()
awaited.get_ready()
