"""The presenter's keys: one step on, one back, run, leave out, and the way to the list of halls."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from accel_core.hall import AGAIN, ASK, COMMIT, DISCUSS, END, HALLS, JOIN, REVEAL, RUN, STEPS, Hall
from accel_core.units import format_duration
from app.hall import entry, live
from app.session import jobs

ON = {
    JOIN: "Begin",
    ASK: "Open the vote",
    COMMIT: "Close the vote, discuss",
    DISCUSS: "Vote again",
    AGAIN: "Close the vote, run",
    RUN: "Reveal",
    REVEAL: "Next question",
    END: "The end",
}
"""What the next step is called."""


def draw(hall: Hall) -> None:
    """The buttons, with their keys."""
    turn, answered = hall.turn, hall.question.found is not None
    with st.container(horizontal=True, key="hall-steering", vertical_alignment="center"):
        _button("Back", "back", "Left", _back, hall, turn, disabled=hall.step == JOIN)
        stuck = hall.step == END or (hall.step == RUN and not answered)
        label = "Finish" if hall.step == REVEAL and hall.is_last else ON[hall.step]
        if hall.step == AGAIN:
            label += _about(hall)
        _button(label, "next", "Right", _on, hall, turn, disabled=stuck, primary=True)
        running = live.active(hall)
        if hall.step in STEPS and hall.step not in (AGAIN, REVEAL):
            again = hall.step == RUN and answered
            label = "Run again" if again else "Run" if hall.step == RUN else "Run now"
            _button(f"{label}{_about(hall)}", "run", "M", _run, hall, turn, disabled=running)
        if hall.step == RUN and not running and not answered:
            _earlier(hall)
        if hall.step in STEPS and hall.step != REVEAL:
            _button("Leave out", "leave", "S", _leave_out, hall, turn, disabled=running)
        st.button("Halls", key="hall list", icon=":material/list:", on_click=entry.enter, args=("",))


def _button(
    label: str,
    name: str,
    shortcut: str,
    act: Callable[[Hall, int], None],
    hall: Hall,
    turn: int,
    *,
    disabled: bool = False,
    primary: bool = False,
) -> None:
    st.button(
        label,
        key=f"hall {name}",
        shortcut=shortcut,
        type="primary" if primary else "secondary",
        disabled=disabled,
        on_click=act,
        args=(hall, turn),
    )


def _earlier(hall: Hall) -> None:
    """A button for the newest earlier run, where there is one."""
    there = live.earlier(hall.lesson) is not None
    st.button(
        "Take the recorded run",
        key="hall earlier",
        shortcut="E",
        disabled=not there,
        help=None if there else "This lesson was not run on this machine before.",
        on_click=live.use_earlier,
        args=(hall,),
    )


def _about(hall: Hall) -> str:
    asked = live.job(hall.lesson)
    promise = None if asked is None or jobs.impossible(asked) else jobs.promise(asked)
    return "" if promise is None else f" (about {format_duration(promise.total_s)})"


def _on(hall: Hall, turn: int) -> None:
    if hall.question.found is not None:
        _end_run(hall, turn)
    hall.forward(turn)
    if hall.step == RUN and hall.question.found is None and not live.active(hall):
        live.start(hall)
    HALLS.keep(hall)


def _back(hall: Hall, turn: int) -> None:
    live.cancel(hall)
    hall.back(turn)
    HALLS.keep(hall)


def _run(hall: Hall, turn: int) -> None:
    hall.to_run(turn)
    if not live.active(hall):
        live.start(hall)
    HALLS.keep(hall)


def _leave_out(hall: Hall, turn: int) -> None:
    _end_run(hall, turn)
    hall.leave_out(turn)
    HALLS.keep(hall)


def _end_run(hall: Hall, turn: int) -> None:
    """End a run that is left while it is live: the next question would take it for its own."""
    if hall.step == RUN and hall.turn == turn:
        live.cancel(hall)
