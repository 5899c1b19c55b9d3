"""The list of the lessons, by topic: what was guessed and found of each."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from accel_core import lessons
from accel_core.figures.lesson_guesses import guesses_figure
from accel_core.lessons import Lesson, Order
from accel_core.lessons.told import as_given, found_text, guessed, guesses_alt, outcome
from accel_core.studies.lessons import Found, Standing
from app.lessons import standing
from app.parts import components, progress, theme
from app.parts.components import literal
from app.session import drawings, settings, tries

WIDTHS = (4, 9)
"""Of a lesson's title, and of what is said of it."""
FIRST = (
    "Say what you expect before you measure: who predicts first learns more from the answer. Guesses and "
    "answers stay on this computer, under no name."
)


def show(standings: Mapping[str, Standing]) -> None:
    """All lessons, and where to go on."""
    components.header(standing.PAGE, FIRST)
    with settings.place():
        progress.draw()
    done = sum(one.found is not None for one in standings.values())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{done} of {len(lessons.LESSONS)} answered**", width="content")
        if (
            first := next((one for one in lessons.LESSONS if standings[one.name].found is None), None)
        ) is not None:
            standing.button(first, f"{'Go on' if done else 'Begin'}: {first.title}", "play_arrow", key="begin")
    for title, together in lessons.TOPICS.items():
        done = sum(standings[one.name].found is not None for one in together)
        st.subheader(f"{title} ({done} of {len(together)})", anchor=False)
        for one in together:
            _row(standings[one.name])
    _guesses(standings)


def _guesses(standings: Mapping[str, Standing]) -> None:
    """How far off the guesses of numbers were."""
    st.subheader("How far off", anchor=False)
    known = [guessed(one.lesson, one.found.said, one.found.truth) for one in standings.values() if one.found]
    guesses = [one for one in known if one is not None]
    figure = drawings.drawn(guesses_figure, guesses, theme.current_look())
    theme.show(figure, alt=guesses_alt(guesses), key="guesses", filename="lessons")


def _row(stands: Standing) -> None:
    one = stands.lesson
    name, said = st.columns(WIDTHS)
    icon, result = _result(stands)
    with name:
        standing.button(one, one.title, icon, key=f"open {one.name}", type="tertiary")
    with said:
        question = literal(one.question)
        st.markdown(f"{question}  \n{result}" if result else question)


def _result(stands: Standing) -> tuple[str, str]:
    """An icon, and what was guessed and found; empty where nothing was."""
    one, made = stands.lesson, tries.of(stands.lesson.name)
    if made is not None and made.runs:
        return "hourglass_top", "*Being measured now.*"
    if stands.unmeasured:
        day = components.day(stands.unmeasured.committed)
        said = literal(as_given(one.form, stands.unmeasured.said))
        return "pending", f"You said **{said}** on {day}: guessed, not measured."
    if stands.found:
        return "check_circle", _answer(one, stands.found)
    if stands.elsewhere:
        return (
            "devices",
            f"*Answered on another machine ({stands.elsewhere.run.machine.cpu}), not on this one.*",
        )
    return "radio_button_unchecked", ""


def _answer(one: Lesson, found: Found) -> str:
    """What was guessed and found, and when; of orders the first, since all of them would be long."""
    day = components.day(found.answer.created)
    said, here = as_given(one.form, found.said), found_text(one.form, found.truth)
    if isinstance(one.form, Order):
        said, here = (f"{text.partition(', then ')[0]} first" for text in (said, here))
    if not (compared := outcome(one.form, found.said, found.truth)):
        return f"Found **{literal(here)}**, without a guess. {day}"
    return f"You said **{literal(said)}**, found **{literal(here)}**: {compared}. {day}"
