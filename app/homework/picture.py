"""The guesses of this homework beside what was found."""

from __future__ import annotations

import streamlit as st

from accel_core.figures.own_guesses import own_guesses_figure
from accel_core.homework.finding import Found
from accel_core.homework.progress import own_guesses
from accel_core.readings.own_guesses import OwnGuess, own_guesses_alt, own_guesses_reading
from app.parts import components, theme

HALF = 0.49
"""Of the page's width, in its right column."""


def empty() -> None:
    """What will stand here."""
    _show([], 1)
    st.caption(
        "You guess, you measure, you explain, in any order and over days: what is done lies on this computer. "
        "At the end you download one file, pack.json, and hand it in. Instructors begin with "
        "the command “accel homework new”."
    )


def guesses(found: Found) -> None:
    """A row a lesson, and what they say."""
    rows = own_guesses(found.lessons)
    _show(rows, HALF)
    components.reading(own_guesses_reading(rows))


def _show(rows: list[OwnGuess], share: float) -> None:
    theme.show(
        own_guesses_figure(rows, theme.current_look(share)),
        alt=own_guesses_alt(rows),
        key="own guesses",
        filename="guesses",
    )
