"""Class: many machines in one picture, and one machine before and after a change."""

import streamlit as st

from app.classroom import change, controls, files, guesses, ladder, pool_hosts, rooflines
from app.parts import columns, components, peaks, progress
from app.session import records, settings

own = records.own()
settings.admit(*controls.SETTINGS)
components.header(
    "classroom",
    "Open the packs that students handed in, or a record that the page Roofline exported on another machine.",
)
side, main = st.columns((columns.CONTROLS, columns.PICTURES), gap="medium")
with side.container(key="setup-side"):
    others = files.apart([*files.uploaded(), *pool_hosts.members()])
    view = str(settings.segments(controls.VIEW))
    family = controls.family(others)

bare = own.peaks is None or not own.peaks.ceilings
sample = records.or_sample(own, lacking=not others and bare)
members = files.members(own, sample, others, family)
with main:
    files.faults()
    if bare:
        components.job_button("Measure this machine", peaks.job(own.machine, 20), key="roofs")
    progress.draw()
    components.sample_label(sample)
    if view == controls.ROOFLINES:
        rooflines.picture(side, members)
    elif view == controls.LADDER:
        ladder.picture(side, members)
    elif view == controls.GUESSES:
        guesses.picture(side, members)
    else:
        change.picture(side, members)
    files.listed(members)
    components.words("arithmetic intensity", "roof", "ridge point")
