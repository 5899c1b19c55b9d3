"""Pool: the hosts that measure, and the roofs of all of them in one picture."""

import streamlit as st

from app.parts import components, peaks, theme
from app.pool import controls, fleet, listing, picture
from app.session import fleets, settings

settings.admit(*controls.SETTINGS)
components.header("pool", "Guess first: alike hosts should be as fast. By how much do yours differ?")
with st.container(horizontal=True, key="setup"):
    with theme.field(controls.TIME_PX):
        seconds = float(settings.slider(peaks.BUDGET))
    dtype = str(settings.segments(settings.DTYPE))
    threads = str(settings.segments(controls.CORES))
    fleet.button(seconds)
fleet.progress()
measured = fleets.shown()
if measured is not None:
    picture.ratios(measured)
    picture.rooflines(measured, dtype, threads)
listing.hosts()
listing.links()
if measured is None:
    picture.nothing_yet(dtype, threads)
components.words("arithmetic intensity", "roof", "ridge point")
