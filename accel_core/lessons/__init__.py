"""Lessons: predict, measure, reveal. A topic is a file, and a lesson an entry of its `LESSONS`."""

from accel_core.errors import BadInput, unknown
from accel_core.lessons import (
    blocks,
    deciding,
    elementwise,
    fusion,
    intensity,
    judged,
    ladder,
    loops,
    memory,
    mistakes,
    precision,
    sizes,
    threads,
    transformer,
    trials,
)
from accel_core.lessons.forms import Choice, Form, Number, Order, Said, Truth
from accel_core.lessons.lesson import LONGEST_S, Claim, Lesson, Look
from accel_core.lessons.run import Run

TOPICS: dict[str, tuple[Lesson, ...]] = {
    "Three loops": loops.LESSONS + sizes.LESSONS,
    "Blocks": blocks.LESSONS,
    "What the library has": ladder.LESSONS,
    "One pass over arrays": fusion.LESSONS + elementwise.LESSONS + memory.LESSONS,
    "All cores": threads.LESSONS,
    "Number types": precision.LESSONS,
    "Where the time goes": intensity.LESSONS + deciding.LESSONS + transformer.LESSONS,
    "Mistakes of measuring": trials.LESSONS + mistakes.LESSONS,
    "Cheats": judged.LESSONS,
}
"""Title of a topic -> its lessons, in the order in which they are best taken."""
LESSONS: tuple[Lesson, ...] = tuple(one for together in TOPICS.values() for one in together)


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
    "TOPICS",
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
