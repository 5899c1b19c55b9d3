"""The pages, in the order in which they stand beside each other."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page of the app; its file is `app/NAME/NAME.py`, and its address ends in its name."""

    name: str
    title: str
    question: str
    """What it answers: its heading."""
    icon: str
    """A name of Google's Material Symbols."""
    help: str
    """What one finds there, in a sentence."""
    takes_files: bool = False
    """Whether its visitors may send the server files."""
    measures: bool = True
    """Whether it is of one machine, which a pool lets one choose."""

    @property
    def path(self) -> str:
        """Its file as Streamlit names it: relative to main.py."""
        return f"{self.name}/{self.name}.py"


PAGES = (
    Page(
        "machine",
        "This machine",
        "How fast can this machine go?",
        "memory",
        "Caches, memory and measured speed limits of the computer that runs this app.",
    ),
    Page(
        "lessons",
        "Lessons",
        "What do you expect?",
        "school",
        "Questions to answer by a guess and then by a run on this machine, each in half a minute.",
    ),
    Page(
        "ladder",
        "Ladder",
        "Why is this code slow?",
        "stairs",
        "One problem, from Python loops to the library, one change at a time, timed live.",
    ),
    Page(
        "lab",
        "Lab",
        "Where does the block size bite?",
        "science",
        "Sweep size, block or threads, and see where the caches end.",
    ),
    Page(
        "panels",
        "Panels",
        "Which cache holds which panel?",
        "stacked_bar_chart",
        "The packed product's blocks: which cache holds which, what overflows, what it costs.",
    ),
    Page(
        "roofline",
        "Roofline",
        "What holds it back?",
        "roofing",
        "All measurements under this machine's roofs, and a calculator for predictions.",
    ),
    Page(
        "fusion",
        "Fusion",
        "What did fusion remove?",
        "merge",
        "One problem rung by rung: which cost each change removes, and what it allocates.",
    ),
    Page(
        "transformer",
        "Transformer",
        "Which operation is worth optimising?",
        "model_training",
        "A transformer block under the roofs, predicted and measured, and what a faster part would bring.",
    ),
    Page(
        "traversal",
        "Traversal",
        "What does the cache see?",
        "grid_on",
        "Loop orders access by access: what hits, what misses, and what is thrown out.",
    ),
    Page(
        "backends",
        "Backends",
        "Who should do the work?",
        "alt_route",
        "Who is fastest at which operation and shape, and the same code under each of them.",
    ),
    Page(
        "arena",
        "Arena",
        "How close to the roof is your code?",
        "trophy",
        "Write a kernel, have it judged against this machine's roof, and stand on a board that is checked.",
        takes_files=True,
    ),
    Page(
        "hall",
        "Lecture hall",
        "What does the room say?",
        "co_present",
        "A room votes by phone before a run answers the question, live.",
    ),
    Page(
        "homework",
        "Homework",
        "What is there to do?",
        "assignment",
        "An assignment's lessons, experiments and questions, and the pack to hand in.",
        takes_files=True,
    ),
    Page(
        "classroom",
        "Class",
        "How do our machines differ?",
        "groups",
        "Packs and records of many machines in one picture, and one machine before and after a change.",
        takes_files=True,
    ),
)
"""The first is what the address without a page shows."""

POOL = Page(
    "pool",
    "Pool",
    "Which host is unlike the others?",
    "dns",
    "The hosts that measure, what they do now, and the roofs of all of them in one picture.",
    measures=False,
)
"""Shown where ACCEL_POOL names a pool of hosts."""


def shown() -> tuple[Page, ...]:
    """The pages that the sidebar lists."""
    return (*PAGES, POOL) if os.environ.get("ACCEL_POOL") else PAGES


def page(name: str) -> Page:
    """The page called `name`; KeyError where there is none."""
    return {one.name: one for one in (*PAGES, POOL)}[name]
