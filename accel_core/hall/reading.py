"""What a reveal says of the room: both votes beside what was found, and a picture of them in words."""

from __future__ import annotations

from collections.abc import Mapping

from accel_core.hall.hall import Asked, Found
from accel_core.hall.votes import NEAR, counted, met, middle, moved, numbers
from accel_core.lessons import Choice, Form, Lesson, Number, Truth
from accel_core.lessons.forms import grouped

NAMES = ("First vote", "Second vote")


def found_text(form: Form, found: Found) -> str:
    """What was found, in large letters: a number with its interval, or an answer."""
    return form.told(found.value)


def interval_text(form: Form, found: Found) -> str:
    """The 95 % interval of a number; empty where there is none."""
    if not isinstance(form, Number) or found.low is None or found.high is None:
        return ""
    return f"95 % interval {grouped(found.low)} to {form.told(found.high)}"


def room_reading(lesson: Lesson, asked: Asked) -> list[str]:
    """Each vote in a sentence, and how those who voted twice moved."""
    if asked.found is None:
        return []
    form, truth = lesson.form, asked.found.truth
    pairs = zip(NAMES, (asked.first, asked.second), strict=True)
    said = [vote_text(name, form, votes, truth) for name, votes in pairs if votes]
    both = moved(form, asked, truth)
    if both.both:
        said.append(
            f"Of those who voted twice, {both.nearer} moved nearer, {both.further} further away, and "
            f"{both.stayed} neither."
        )
    return said or ["Nobody voted."]


def vote_text(name: str, form: Form, votes: Mapping[str, str], truth: Truth) -> str:
    """One vote in a sentence."""
    hits = sum(met(form, said, truth) for said in votes.values())
    if isinstance(form, Number):
        low, mid, high = (grouped(value, 2) for value in middle(numbers(form, votes)))
        near = f"{hits} of {len(votes)} within a factor of {NEAR:g}"
        return f"{name}: median {mid} {form.unit}, middle half {low} to {high}, {near}."
    return f"{name}: {hits} of {len(votes)} said what was found."


def votes_alt(lesson: Lesson, asked: Asked) -> str:
    """The picture of both votes in words."""
    if asked.found is None:
        return "Nothing is revealed yet."
    form, parts = lesson.form, []
    if isinstance(form, Choice):
        for name, votes in zip(NAMES, (asked.first, asked.second), strict=True):
            told = [f"{form.answers[one]} {number}" for one, number in counted(form, votes.values()).items()]
            parts.append(f"{name}: {', '.join(told)}.")
    else:
        parts = room_reading(lesson, asked)
    interval = interval_text(form, asked.found)
    found = f"Measured: {found_text(form, asked.found)}{f', {interval}' if interval else ''}."
    return " ".join([f"Both votes on “{lesson.question}”", found, *parts])
