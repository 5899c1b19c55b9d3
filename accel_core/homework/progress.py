"""How far a student is: each part with whether it is done, and the guesses beside what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accel_core import lessons
from accel_core.homework.assignment import Assignment, Roofline
from accel_core.homework.finding import Found
from accel_core.homework.members import guessed
from accel_core.homework.missing import lacking
from accel_core.homework.pack import ExperimentDone, LessonDone
from accel_core.lessons import Number
from accel_core.readings.own_guesses import OwnGuess


@dataclass(frozen=True)
class Standing:
    """Of each part, by its id, what it lacks in a sentence; empty where it is done."""

    lacks: Mapping[str, str]

    @property
    def done(self) -> int:
        """How many parts are done."""
        return sum(not said for said in self.lacks.values())


def standing(assignment: Assignment, found: Found, answers: Mapping[str, str]) -> Standing:
    """How far the student is with every part, required or not."""
    done = {one.lesson: one for one in found.lessons}
    measured = {one.id: one for one in found.experiments}
    lacks = {name: _of_lesson(done.get(name)) for name in assignment.lessons}
    for one in assignment.experiments:
        have = measured.get(one.id, ExperimentDone(one.id))
        lacked = lacking(one, have, found.peaks, found.machine)
        begun = have.measurements or isinstance(one, Roofline)
        lacks[one.id] = " ".join(lacked) if begun or not lacked else "Not measured yet."
    for question in assignment.questions:
        lacks[question.id] = "" if answers.get(question.id, "").strip() else "Not answered yet."
    return Standing(lacks)


def _of_lesson(done: LessonDone | None) -> str:
    if done is None:
        return "Not answered yet."
    return "" if done.guess is not None and done.guess.said else "Measured without a guess."


def own_guesses(done: tuple[LessonDone, ...]) -> list[OwnGuess]:
    """The lessons whose guess was a number, in their order."""
    rows = []
    for one in done:
        said = "" if one.guess is None else one.guess.said
        value = guessed(one.lesson, said, one.run)
        if value is None or not isinstance(value.said, float) or not isinstance(value.found, float):
            continue
        form = lessons.lesson(one.lesson)
        if isinstance(form.form, Number) and value.said > 0 < value.found:
            rows.append(OwnGuess(form.title, form.form.unit, value.said, value.found, value.low, value.high))
    return rows
