"""The run that answers a question: live, or an earlier one of the same lesson that stands in for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import streamlit as st

from accel_core.errors import AccelError
from accel_core.hall import HALLS, RUN, Found, Hall
from accel_core.lessons import Lesson, Run
from accel_core.lessons.keeping import answer_now, keep
from accel_core.lessons.told import disturbance
from accel_core.model import Refusal
from accel_core.model.answers import Answer
from app.session import awaited, cached, jobs

LOG = logging.getLogger("accel_explorer")
FAULT = "hall run fault"
DAMAGED = (LookupError, TypeError, ValueError, AttributeError)
"""What a run that lacks something raises."""


def job(lesson: Lesson) -> dict[str, Any] | None:
    """What the lesson runs on this machine; None where nothing needs to be run."""
    return lesson.job(cached.machine())


def get_ready(hall: Hall) -> None:
    """Have the run of the hall's question compiled while the room thinks."""
    if hall.question.found is None and (asked := job(hall.lesson)) is not None:
        awaited.get_ready_for(asked)


def start(hall: Hall) -> None:
    """Start the run of the hall's question (a button's callback); what hinders it is said."""
    st.session_state.pop(FAULT, None)
    asked = job(hall.lesson)
    if asked is None:
        _found(hall, ())
        return
    before = st.session_state.get("watch")
    jobs.start(asked)
    after = st.session_state.get("watch")
    hall.job = after.id if after is not None and after is not before else ""


def cancel(hall: Hall) -> None:
    """End the run, where one is live."""
    if (running := _job(hall)) is not None and running.state in jobs.ACTIVE:
        running.cancel()
    hall.job = ""


def active(hall: Hall) -> bool:
    """Whether a run is live."""
    running = _job(hall)
    return running is not None and running.state in jobs.ACTIVE


def _job(hall: Hall) -> Any:
    if not hall.job:
        return None
    from accel_core import runner

    return runner.find(hall.job)


def collect(hall: Hall) -> None:
    """Take over what the run has brought, once it is over."""
    running = _job(hall)
    if hall.step != RUN or running is None or running.state in jobs.ACTIVE:
        return
    hall.job = ""
    if running.state == "done":
        _found(hall, running.results)


def _found(hall: Hall, results: Sequence[Any]) -> None:
    lesson, run = hall.lesson, Run(cached.machine(), results)
    refused = [result.reason for result in results if isinstance(result, Refusal)]
    try:
        if refused:
            raise LookupError(refused[0])
        answer = answer_now(lesson.name, None, run)
        hall.find(hall.at, found(lesson, run, answer.created, recorded=False))
    except DAMAGED as fault:
        LOG.warning("a run of the lesson %s brought no answer: %s", lesson.name, fault)
        st.session_state[FAULT] = f"The run brought no answer: {fault.args[0] if fault.args else fault}"
        return
    HALLS.keep(hall)
    try:
        keep(cached.store(), answer, cached.machine())
    except AccelError as fault:
        LOG.warning("the answer was not stored: %s", fault)


def found(lesson: Lesson, run: Run, created: str, *, recorded: bool) -> Found:
    """What a run says of a lesson. One of DAMAGED where it lacks something."""
    truth = lesson.truth(run)
    said = f"{disturbance(run)} {lesson.says(truth, run)}".strip()
    return Found(
        truth.value,
        truth.low,
        truth.high,
        dict(truth.each),
        said,
        run.machine.cpu,
        created,
        recorded,
    )


def earlier(lesson: Lesson) -> Found | None:
    """The newest run of this lesson on this machine that can be read; None where there is none."""
    return next((one for answer in _answers(lesson) if (one := _read(lesson, answer)) is not None), None)


def _answers(lesson: Lesson) -> list[Answer]:
    try:
        return cached.store().answers(cached.machine().fingerprint, lesson=lesson.name)
    except AccelError:
        return []


def _read(lesson: Lesson, answer: Answer) -> Found | None:
    try:
        return found(lesson, Run.from_dict(answer.run), answer.created, recorded=True)
    except DAMAGED:
        return None


def use_earlier(hall: Hall) -> None:
    """Let the newest earlier run answer (a button's callback)."""
    cancel(hall)
    if (one := earlier(hall.lesson)) is not None:
        st.session_state.pop(FAULT, None)
        hall.find(hall.at, one)
        HALLS.keep(hall)
