"""Who presents, and which hall: the token, the lessons of a new hall, and the halls there are."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from accel_core.hall import END, HALLS, JOIN, Hall, gate
from accel_core.lessons import LESSONS
from accel_core.units import format_count
from app.hall import address
from app.session import settings, visitors

HALL = "hall"
"""The name of the code in the page's address: a reload finds the hall again."""
FAULT = "hall fault"
TITLES = {one.title: one.name for one in LESSONS}
LESSONS_ASKED = settings.Several(
    "lessons",
    "Questions",
    tuple(TITLES),
    (),
    "They are asked in this order; a question can be left out while the hall goes on. None chosen means all.",
)


def admitted() -> bool:
    """Whether this browser has shown the token."""
    return gate().knows(_browser())


def _browser() -> str:
    """This browser; where it takes no cookie, this tab until it is reloaded."""
    here = visitors.here()
    return here.browser or f"tab {here.session}"


def ask_for_token() -> None:
    """A field for the token, and why the last one was not taken."""
    with st.form("hall token", border=False):
        st.text_input(
            "Token",
            type="password",
            key="hall token typed",
            help="It stands in the terminal in which this server was started. ACCEL_HALL_TOKEN sets another.",
        )
        st.form_submit_button("Present", type="primary", on_click=_show_token)
    if fault := st.session_state.pop(FAULT, ""):
        st.error(fault)
    st.caption("To take part, open the address that is shown in the hall; no token is needed for that.")


def _show_token() -> None:
    typed = str(st.session_state.get("hall token typed", ""))
    st.session_state[FAULT] = gate().admit(typed, _browser(), visitors.here().address)


def current() -> Hall | None:
    """The hall that the page's address names."""
    code = st.query_params.get(HALL, "")
    hall = HALLS.find(code) if code else None
    if code and hall is None:
        st.query_params.pop(HALL, None)
    return hall


def choose() -> None:
    """Open a hall, or go on with one."""
    settings.admit(LESSONS_ASKED)
    address.warn()
    chosen = settings.several(LESSONS_ASKED)
    label = f"Open a hall with {format_count(len(chosen), 'question')}"
    st.button(label, key="hall open", type="primary", icon=":material/meeting_room:", on_click=_open)
    recent = HALLS.recent()
    if recent:
        st.subheader("Go on with a hall", anchor=False)
    for hall in recent:
        st.button(
            _told(hall), key=f"hall {hall.code}", icon=":material/history:", on_click=enter, args=(hall.code,)
        )


def _told(hall: Hall) -> str:
    """A hall in a few words: its code, when it was opened, and how far it is."""
    opened = f"{datetime.fromtimestamp(hall.opened):%d %b %Y, %H:%M}".lstrip("0")
    where = f"at question {hall.at + 1} of {len(hall.asked)}"
    where = {JOIN: "not begun", END: "over"}.get(hall.step, where)
    return f"{hall.code}, opened {opened}, {where}"


def _open() -> None:
    chosen = st.session_state.get(LESSONS_ASKED.key) or list(TITLES)
    enter(HALLS.open([name for title, name in TITLES.items() if title in chosen]).code)


def enter(code: str) -> None:
    """Show this hall from now on; an empty code shows the list of halls."""
    if code:
        st.query_params[HALL] = code
    else:
        st.query_params.pop(HALL, None)
