"""Handing in: the id, what is still missing, and the pack as files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from accel_core.doctor import checkup
from accel_core.errors import BadInput
from accel_core.homework.assignment import Assignment
from accel_core.homework.drafts import Draft
from accel_core.homework.html import pack_html
from accel_core.homework.pack import Pack, pack_text
from accel_core.homework.packing import LONGEST_STUDENT, checked_student, make_pack
from accel_core.homework.progress import Standing
from app.homework import work
from app.session import cached

SAMPLE_S = 0.2
"""How long the checks of this moment look at the load: a download waits for it."""


def form(assignment: Assignment, stands: Standing, written: Draft) -> None:
    """The id as typed, what the pack would lack, and its downloads."""
    st.subheader("Hand in", anchor=False)
    student = st.text_input(
        "Your id, as your instructor asked for it",
        written.student,
        key="homework student",
        max_chars=LONGEST_STUDENT,
        help="It stands in the pack as you type it, and nowhere else; the pack holds no other name.",
    )
    written = work.write(assignment, replace(written, student=student or ""))
    lacks = [one for one in assignment.ids if assignment.requires(one) and stands.lacks[one]]
    if lacks:
        st.info(f"Still to do: {', '.join(lacks)}. A pack without them can be handed in, and says so.")
    try:
        checked_student(written.student)
        why_not = ""
    except BadInput as fault:
        why_not = str(fault) if written.student else "Type your id first."
    with st.container(horizontal=True):
        for label, name, mime in (
            ("pack.json, to hand in", "pack.json", "application/json"),
            ("pack.html, to read and print", "pack.html", "text/html"),
        ):
            st.download_button(
                label,
                partial(_file, name, assignment, written, work.since(assignment)),
                name,
                mime,
                key=f"download {name}",
                icon=":material/download:",
                on_click="ignore",
                type="primary" if mime.endswith("json") else "secondary",
                disabled=bool(why_not),
                help=why_not or None,
            )


def _file(name: str, assignment: Assignment, written: Draft, since: str) -> str:
    """What is downloaded. It is made outside a run of the page, where nothing says who asks."""
    made = _pack(assignment, written, since)
    return pack_text(made) if name.endswith(".json") else pack_html(made, assignment)


def _pack(assignment: Assignment, written: Draft, since: str) -> Pack:
    """The pack of this moment."""
    return make_pack(
        assignment,
        written.student,
        cached.store(),
        cached.machine(),
        answers=written.answers,
        since=since,
        checks=checkup(cached.machine(), SAMPLE_S),
    )
