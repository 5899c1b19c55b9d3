"""What a phone is shown: the step, the question with its form, its own guesses, and what was found."""

from __future__ import annotations

from typing import Any

from accel_core.hall.hall import Hall
from accel_core.hall.steps import DISCUSS, END, JOIN, REVEAL
from accel_core.lessons import Form, Lesson, Number, Truth
from accel_core.lessons.lesson import distance

DISCUSS_S = 120
"""A discussion; the clock only tells, the presenter ends it."""


def view(hall: Hall, voter: str) -> dict[str, Any]:
    """As plain data. Of other people's guesses it holds none, and of the run nothing before the reveal."""
    with hall.lock:
        seen: dict[str, Any] = {"code": hall.code, "turn": hall.turn, "step": hall.step}
        if hall.step in (JOIN, END):
            return seen
        asked, lesson = hall.question, hall.lesson
        seen |= {
            "at": hall.at,
            "of": len(hall.asked),
            "question": lesson.question,
            "form": form_data(lesson.form),
            "first": asked.first.get(voter),
            "second": asked.second.get(voter),
        }
        if hall.step == DISCUSS:
            seen["left_s"] = left_s(hall)
        if hall.step == REVEAL and asked.found is not None:
            seen["found"] = lesson.form.told(asked.found.value)
            seen["recorded"] = asked.found.recorded
            seen["says"] = asked.found.says
            said = asked.second.get(voter) or asked.first.get(voter)
            if said is not None:
                seen["beside"] = beside(lesson, said, asked.found.truth)
        return seen


def beside(lesson: Lesson, said: str, truth: Truth) -> str:
    """A guess beside what was found, in a sentence."""
    return distance(lesson.form, lesson.form.read(said), truth)


def left_s(hall: Hall) -> int:
    """Seconds left of the discussion; none when they are over."""
    return max(0, round(DISCUSS_S - hall.since_s()))


def form_data(form: Form) -> dict[str, Any]:
    """The form of a guess, as plain data."""
    if isinstance(form, Number):
        return {"kind": "number", "unit": form.unit, "low": form.low, "high": form.high}
    return {"kind": form.called(), "answers": list(map(list, form.answers.items()))}
