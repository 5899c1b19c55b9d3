"""Which assignment is open: one that was uploaded, that of this server, or one begun earlier here."""

from __future__ import annotations

import os

import streamlit as st

from accel_core.errors import AccelError, StoreUnavailable
from accel_core.homework.assignment import Assignment
from accel_core.homework.begun import begin
from accel_core.homework.drafts import begun_here, remember, remembered, short_name
from accel_core.homework.reading import MOST_BYTES, assignment_text, read_assignment, read_with_mistakes
from app.parts import components
from app.session import settings, visitors

KEY, HELD, FAULT = "assignment", "homework assignment", "homework fault"
SERVERS = "ACCEL_ASSIGNMENT"
"""The variable that names the file of this server's assignment."""


def opened() -> Assignment | None:
    """The assignment of this session, after a reload that of the address; None where there is none."""
    held: Assignment | None = st.session_state.get(HELD)
    wanted = st.query_params.get(KEY, "")
    if held is None or (wanted and wanted != short_name(held)):
        held = remembered(wanted) if wanted and visitors.at_this_computer() else None
        if wanted and held is None:
            st.query_params.pop(KEY)
            with settings.place():
                st.warning(
                    f"The address asks for the assignment {settings.short(wanted)}, which was not begun on "
                    "this computer: open its file.",
                    icon=":material/link_off:",
                )
    if held is not None:
        st.session_state[HELD] = held
        st.query_params[KEY] = short_name(held)  # another page's address begins without it
    return held


def form() -> None:
    """How to open one: a file, that of this server, or one of those that were begun here."""
    with settings.place():
        for fault in st.session_state.pop(FAULT, ()):
            st.error(components.literal(fault))
    file = st.file_uploader(
        "Assignment (TOML)",
        type="toml",
        key="homework upload",
        max_upload_size=1,
        help="The file that your instructor gave you.",
    )
    if file is not None:
        _open(file.getvalue().decode("utf-8-sig", "replace"))
    with st.container(horizontal=True):
        if at := os.environ.get(SERVERS):
            st.button(
                "Open the assignment of this server",
                key="open servers",
                icon=":material/assignment:",
                type="primary",
                on_click=_open_servers,
                args=(at,),
            )
        for one in begun_here() if visitors.at_this_computer() else ():
            st.button(
                f"Go on with “{settings.short(one.title)}”",
                key=f"go on {short_name(one)}",
                icon=":material/history:",
                on_click=_hold,
                args=(one,),
            )


def _open_servers(path: str) -> None:
    try:
        text = assignment_text(path)
        _keep(text, read_assignment(text))
    except AccelError as fault:
        st.session_state[FAULT] = [str(fault)]


def _open(text: str) -> None:
    """Open an uploaded text; each mistake in it is a sentence."""
    if len(text) > MOST_BYTES:
        st.error(f"The file has more than {MOST_BYTES} letters: that is no assignment.")
        return
    assignment, mistakes = read_with_mistakes(text)
    if assignment is None:
        told = "\n".join(f"- {components.literal(said)}" for said in mistakes[:MOST_SAID])
        st.error(f"This is no assignment that can be opened; tell your instructor:\n\n{told}")
        return
    _keep(text, assignment)
    st.rerun()


MOST_SAID = 8


def _keep(text: str, assignment: Assignment) -> None:
    """Open it, and keep its text and when it was begun; else it is open until this tab closes."""
    if not visitors.at_this_computer():
        _hold(assignment)
        return
    try:
        remember(text, assignment)
        begin(assignment)
    except StoreUnavailable as fault:
        st.session_state[FAULT] = [str(fault)]
    _hold(assignment)


def _hold(assignment: Assignment) -> None:
    st.session_state[HELD] = assignment
    st.query_params[KEY] = short_name(assignment)


def _close() -> None:
    st.session_state.pop(HELD, None)
    st.session_state.pop("homework upload", None)
    st.query_params.pop(KEY, None)


def heading(assignment: Assignment) -> None:
    """Its title and what students are told first, and a way to another one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(components.literal(assignment.title), anchor=False, width="stretch")
        st.button("Open another", icon=":material/close:", on_click=_close, type="tertiary")
    with settings.place():
        for fault in st.session_state.pop(FAULT, ()):
            st.warning(components.literal(fault), icon=":material/save:")
    if not visitors.at_this_computer():
        st.caption(
            "This app runs on another computer: it measures that one, and what you write stays in this tab."
        )
    if assignment.text:
        st.markdown(components.literal(assignment.text))
