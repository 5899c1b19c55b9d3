"""The forms of a guess, a number, a choice or an order, and of what was found."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from accel_core.codec import PlainData
from accel_core.errors import BadInput, quoted
from accel_core.model import Estimate
from accel_core.units import format_number

GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
"""A number as pages write it, "16,000"; a comma elsewhere may stand for a point, and is not guessed at."""
Said = float | str
"""A number; the name of an answer; or the names of all, comma between them, the first first."""


def grouped(value: float, digits: int = 3) -> str:
    """`value` with so many significant digits, its thousands apart: 0.00123, 12.3, 16,400."""
    said = format_number(value, digits)
    return f"{int(said):,}" if said.isdigit() else said


@dataclass(frozen=True, slots=True)
class Number(PlainData):
    """A guess that is a number between `low` and `high`, both above 0: on a log scale, since guesses are off by
    factors, not by amounts."""

    unit: str
    """What stands behind the number, such as "times"."""
    low: float
    high: float

    def read(self, text: str) -> float:
        """The guess that was typed. BadInput where it is no number, or out of the range."""
        try:
            value = float(text.replace(",", "") if GROUPED.fullmatch(text.strip()) else text)
        except ValueError:
            value = math.nan
        if not self.low <= value <= self.high:  # false for nan too
            raise BadInput(
                f"The guess is {quoted(text)}: give a number from {self.low:,.12g} to {self.high:,.12g}."
            )
        return value

    def given(self, value: Said) -> str:
        """A guess, not rounded: "16,384 times"."""
        return f"{float(value):,.12g} {self.unit}"

    def told(self, value: Said) -> str:
        """What was found, for instance "16,400 times"."""
        return f"{grouped(float(value))} {self.unit}"


@dataclass(frozen=True, slots=True)
class Choice(PlainData):
    """A guess that is one of a few answers."""

    answers: Mapping[str, str]
    """Name -> the answer in a few words, without a full stop."""
    unit: str = ""
    """Of the numbers that decide between them (`Truth.each`), such as "GFLOP/s"."""

    def read(self, text: str) -> str:
        """The guess that was typed. BadInput where it is none of the answers."""
        if text not in self.answers:
            raise BadInput(f"The guess is {quoted(text)}: give one of {', '.join(self.answers)}.")
        return text

    def told(self, value: Said) -> str:
        """The answer in its words."""
        return self.answers[str(value)]


@dataclass(frozen=True, slots=True)
class Order(PlainData):
    """A guess that puts all of a few answers in order, the greatest first."""

    answers: Mapping[str, str]
    """Name -> what is put in order, in a few words."""
    unit: str = ""
    """Of the numbers by which they are ordered (`Truth.each`)."""

    @property
    def pairs(self) -> int:
        """How many pairs there are that could stand the other way round."""
        return math.comb(len(self.answers), 2)

    def read(self, text: str) -> str:
        """The order that was typed, "a,b,c". BadInput where one is missing, doubled or unknown."""
        names = [name.strip() for name in text.split(",")]
        if sorted(names) != sorted(self.answers):
            raise BadInput(
                f"The guess is {quoted(text)}: give each of {', '.join(self.answers)} once, "
                "comma between them, the greatest first."
            )
        return ",".join(names)

    def told(self, value: Said) -> str:
        """The answers in that order, in their words."""
        return ", then ".join(self.answers[name] for name in str(value).split(","))

    def swapped(self, one: str, other: str) -> int:
        """How many pairs stand the other way round in two orders (Kendall's distance)."""
        place = {name: at for at, name in enumerate(other.split(","))}
        return sum(place[a] > place[b] for a, b in combinations(one.split(","), 2))


Form = Number | Choice | Order


@dataclass(frozen=True, slots=True)
class Truth:
    """What was found: a number with its interval, or the name of an answer, or an order of them."""

    value: Said
    low: float | None = None
    high: float | None = None
    each: Mapping[str, Estimate] = field(default_factory=dict)
    """Of a choice or an order: the number of each answer that decides."""

    @classmethod
    def of(cls, estimate: Estimate) -> Truth:
        """The median of an estimate with its interval."""
        return cls(estimate.median, estimate.low, estimate.high)

    @classmethod
    def greatest(cls, each: Mapping[str, Estimate]) -> Truth:
        """The answer with the greatest number."""
        return cls(max(each, key=lambda name: each[name].median), each=each)

    @classmethod
    def ordered(cls, each: Mapping[str, Estimate]) -> Truth:
        """All answers, that with the greatest number first."""
        return cls(",".join(sorted(each, key=lambda name: -each[name].median)), each=each)
