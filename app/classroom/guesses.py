"""A lesson as the class answered it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.figures.class_guesses import class_guesses_figure
from accel_core.lessons import LESSONS, Lesson, Number
from accel_core.readings.class_guesses import Asked, class_guesses_alt, class_guesses_reading, guesses
from accel_core.readings.members import Member
from app.parts import columns, components, theme


def picture(side: DeltaGenerator, members: Sequence[Member]) -> None:
    """Guesses against measurements of one lesson, and what they say."""
    answered = {name for member in members for name in member.guesses}
    offered = [one for one in LESSONS if one.name in answered] or [LESSONS[0]]
    with side:
        chosen = st.selectbox(
            "Lesson",
            offered,
            format_func=lambda one: one.title,
            key="class lesson",
            help="Those answered here.",
        )
    asked = _asked(chosen if chosen in offered else offered[0])
    st.markdown(f"**{asked.question}**")
    found = guesses(members, asked.name)
    theme.show(
        class_guesses_figure(asked, found, theme.current_look(columns.SHARE)),
        alt=class_guesses_alt(asked, found),
        key="class guesses",
        filename="class-guesses",
    )
    components.reading(*class_guesses_reading(asked, found))


def _asked(lesson: Lesson) -> Asked:
    answers = {} if isinstance(lesson.form, Number) else lesson.form.answers
    return Asked(lesson.name, lesson.question, lesson.form.unit, answers)
