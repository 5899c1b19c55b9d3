"""The reveal: what was measured, both votes on its axis, what that means, and the claim it tests."""

from __future__ import annotations

import html
from dataclasses import replace

import streamlit as st

from accel_core.figures.hall import votes_figure
from accel_core.hall import Hall
from accel_core.hall.reading import found_text, interval_text, room_reading, votes_alt
from app.parts import components, theme

LETTERS_PX = 24
"""Of the figure."""
LONG = 40
"""Characters of what was found, from which on it stands in smaller letters."""


def draw(hall: Hall) -> None:
    """What was found by the hall's question."""
    asked, lesson = hall.question, hall.lesson
    found = asked.found
    if found is None:
        st.info("Nothing was run for this question.")
        return
    if found.recorded:
        st.warning(
            f"A recorded run: measured {components.day(found.created)} on {found.cpu}, not now.",
            icon=":material/history:",
        )
    told, interval = found_text(lesson.form, found), interval_text(lesson.form, found)
    long = " hall-long" if len(told) > LONG else ""
    st.html(f'<p class="hall-found{long}">{html.escape(told)} <small>{html.escape(interval)}</small></p>')
    look = replace(theme.current_look(), font_px=LETTERS_PX)
    theme.show(
        votes_figure(lesson, asked, look), alt=votes_alt(lesson, asked), key="hall votes", filename="votes"
    )
    with st.container(key="hall-reading"):
        components.reading(found.says, " ".join(room_reading(lesson, asked)))
        st.caption(f"Claim: {lesson.claim.text} ({lesson.claim.source})")
