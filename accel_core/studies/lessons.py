"""How far a reader is with the lessons: what was guessed and found of each, on this machine or another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from accel_core.lessons import Lesson, Run, Said, Truth
from accel_core.lessons.told import read
from accel_core.model.answers import Answer, Guess

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What an answer raises that was stored for a lesson of another kind."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, and what it says."""

    answer: Answer
    run: Run
    truth: Truth

    @property
    def said(self) -> str:
        """The guess as it was given; empty where none was made."""
        return self.answer.guess.said if self.answer.guess else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a lesson stands."""

    lesson: Lesson
    found: Found | None = None
    """The newest answer of this machine."""
    elsewhere: Found | None = None
    """The newest of another machine, where this one has none."""
    unmeasured: Guess | None = None
    """The newest guess, where no run has answered it and none was answered after it."""

    @property
    def guess(self) -> Said | None:
        """What was guessed before the newest answer; None where nothing was."""
        return read(self.lesson.form, self.found.said) if self.found else None


def found(lesson: Lesson, answer: Answer) -> Found | None:
    """What an answer says; None where its run does not hold what the lesson asks for."""
    try:
        run = Run.from_dict(answer.run)
        lesson.reveal(None, run)  # it may ask for more than the truth does
        return Found(answer, run, lesson.truth(run))
    except UNREADABLE:
        return None


def standings(
    lessons: Iterable[Lesson], guesses: Sequence[Guess], answers: Sequence[Answer], fingerprint: str
) -> Mapping[str, Standing]:
    """By name, how each lesson stands; `guesses` (of this machine) and `answers` (of any) newest first."""
    return {
        one.name: _standing(
            one,
            [guess for guess in guesses if guess.lesson == one.name],
            [answer for answer in answers if answer.lesson == one.name],
            fingerprint,
        )
        for one in lessons
    }


def _standing(
    lesson: Lesson, guesses: Sequence[Guess], answers: Sequence[Answer], fingerprint: str
) -> Standing:
    own, elsewhere = None, None
    for answer in answers:
        here = _fingerprint(answer) == fingerprint
        if here and own is None:
            own = found(lesson, answer)
        elif not here and elsewhere is None:
            elsewhere = found(lesson, answer)
    newest = next((guess for guess in guesses if guess.said), None)
    answered = {answer.guess.id for answer in answers if answer.guess}
    since = own.answer.created if own else ""
    open_ = newest is not None and newest.id not in answered and newest.committed > since
    return Standing(lesson, own, None if own else elsewhere, newest if open_ else None)


def _fingerprint(answer: Answer) -> str:
    machine = answer.run.get("machine")
    return str(machine.get("fingerprint")) if isinstance(machine, Mapping) else ""
