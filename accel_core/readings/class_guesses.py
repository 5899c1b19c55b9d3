"""A lesson as a class answered it: guesses against what each one's own machine showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.readings.members import Guessed, Member, middle
from accel_core.readings.ratios import times
from accel_core.units import format_number

NEAR = 2.0
"""A guess within this factor of what was found counts as near."""


@dataclass(frozen=True)
class Asked:
    """A lesson's question as a picture needs it."""

    name: str
    question: str
    unit: str
    """Of a number."""
    answers: Mapping[str, str]
    """Of a choice or an order, by name; empty for a number."""


def guesses(members: Sequence[Member], lesson: str) -> list[tuple[Member, Guessed]]:
    """Who answered the lesson, own ones last."""
    ordered = sorted(members, key=lambda member: member.own)
    return [(member, member.guesses[lesson]) for member in ordered if lesson in member.guesses]


def numbers(found: Sequence[tuple[Member, Guessed]]) -> list[tuple[Member, float, float]]:
    """(member, guess, measurement) of those who said a number above 0."""
    return [
        (member, float(one.said), float(one.found))
        for member, one in found
        if isinstance(one.said, float | int) and isinstance(one.found, float | int) and one.said > 0 < one.found
    ]


def counts(asked: Asked, found: Sequence[tuple[Member, Guessed]]) -> dict[str, tuple[int, int]]:
    """Answer -> (how often it was guessed, how often it was found); of an order the one named first counts."""
    said = Counter(_first(one.said) for _, one in found)
    was = Counter(_first(one.found) for _, one in found)
    return {name: (said[name], was[name]) for name in asked.answers}


def _first(said: float | str) -> str:
    return str(said).partition(",")[0]


def class_guesses_alt(asked: Asked, found: Sequence[tuple[Member, Guessed]]) -> str:
    """What was asked, and the median guess and measurement, or how often each answer was given."""
    if not found:
        return f"Nobody here answered “{asked.question}” yet."
    if asked.answers:
        rows = "; ".join(
            f"{asked.answers[name]}: guessed {said}, found {was}"
            for name, (said, was) in counts(asked, found).items()
        )
        return f"{asked.question} {rows}."
    rows_of = numbers(found)
    if not rows_of:
        return f"{asked.question} {len(found)} measured, nobody guessed."
    guess = format_number(middle([guess for _, guess, _ in rows_of]))
    truth = format_number(middle([truth for *_, truth in rows_of]))
    return (
        f"{asked.question} {len(rows_of)} guesses against measurements: median guess {guess} {asked.unit}, "
        f"median measurement {truth} {asked.unit}."
    )


def class_guesses_reading(asked: Asked, found: Sequence[tuple[Member, Guessed]]) -> list[str]:
    """How many were near, in which direction the others erred, and who guessed nothing."""
    if not found:
        return []
    silent = sum(one.said == "" for _, one in found)
    quiet = [f"{silent} measured without a guess."] if silent else []
    if asked.answers:
        right = sum(one.said == one.found for _, one in found)
        return [f"{right} of {len(found) - silent} said what their own machine then showed.", *quiet]
    rows = numbers(found)
    if not rows:
        return quiet
    near = sum(max(guess, truth) / min(guess, truth) <= NEAR for _, guess, truth in rows)
    low = sum(guess < truth / NEAR for _, guess, truth in rows)
    off = middle([max(guess, truth) / min(guess, truth) for _, guess, truth in rows])
    return [
        f"{near} of {len(rows)} guesses lie within a factor of "
        f"{NEAR:g} of what the same machine then showed; {low} are too low by more, "
        f"{len(rows) - near - low} too high. The median guess is off by {times(off)}.",
        *quiet,
    ]
