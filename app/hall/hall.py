"""Lecture hall: the presenter's page, one question a screen. Phones have pages of their own (`app/server`)."""

import streamlit as st

from app.hall import entry, live, screens, steering, style
from app.parts import components

hall = entry.current() if entry.admitted() else None
if hall is None:
    components.header(
        "hall",
        "People join by phone and guess; they discuss and guess again; then the measurement runs before their "
        "eyes.",
    )
    if entry.admitted():
        entry.choose()
    else:
        entry.ask_for_token()
else:
    live.collect(hall)
    style.draw()
    with st.container(key="hall-screen"):
        screens.draw(hall)
    steering.draw(hall)
    live.get_ready(hall)
