"""Who disturbed a measurement: causes with the share of the time that each took, told in one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """Somebody who kept threads from working, over the limit from which that counts."""

    share: float
    """Of the measuring time, 0 to 1."""
    words: str
    """A sentence without its full stop."""


def told(causes: Iterable[Cause]) -> str:
    """One sentence, the greatest share first, equal ones as they come; empty where there is no cause."""
    words = [cause.words for cause in sorted(causes, key=lambda cause: -cause.share)]
    return "; ".join([*words[:1], *(other[0].lower() + other[1:] for other in words[1:])]) + "." * bool(words)
