"""Guesses and answers as records: made with their time, and stored on the machine that they are of."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from accel_core.lessons.run import Run
from accel_core.machine import environment
from accel_core.model import Machine
from accel_core.model.answers import Answer, Guess

if TYPE_CHECKING:
    from accel_core.store import Store


def guess_now(lesson: str, said: str) -> Guess:
    """What is guessed at this moment; `said` as it was given, empty where no guess was made."""
    return Guess(_id(), lesson, said, _now())


def answer_now(lesson: str, guess: Guess | None, run: Run) -> Answer:
    """The answer that a run has brought at this moment."""
    return Answer(_id(), lesson, guess, _now(), run.to_dict())


def keep(store: Store, record: Guess | Answer, machine: Machine) -> str:
    """Store one; the sentence that says so where it was not stored. Nothing is kept of a pretend host."""
    from accel_core.store import Entry

    if machine.pretended is not None:
        return ""
    created = record.committed if isinstance(record, Guess) else record.created
    return store.keep(Entry(record.called(), record, machine.fingerprint, environment(), created))


def _id() -> str:
    return uuid.uuid4().hex


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
