"""Homework: an assignment's lessons, experiments and questions, what is done, and the pack to hand in."""

import streamlit as st

from accel_core.homework.progress import standing
from app.homework import hand_in, opening, picture, work
from app.parts import components, progress
from app.session import records, settings

own = records.own()
components.header(
    "homework",
    "Open the assignment that your instructor gave you, and work on it in any order: guess before you measure.",
)
assignment = opening.opened()
if assignment is None:
    opening.form()
    picture.empty()
else:
    opening.heading(assignment)
    written = work.draft(assignment)
    found = work.found(assignment, own)
    stands = standing(assignment, found, written.answers)
    with settings.place():
        progress.draw()
    work.summary(stands)
    left, right = st.columns(2, gap="medium")
    with left:
        work.lessons(assignment, stands)
        work.experiments(assignment, stands, own.machine)
    with right:
        written = work.questions(assignment, stands, written)
        picture.guesses(found)
        hand_in.form(assignment, stands, written)
