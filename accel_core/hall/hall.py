"""One lecture hall: where it is in its questions, and what the room said. Safe to use from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from accel_core.codec import PlainData, made
from accel_core.errors import AccelError, BadInput, whole
from accel_core.hall.steps import AGAIN, ASK, END, JOIN, REVEAL, RUN, STEPS, VOTING
from accel_core.lessons import Lesson, Said, Truth, lesson
from accel_core.model import Estimate

MOST_VOTERS = 2000
"""Of a hall: a guess is some tens of bytes, and whoever forges voters does not fill the memory."""
LONGEST_GUESS = 400
"""Characters: more than the longest order of answers has."""
HERE_S = 20.0
"""A phone that asked no longer ago is counted: it asks every few seconds."""
VERSION = 1


class Closed(AccelError):
    """A guess that comes when none is taken, or to another question: it is not counted."""


@dataclass(frozen=True, slots=True)
class Found(PlainData):
    """What a run brought, as the room is shown it."""

    value: Said
    low: float | None
    high: float | None
    each: Mapping[str, Estimate]
    says: str
    """What it means, in sentences."""
    cpu: str
    created: str
    """ISO 8601, UTC."""
    recorded: bool
    """Whether it is an earlier run that stands in for the live one."""

    @property
    def truth(self) -> Truth:
        """As lessons have it."""
        return Truth(self.value, self.low, self.high, self.each)


@dataclass(slots=True)
class Asked:
    """A question of a hall, with the guesses of both votes: voter -> guess as it was typed."""

    lesson: str
    first: dict[str, str] = field(default_factory=dict)
    second: dict[str, str] = field(default_factory=dict)
    found: Found | None = None
    revealed: bool = False
    """Whether the room has seen what was found: then no guess is taken any more."""

    def votes(self, step: str) -> dict[str, str]:
        """Those of the vote that is open in `step`."""
        return self.second if step == AGAIN else self.first


class Hall:
    """The state of one hall. `changes` counts all of it, `turn` what phones are shown."""

    def __init__(self, code: str, lessons: Sequence[str], now: Callable[[], float] = time.time) -> None:
        self.code = code
        self.asked = [Asked(lesson(name).name) for name in lessons]
        if not self.asked:
            raise BadInput("A lecture hall has no lesson: choose one at least.")
        self.at = 0
        self.step = JOIN
        self.moved = now()
        """When the step began, in seconds since 1970: the time of a discussion outlasts a restart."""
        self.opened = self.moved
        self.turn = self.changes = 1
        self.job = ""
        """The run that is live; it does not outlast a restart."""
        self.lock, self.keeping = threading.RLock(), threading.Lock()
        self.kept, self.unkept = 0, ""
        """Up to which change it lies in its file, and why no further."""
        self._now = now
        self._seen: dict[str, float] = {}

    # -- where it is -----------------------------------------------------------------------------------------

    @property
    def question(self) -> Asked:
        """The one that it is at: the first before it begins, the last when it is over."""
        return self.asked[self.at]

    @property
    def lesson(self) -> Lesson:
        """That of the question."""
        return lesson(self.question.lesson)

    @property
    def is_last(self) -> bool:
        """Whether no question follows."""
        return self.at == len(self.asked) - 1

    def since_s(self) -> float:
        """Seconds since the step began."""
        return max(0.0, self._now() - self.moved)

    # -- steering --------------------------------------------------------------------------------------------

    def forward(self, of: int | None = None) -> None:
        """The next step, and after the last one the next question. Nothing is revealed before it was found.

        `of` is the turn that the presenter sees: a key that was pressed twice at one turn counts once.
        """
        with self.lock:
            if self._is_late(of) or self.step == END or (self.step == RUN and self.question.found is None):
                return
            if self.step == JOIN:
                self._go(0, ASK)
            elif self.step == REVEAL:
                self._follow()
            else:
                self._go(self.at, STEPS[STEPS.index(self.step) + 1])

    def back(self, of: int | None = None) -> None:
        """The step before. A question that was revealed takes no guess again."""
        with self.lock:
            if self._is_late(of) or self.step == JOIN:
                return
            if self.step == END:
                self._go(self.at, REVEAL if self.question.revealed else ASK)
            elif self.step == ASK and self.at == 0:
                self._go(0, JOIN)
            elif self.step == ASK:
                self._go(self.at - 1, REVEAL if self.asked[self.at - 1].revealed else ASK)
            elif not self.question.revealed:
                self._go(self.at, STEPS[STEPS.index(self.step) - 1])
            elif self.step == REVEAL:
                self._go(self.at, RUN)
            else:
                self._go(self.at, REVEAL)

    def to_run(self, of: int | None = None) -> None:
        """Close the vote, where one is open, and go to the run."""
        with self.lock:
            if not self._is_late(of) and self.step in STEPS:
                self._go(self.at, RUN)

    def leave_out(self, of: int | None = None) -> None:
        """The next question, without the rest of this one."""
        with self.lock:
            if not self._is_late(of) and self.step in STEPS:
                self._follow()

    def find(self, at: int, found: Found) -> None:
        """Take what a run brought for the question `at`."""
        with self.lock:
            self.asked[at].found = found
            self._changed()

    def _follow(self) -> None:
        if self.is_last:
            self._go(self.at, END)
        else:
            following = self.asked[self.at + 1]
            self._go(self.at + 1, REVEAL if following.revealed else ASK)

    def _go(self, at: int, step: str) -> None:
        self.at, self.step, self.moved = at, step, self._now()
        self.question.revealed |= step == REVEAL
        self._changed()

    def _is_late(self, of: int | None) -> bool:
        return of is not None and of != self.turn

    def _changed(self) -> None:
        self.turn += 1
        self.changes += 1

    # -- phones ----------------------------------------------------------------------------------------------

    def vote(self, voter: str, at: object, step: object, said: object) -> str:
        """The guess as it was taken, in the place of an earlier one of the same vote.

        Closed where the vote that it is for is not open, BadInput where it is no guess.
        """
        with self.lock:
            if self.step not in VOTING or (at, step) != (self.at, self.step) or whole(at) is None:
                raise Closed("This vote is closed.")
            if not isinstance(said, str) or len(said) > LONGEST_GUESS:
                raise BadInput(f"A guess is a text of at most {LONGEST_GUESS} characters.")
            self.lesson.form.read(said)
            votes = self.question.votes(self.step)
            if voter not in votes and len(votes) >= MOST_VOTERS:
                raise Closed(f"This hall has {MOST_VOTERS} guesses, the most that it takes.")
            votes[voter] = said.strip()
            self.changes += 1
            return votes[voter]

    def see(self, voter: str, moment_s: float) -> None:
        """Note that a phone asked, at this moment of a clock that never goes back."""
        with self.lock:
            if voter in self._seen or len(self._seen) < MOST_VOTERS:
                self._seen[voter] = moment_s

    def phones(self, moment_s: float) -> int:
        """How many phones are there."""
        with self.lock:
            self._seen = {one: at for one, at in self._seen.items() if moment_s - at <= HERE_S}
            return len(self._seen)

    # -- files -----------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """All of it that outlasts a restart, as plain data."""
        with self.lock:
            return {
                "version": VERSION,
                "code": self.code,
                "at": self.at,
                "step": self.step,
                "moved": self.moved,
                "opened": self.opened,
                "turn": self.turn,
                "asked": [
                    {
                        "lesson": one.lesson,
                        "first": dict(one.first),
                        "second": dict(one.second),
                        "found": one.found and one.found.to_dict(),
                        "revealed": one.revealed,
                    }
                    for one in self.asked
                ],
            }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], now: Callable[[], float] = time.time) -> Self:
        """The hall in `data`; KeyError, TypeError or ValueError where they hold none."""
        if data["version"] != VERSION:
            raise ValueError("written by another version")
        hall = cls(data["code"], [one["lesson"] for one in data["asked"]], now)
        hall.asked = [_readable(made(Asked, one)) for one in data["asked"]]
        hall.at, hall.step = data["at"], data["step"]
        hall.moved, hall.opened = float(data["moved"]), float(data["opened"])
        if hall.step not in (JOIN, *STEPS, END) or not 0 <= hall.at < len(hall.asked):
            raise ValueError("at no step of it")
        hall.turn = int(data["turn"]) + 1
        hall.kept = hall.changes
        return hall


def _readable(asked: Asked) -> Asked:
    """With those guesses that its lesson reads still: it may have got another form since they were given."""
    form = lesson(asked.lesson).form
    for votes in (asked.first, asked.second):
        for voter, said in list(votes.items()):
            try:
                form.read(said)
            except BadInput:
                del votes[voter]
    return asked
