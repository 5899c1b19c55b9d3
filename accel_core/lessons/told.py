"""What the picture of a lesson's answer says in words: the guess as it was given, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.errors import BadInput
from accel_core.lessons.forms import Choice, Form, Number, Said, Truth, grouped
from accel_core.lessons.lesson import Lesson, off
from accel_core.lessons.run import Run
from accel_core.units import format_count, format_number

SKIPPED = "no guess"


def read(form: Form, said: str) -> Said | None:
    """The guess that is stored as `said`; None where none was made, or the form has changed since."""
    try:
        return form.read(said) if said else None
    except BadInput:
        return None


def as_given(form: Form, said: str) -> str:
    """The guess as it was given: a number as it was typed, else the answer's words."""
    value = read(form, said)
    if value is None:
        return SKIPPED
    return f"{said.strip()} {form.unit}" if isinstance(form, Number) else form.told(value)


def found_text(form: Form, truth: Truth) -> str:
    """ "31.2 times (30.9 to 31.5)", without the interval where there is none; the answer's words of others."""
    told = form.told(truth.value)
    if truth.low is None or truth.high is None:
        return told
    low, high = grouped(truth.low), grouped(truth.high)
    return told if low == high else f"{told} ({low} to {high})"


def outcome(form: Form, said: str, truth: Truth) -> str:
    """How a guess compares, in a few words: "2.6 times too low", "as guessed"; empty where none was made."""
    value = read(form, said)
    if value is None:
        return ""
    if isinstance(form, Choice) and value != truth.value:
        return "another answer"
    return off(form, value, truth) or "as guessed"


def disturbance(run: Run) -> str:
    """How many results of a run were disturbed, and by what; empty where none was."""
    said = [getattr(result, "disturbed_reason", "") for result in run.results]
    reasons = [reason for reason in said if reason]
    if not reasons:
        return ""
    return f"{len(reasons)} of {format_count(len(said), 'result')} disturbed. {reasons[0]}"


def reveal_alt(lesson: Lesson, said: str, truth: Truth) -> str:
    """The question, the guess, what was found, and the numbers that decided."""
    form = lesson.form
    each = [
        f"{form.answers.get(name, name)} {format_number(value.median)} {form.unit}".strip()
        for name, value in truth.each.items()
        if not isinstance(form, Number)
    ]
    numbers = f" {', '.join(each)}." if each else ""
    return f"{lesson.question} Guess: {as_given(form, said)}. Found: {found_text(form, truth)}.{numbers}"


@dataclass(frozen=True, slots=True)
class Guessed:
    """A guess of a number, and how it compares with what was found."""

    title: str
    """Of the lesson."""
    ratio: float
    """Of the guess to what was found."""
    outcome: str
    """In a few words, see `outcome`."""


def guessed(lesson: Lesson, said: str, truth: Truth) -> Guessed | None:
    """How a guess of a number compares; None where none was made, or there is no ratio."""
    form = lesson.form
    value = read(form, said) if isinstance(form, Number) else None
    if value is None or float(truth.value) <= 0:
        return None
    return Guessed(lesson.title, float(value) / float(truth.value), outcome(form, said, truth))


def guesses_alt(guesses: Sequence[Guessed]) -> str:
    """How far off each guess was."""
    said = "; ".join(f"{one.title}: {one.outcome}" for one in guesses)
    return f"How far off guesses of numbers were. {said or 'None yet'}."
