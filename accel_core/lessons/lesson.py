"""What a lesson is: a question, the form of a guess, what is run for the answer, and what the answer says.

A lesson is data and pure functions. Its guess is made before its job runs; `truth` reads the number out of what
the job brought, and `reveal` sets the guess beside it in sentences made of the reader's own numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accel_core.lessons.forms import Choice, Form, Number, Order, Said, Truth
from accel_core.lessons.run import Run
from accel_core.model import Machine
from accel_core.units import format_number

Job = dict[str, Any]
"""What `runner.spec.check` takes."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said about the question elsewhere, in one sentence, and where."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Look:
    """Where to look next: a page of the app and the settings in its address."""

    page: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One question that a reader answers by a guess and then by a run."""

    name: str
    title: str
    """What it is about, in two or three words, for a list."""
    question: str
    form: Form
    claim: Claim
    job: Callable[[Machine], Job | None]
    """What to run on a machine, which takes at most LONGEST_S there; None where nothing needs to be run."""
    truth: Callable[[Run], Truth]
    """From what the job brought. LookupError where a result is missing."""
    says: Callable[[Truth, Run], str]
    """What the result means, in sentences; where an effect did not show, that and why."""
    look: Look

    def reveal(self, guess: Said | None, run: Run) -> str:
        """The guess beside the truth, and what the truth means."""
        truth = self.truth(run)
        beside = [] if guess is None else [distance(self.form, guess, truth)]
        return " ".join([*beside, self.says(truth, run)])


LEAST_EFFECT = 1.1
"""A ratio below that is not called an effect."""
LONGEST_S = 15.0
"""A lesson's job takes at most so long: as long as a room waits for an answer."""


def distance(form: Form, guess: Said, truth: Truth) -> str:
    """How far off a guess is, in a sentence: for numbers as a factor, or that the interval holds it."""
    wrong = off(form, guess, truth)
    if isinstance(form, Number):
        both = f"You said {form.given(guess)}, and it is {form.told(truth.value)}"
        return f"{both}: {wrong}." if wrong else f"{both}."
    if guess == truth.value:
        return f"You said: {form.told(guess)}, which is what was found."
    both = f"You said: {form.told(guess)}. Found was: {form.told(truth.value)}."
    return f"{both} {wrong}." if wrong else both


def off(form: Form, guess: Said, truth: Truth) -> str:
    """ "2.6 times too low", "3 of 10 pairs stand the other way round"; empty where a choice is wrong, and for a
    guess that is not."""
    if isinstance(form, Number):
        return _factor(float(guess), truth)
    if isinstance(form, Order) and guess != truth.value:
        wrong = form.swapped(str(guess), str(truth.value))
        return f"{wrong} of {form.pairs} pairs stand the other way round"
    return ""


def _factor(said: float, truth: Truth) -> str:
    found = float(truth.value)
    within = truth.low is not None and truth.high is not None and truth.low <= said <= truth.high
    if within or min(said, found) <= 0:
        return ""
    factor = format_number(max(said, found) / min(said, found), 2)
    return "" if factor == "1.0" else f"{factor} times too {'low' if said < found else 'high'}"


# -- jobs ----------------------------------------------------------------------------------------------------


def case(
    kernel: str,
    size: int,
    threads: int = 1,
    dtype: str = "float32",
    parameters: Mapping[str, int] | None = None,
    shape: Sequence[int] | None = None,
) -> dict[str, Any]:
    """A case as plain data; usual parameters and the shape of the size where none are given."""
    return {
        "kernel": kernel,
        "size": size,
        "dtype": dtype,
        "threads": threads,
        "parameters": parameters,
        "shape": shape,
    }


def compared(a: dict[str, Any], b: dict[str, Any], budget_s: float = 3.0) -> Job:
    """A job that times two cases in turns: half the time for each."""
    return {"kind": "compare", "pairs": [[a, b]], "budget_s": budget_s}


def timed(*cases: dict[str, Any], budget_s: float = 1.0, in_turns: bool = False) -> Job:
    """A job that times cases, each for `budget_s`."""
    return {"kind": "bench", "cases": list(cases), "budget_s": budget_s, "in_turns": in_turns}


def after_another(*jobs: Job) -> Job:
    """One job that runs several."""
    return {"kind": "sequence", "jobs": list(jobs)}


__all__ = [
    "LEAST_EFFECT",
    "LONGEST_S",
    "Choice",
    "Claim",
    "Form",
    "Job",
    "Lesson",
    "Look",
    "Number",
    "Order",
    "Run",
    "Said",
    "Truth",
    "after_another",
    "case",
    "compared",
    "distance",
    "off",
    "timed",
]
