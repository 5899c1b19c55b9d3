"""What the room sees: one screen for each step, in letters for the last row."""

from __future__ import annotations

import html
import time
from collections.abc import Callable

import streamlit as st

from accel_core.hall import AGAIN, ASK, COMMIT, DISCUSS, END, JOIN, REVEAL, RUN, Hall
from accel_core.hall.view import left_s
from accel_core.lessons import Choice, Number, Order
from accel_core.units import format_count
from app.hall import address, live, reveal
from app.parts import progress

LOOK_S = 1.0
"""How often counts and the clock are drawn anew,"""
QUIET_S = 3.0
"""and while a run is live."""
TOLD = {
    ASK: "Think first. The vote opens in a moment.",
    COMMIT: "Guess on your phone. Nobody sees it.",
    DISCUSS: "Convince your neighbour.",
    AGAIN: "Guess again.",
    RUN: "The vote is closed.",
}


def draw(hall: Hall) -> None:
    """The screen of the step that the hall is in."""
    if hall.unkept:
        st.warning(hall.unkept, icon=":material/save:")
    SCREENS.get(hall.step, _question)(hall)
    running = live.active(hall)
    st.fragment(_follow, run_every=QUIET_S if running else LOOK_S)(hall, hall.turn, running)


def _follow(hall: Hall, turn: int, running: bool) -> None:
    """Draw the page anew where the hall was moved from another window of the presenter's, or its run ended."""
    if hall.turn != turn or live.active(hall) != running:
        st.rerun()


def _join(hall: Hall) -> None:
    st.title("Join in by phone", anchor=False)
    address.warn()
    with st.container(key="hall-join"):
        left, right = st.columns((3, 2), gap="large", vertical_alignment="center")
    with left:
        _say("Open on your phone", "told")
        _say_html(f'<p class="hall-address">{address.typed()}</p>')
        _say("and type", "told")
        _say(hall.code, "code")
        _counts(hall, votes=False)
    with right:
        _say_html(address.qr(address.join(hall)))


def _question(hall: Hall) -> None:
    """The question, what to do now, and for latecomers how to join."""
    _head(hall)
    wide, side = st.columns((4, 1), gap="large")
    with wide:
        _answers(hall)
        if hall.step == DISCUSS:
            st.fragment(_clock, run_every=LOOK_S)(hall)
        _say(TOLD[hall.step], "told")
        _counts(hall, votes=hall.step != ASK)
    with side:
        _join_late(hall)


def _join_late(hall: Hall) -> None:
    """The QR code, and beside it or below, as there is room, what it stands for."""
    told = f'<p class="hall-small">{address.typed()}</p><p class="hall-small-code">{html.escape(hall.code)}</p>'
    _say_html(f'<div class="hall-late">{address.qr(address.join(hall))}<div>{told}</div></div>')


def _head(hall: Hall) -> None:
    _say(f"Question {hall.at + 1} of {len(hall.asked)}", "small")
    st.title(hall.lesson.question, anchor=False)


def _answers(hall: Hall) -> None:
    """What can be answered."""
    form = hall.lesson.form
    match form:
        case Number():
            _say(f"A number from {form.low:,.4g} to {form.high:,.10g} {form.unit}", "told")
        case Choice() | Order():
            listed = "".join(f"<li>{html.escape(text)}</li>" for text in form.answers.values())
            if isinstance(form, Order):
                _say("Put them in order, the greatest first:", "told")
            _say_html(f'<ul class="hall-answers">{listed}</ul>')


def _counts(hall: Hall, *, votes: bool) -> None:
    st.fragment(_count, run_every=LOOK_S)(hall, votes)


def _count(hall: Hall, votes: bool) -> None:
    """How many phones are there, and how many guesses were given in this vote; never which."""
    told = format_count(hall.phones(time.monotonic()), "phone")
    if votes:
        given = len(hall.question.votes(AGAIN if hall.step == AGAIN else COMMIT))
        told = f"{_guesses(given)} · {told}"
    _say(told, "count")


def _guesses(number: int) -> str:
    return "1 guess" if number == 1 else f"{number} guesses"


def _clock(hall: Hall) -> None:
    left = left_s(hall)
    _say(f"{left // 60}:{left % 60:02d}", "clock")


def _run(hall: Hall) -> None:
    _head(hall)
    first, second = len(hall.question.first), len(hall.question.second)
    _say(f"{TOLD[RUN]} {_guesses(first)}, and {second} after the discussion.", "told")
    if hall.question.found is not None and not live.active(hall):
        _say("The answer is here.", "count")
    if fault := st.session_state.get(live.FAULT):
        st.error(fault)
    progress.draw()


def _end(hall: Hall) -> None:
    st.title("Thank you", anchor=False)
    phones = {voter for one in hall.asked for voter in (*one.first, *one.second)}
    guesses = sum(len(one.first) + len(one.second) for one in hall.asked)
    told = f"{format_count(len(phones), 'phone')} gave {_guesses(guesses)}"
    _say(f"{told} to {format_count(len(hall.asked), 'question')}.", "told")


def _say(text: str, kind: str) -> None:
    """A line of text in the letters of this kind (`style`)."""
    _say_html(f'<p class="hall-{kind}">{html.escape(text)}</p>')


def _say_html(text: str) -> None:
    if text:
        st.html(text)


def _reveal(hall: Hall) -> None:
    _head(hall)
    reveal.draw(hall)


SCREENS: dict[str, Callable[[Hall], None]] = {JOIN: _join, RUN: _run, REVEAL: _reveal, END: _end}
