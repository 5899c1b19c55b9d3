"""One lesson: the question, the guess, the run, and the way to what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from accel_core.lessons import Lesson
from accel_core.lessons.lesson import Job
from accel_core.lessons.told import as_given
from accel_core.model.answers import Guess
from accel_core.studies.lessons import Standing
from accel_core.units import format_duration
from app.lessons import guessing, revealing
from app.lessons.standing import open_lesson, topic
from app.parts import components, progress
from app.parts.components import literal
from app.session import awaited, cached, jobs, settings, tries


def show(one: Lesson, standings: Mapping[str, Standing]) -> None:
    """The lesson as it stands."""
    title, together = topic(one)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "All lessons",
            key="all",
            type="tertiary",
            icon=":material/arrow_back:",
            on_click=open_lesson,
            args=("",),
        )
        st.caption(f"{title}, {together.index(one) + 1} of {len(together)}", width="content")
    st.title(literal(one.question), anchor=False)
    with settings.place():
        progress.draw()
    made, stands = tries.of(one.name), standings[one.name]
    for sentence in made.unstored if made else ():
        st.warning(sentence, icon=":material/save:")
    if made is not None and made.runs:
        _said(one, made.guess)
    elif made is not None and made.found is None:
        _failed(one, made)
    elif tries.is_anew(one.name) or not (stands.found or stands.unmeasured):
        _ask(one, stands)
    elif stands.unmeasured:
        _unmeasured(one, stands.unmeasured)
    elif stands.found:
        revealing.show(one, stands.found, standings, fresh=made is not None)


def _ask(one: Lesson, stands: Standing) -> None:
    guessing.draw(one, job := _job(one))
    if job is not None and (compile_s := awaited.get_ready_for(job)):
        st.caption(
            f"About {format_duration(compile_s)} of this go to compiling, the first time only, which begins "
            "while you think."
        )
    if stands.elsewhere:
        with st.expander("What another machine found", icon=":material/devices:"):
            whose = f"Another machine ({stands.elsewhere.run.machine.cpu})"
            revealing.answer(one, stands.elsewhere, key="elsewhere", stale=whose)


def _job(one: Lesson) -> Job | None:
    return one.job(cached.machine())


def _said(one: Lesson, guess: Guess) -> None:
    """The guess, as it was given: it cannot be changed any more."""
    with st.container(border=True):
        below = f"committed {moment(guess.committed)}, before the run"
        components.metric(
            "You said" if guess.said else "You said nothing", as_given(one.form, guess.said), below
        )


def moment(iso: str) -> str:
    """A moment as `27 Nov 2026, 22:41:03 UTC`."""
    return f"{components.day(iso)}, {datetime.fromisoformat(iso):%H:%M:%S} UTC"


def _failed(one: Lesson, made: tries.Try) -> None:
    """Why there is no answer, the guess that stays, and the way to try again."""
    _said(one, made.guess)
    st.warning(f"{made.fault} The guess stays as it is.", icon=":material/restart_alt:")
    _again(one, made.guess)


def _unmeasured(one: Lesson, guess: Guess) -> None:
    """A guess that no run has answered."""
    _said(one, guess)
    if tries.is_measured_now(guess):
        st.info("Another tab waits for the run that answers this.", icon=":material/tab:")
        return
    st.info("It was guessed and not measured.", icon=":material/pending:")
    _again(one, guess)


def _again(one: Lesson, guess: Guess) -> None:
    job = _job(one)
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is None:
            st.button("Reveal", key="commit", type="primary", on_click=tries.measure, args=(guess,))
        else:
            components.job_button(
                "Measure", job, key="commit", type="primary", on_click=tries.measure, args=(guess,)
            )
        st.button(
            "Guess anew",
            key="anew",
            icon=":material/edit:",
            on_click=tries.again,
            args=(one.name,),
            disabled=jobs.active(),
        )
