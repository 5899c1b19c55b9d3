"""What a reader said and found: a guess, kept before its run begins, and the run that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.codec import PlainData


@dataclass(frozen=True, slots=True)
class Guess(PlainData):
    """What was expected of a lesson's run. It is stored before the run starts, and never changed."""

    id: str
    """Random."""
    lesson: str
    said: str
    """As it was typed or chosen; empty where the reader would rather not guess."""
    committed: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class Answer(PlainData):
    """A lesson's run, whole, so that what it means can be said again at any time and anywhere."""

    id: str
    """Random."""
    lesson: str
    guess: Guess | None
    created: str
    """ISO 8601, UTC: when the run had ended."""
    run: Mapping[str, Any]
    """`lessons.Run.to_dict()`: the machine, and every result."""
