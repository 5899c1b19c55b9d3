"""Lessons: predict, measure, reveal. A topic is a file, and a lesson an entry of its `LESSONS`."""

from accel_core.errors import BadInput, unknown
from accel_core.lessons import (
    blocks,
    deciding,
    elementwise,
    fusion,
    intensity,
    ladder,
    loops,
    memory,
    mistakes,
    precision,
    sizes,
    threads,
    trials,
)
from accel_core.lessons.forms import Choice, Form, Number, Order, Said, Truth
from accel_core.lessons.lesson import LONGEST_S, Claim, Lesson, Look
from accel_core.lessons.run import Run

LESSONS: tuple[Lesson, ...] = (
    *loops.LESSONS,
    *sizes.LESSONS,
    *blocks.LESSONS,
    *ladder.LESSONS,
    *fusion.LESSONS,
    *elementwise.LESSONS,
    *memory.LESSONS,
    *threads.LESSONS,
    *precision.LESSONS,
    *intensity.LESSONS,
    *deciding.LESSONS,
    *trials.LESSONS,
    *mistakes.LESSONS,
)


def lesson(name: str) -> Lesson:
    """The lesson of this name. BadInput where there is none."""
    for one in LESSONS:
        if one.name == name:
            return one
    names = [one.name for one in LESSONS]
    raise BadInput(unknown("lesson", name, names, f"lessons: {', '.join(names)}"))


__all__ = [
    "LESSONS",
    "LONGEST_S",
    "Choice",
    "Claim",
    "Form",
    "Lesson",
    "Look",
    "Number",
    "Order",
    "Run",
    "Said",
    "Truth",
    "lesson",
]
