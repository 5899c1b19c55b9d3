"""What a lesson is: a question, the form of a guess, what is run for the answer, and what the answer says.

A lesson is data and pure functions. Its guess is made before its jobs run; `truth` reads the number out of what
they brought, and `reveal` sets the guess beside it in sentences made of the reader's own numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accel_core.errors import BadInput, quoted
from accel_core.model import Comparison, Estimate, Measurement
from accel_core.units import format_number

Job = dict[str, Any]
"""What `runner.spec.check` takes."""
Result = Measurement | Comparison
Guess = float | str


@dataclass(frozen=True, slots=True)
class Number:
    """A guess that is a number between `low` and `high`, both above 0: on a log scale, since guesses are off by
    factors, not by amounts."""

    unit: str
    """What stands behind the number, such as "times"."""
    low: float
    high: float

    def read(self, text: str) -> float:
        """The guess that was typed. BadInput where it is no number, or out of the range."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not self.low <= value <= self.high:  # false for nan too
            raise BadInput(f"The guess is {quoted(text)}: give a number from {self.low:g} to {self.high:g}.")
        return value

    def told(self, value: Guess) -> str:
        """For instance "16,000 times"."""
        return f"{format_number(float(value))} {self.unit}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A guess that is one of a few answers."""

    answers: Mapping[str, str]
    """Name -> the answer in a sentence."""

    def read(self, text: str) -> str:
        """The guess that was typed. BadInput where it is none of the answers."""
        if text not in self.answers:
            raise BadInput(f"The guess is {quoted(text)}: give one of {', '.join(self.answers)}.")
        return text

    def told(self, value: Guess) -> str:
        """The answer in a sentence."""
        return self.answers[str(value)]


@dataclass(frozen=True, slots=True)
class Truth:
    """What was found: a number with its interval, or the name of an answer with the number that decides it."""

    value: Guess
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, estimate: Estimate) -> Truth:
        """The median of an estimate with its interval."""
        return cls(estimate.median, estimate.low, estimate.high)


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
    question: str
    form: Number | Choice
    claim: Claim
    jobs: Sequence[Job]
    """What to run, which takes at most LONGEST_S; empty where nothing needs to be run."""
    truth: Callable[[Sequence[Result]], Truth]
    """From the results of the jobs, in their order. LookupError where one is missing."""
    says: Callable[[Truth, Sequence[Result]], str]
    """What the result means, in sentences; where an effect did not show, that and why."""
    look: Look

    def reveal(self, guess: Guess | None, results: Sequence[Result]) -> str:
        """The guess beside the truth, and what the truth means."""
        truth = self.truth(results)
        beside = [] if guess is None else [distance(self.form, guess, truth)]
        return " ".join([*beside, self.says(truth, results)])


LEAST_EFFECT = 1.1
"""A ratio below that is not called an effect."""
LONGEST_S = 15.0
"""A lesson's jobs take at most so long: as long as a room waits for an answer."""


def distance(form: Number | Choice, guess: Guess, truth: Truth) -> str:
    """How far off a guess is, in a sentence: for numbers as a factor, or that the interval holds it."""
    if isinstance(form, Choice):
        right = "which is what was found" if guess == truth.value else f"found was: {form.told(truth.value)}"
        return f"You said: {form.told(guess)}; {right}."
    said, found = float(guess), float(truth.value)
    within = truth.low is not None and truth.high is not None and truth.low <= said <= truth.high
    factor = max(said, found) / min(said, found)
    if within or format_number(factor, 2) == "1":
        return f"You said {form.told(guess)}, and it is {form.told(found)}."
    side = "low" if said < found else "high"
    off = f"{format_number(factor, 2)} times too {side}"
    return f"You said {form.told(guess)}, and it is {form.told(found)}: {off}."


def compared(a: dict[str, Any], b: dict[str, Any], budget_s: float = 3.0) -> Job:
    """A job that times two cases in turns: half the time for each."""
    return {"kind": "compare", "pairs": [[a, b]], "budget_s": budget_s}


def case(kernel: str, size: int, threads: int = 1, dtype: str = "float32") -> dict[str, Any]:
    """A case as plain data, with the kernel's usual parameters."""
    return {"kernel": kernel, "size": size, "dtype": dtype, "threads": threads, "parameters": {}}


def comparison(results: Sequence[Result], a: str, b: str) -> Comparison:
    """That of kernels a and b. LookupError where there is none."""
    for result in results:
        if isinstance(result, Comparison) and (result.a, result.b) == (a, b):
            return result
    raise LookupError(f"there is no comparison of {a} and {b}")


def measurement(results: Sequence[Result], kernel: str, size: int) -> Measurement:
    """That of a kernel at this size. LookupError where there is none."""
    for result in results:
        if isinstance(result, Measurement) and (result.kernel, result.size) == (kernel, size):
            return result
    raise LookupError(f"there is no measurement of {kernel} at {size}")
