"""Which accesses of a long traversal the player has: the window, its controls, and the step it opens at."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from accel_core.cache import Traversal, iterations
from app.session import settings

LENGTH = 5000
"""Accesses that go to the browser at once."""
FROM, STEP = "from", "step"
KEY, ITERATION = "traversal player", "traversal iteration"
PLACE, ASKED, HEARD = "traversal place", "traversal asked", "traversal heard"


@dataclass(frozen=True)
class Place:
    """What is shown, from where on, and the step that it opens at; both count from the first access of all."""

    plan: str
    start: int
    step: int
    asked: int = 0
    """A number that changes when the reader asks for this very step, wherever the player is by then."""


def place(plan: str, total: int, arrived: bool) -> Place:
    """Where the player opens: where the link says, where it asked to go on, or else at the start of the window.

    `plan` names all that the controls chose; `total` is the length of the longest traversal; `arrived` says
    that the reader has just come to the page.
    """
    settings.admit(
        settings.Number(STEP, "Step", 0, total, 0, whole=True),
        settings.Number(FROM, "Start", 0, total, 0, whole=True),
    )
    now = _place(plan, total, arrived)
    if total > LENGTH:
        st.session_state[FROM] = now.start
    st.session_state[PLACE] = now
    return now


def _place(plan: str, total: int, arrived: bool) -> Place:
    last: Place | None = st.session_state.get(PLACE)
    asked: int | None = st.session_state.pop(ASKED, None)
    if asked is not None:
        st.query_params[STEP] = str(asked)
        before = last.start if last is not None and last.plan == plan else 0
        number = last.asked + 1 if last is not None else 1
        return Place(plan, window(asked, before, total, True), asked, number)
    if last is None or arrived:
        step = _linked(STEP, 0)
        start = window(step, _linked(FROM, 0), total, step > 0)
        return Place(plan, start, step or start)
    if last.plan != plan:
        return _at(plan, 0)
    start = min(int(st.session_state.get(FROM, last.start)), total)
    return last if start == last.start else _at(plan, start)


def _at(plan: str, start: int) -> Place:
    """At the start of a window: the step in the address was another one's."""
    st.query_params.pop(STEP, None)
    return Place(plan, start, start)


def _linked(name: str, otherwise: int) -> int:
    return int(float(st.query_params.get(name, otherwise)))


def window(step: int, start: int, total: int, named: bool) -> int:
    """Where the window of `step` begins: at `start` if nothing more is `named`, beside it, or in a grid."""
    if not named or start <= step <= start + LENGTH:
        return min(start, total)
    if step == start + LENGTH + 1:
        return start + LENGTH
    if step == start - 1:
        return max(0, start - LENGTH)
    return max(step - 1, 0) // LENGTH * LENGTH


def go_to(step: int) -> None:
    """Show the window that holds `step` from the next run on, and open there."""
    st.session_state[ASKED] = step


def control(traversal: Traversal, total: int) -> None:
    """Where a long traversal's window begins: as a number of accesses, or as a block of the first traversal."""
    if total <= LENGTH:
        return
    found = iterations(traversal)
    number = found.holding(st.session_state[FROM])
    st.session_state[ITERATION] = number + 1
    i, j, k = found.corner(number)
    what = "block" if traversal.block else f"iteration of {traversal.order[0]}"
    st.number_input(
        "Start after access",
        0,
        total,
        key=FROM,
        help=f"{LENGTH:,} accesses play at a time; all before them are simulated and warm the cache.",
        bind="query-params",
    )
    st.number_input(
        f"or at {what}",
        1,
        len(found),
        key=ITERATION,
        help=f"One of {len(found):,}. This {what} begins at i = {i}, j = {j}, k = {k}.",
        on_change=_to_iteration,
        args=(traversal,),
    )


def _to_iteration(traversal: Traversal) -> None:
    found = iterations(traversal)
    st.session_state[FROM] = found.start(min(max(int(st.session_state[ITERATION]), 1), len(found)) - 1)
