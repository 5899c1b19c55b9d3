"""Lessons whose truth is the ratio of two cases that are timed in turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.lessons.lesson import Claim, Lesson, Look, Number, Run, Truth, compared


def pair(
    fast: dict[str, Any],
    slow: dict[str, Any],
    *,
    name: str,
    title: str,
    question: str,
    claim: Claim,
    says: Callable[[Truth, Run], str],
    look: Look,
    form: Number | None = None,
    budget_s: float = 3.0,
) -> Lesson:
    """A lesson that asks how many times as fast as the case `slow` the case `fast` is."""
    return Lesson(
        name=name,
        title=title,
        question=question,
        form=form or Number("times", 0.1, 1000),
        claim=claim,
        job=lambda machine: compared(fast, slow, budget_s=budget_s),
        truth=lambda run: Truth.of(run.comparison(fast["kernel"], slow["kernel"]).ratio),
        says=says,
        look=look,
    )
