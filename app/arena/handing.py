"""Handing in: who, whether the code is open, what it is built on; and what becomes of it."""

from __future__ import annotations

import streamlit as st

from accel_core.arena.event import Event
from accel_core.errors import AccelError
from accel_core.readings.arena_board import score_text
from accel_core.readings.arena_text import plain, plain_name
from accel_core.studies import arena as desk
from app.arena import choosing, people, writing
from app.session import cached, entries, visitors

FORM, OPEN, BUILT_ON, HANDED = "arena form", "arena open", "arena built on", "arena handed in"
LOOK_S = 2.0
"""How often the page looks whether the verdict is there."""
NOTHING = "nobody's: my own work"


def form(event: Event, why_not: str) -> None:
    """The form behind the button; it closes once something is handed in, and says why where it is not."""
    with (
        st.popover(
            "Hand in",
            icon=":material/send:",
            disabled=bool(why_not),
            help=why_not or None,
            key=FORM,
            on_change="rerun",
        ),
        st.form("hand in", border=False),
    ):
        people.fields()
        people.fault()
        st.checkbox(
            "Everybody may read my code at once",
            key=OPEN,
            help="Otherwise only after the event's deadline; without a deadline, never.",
        )
        known = {NOTHING: "", **_readable(event)}
        st.selectbox("Built on", list(known), key=BUILT_ON, help="Whose open code it grew out of, as credit.")
        st.form_submit_button("Hand in", type="primary", on_click=_hand_in, args=(event, known))
        st.caption("Your code is kept as it is, and judged twice before a new best counts.")


def _readable(event: Event) -> dict[str, str]:
    """Entries that everybody may read, by who and score."""
    rows = entries.board(event, cached.machine().fingerprint)
    readable = [row for row in rows if row.readable and not row.ruled]
    return {f"{plain_name(row.person)}, {score_text(row.score)}": row.entry for row in readable}


def _hand_in(event: Event, known: dict[str, str]) -> None:
    """Store the entry and wake the judge: a form's callback."""
    name, passphrase = people.typed()
    try:
        made = desk.hand_in(
            event,
            name,
            passphrase,
            writing.code(event),
            open=bool(st.session_state.get(OPEN)),
            built_on=known.get(str(st.session_state.get(BUILT_ON)), ""),
            visitor=visitors.here(),
            store=cached.store(),
        )
    except AccelError as fault:
        st.session_state[people.FAULT] = str(fault)
        return
    people.signed(made.person)
    st.session_state[HANDED], st.session_state[FORM] = made.id, False
    desk.background().wake()


def said(event: Event) -> None:
    """Where the entry that this tab handed in last stands."""
    id = str(st.session_state.get(HANDED, ""))
    past = _past(event, id) if id else None
    if past is not None and past.waits:
        st.fragment(_follow, run_every=LOOK_S)(event, id)
    elif past is not None:
        _stands(past)


def _past(event: Event, id: str) -> desk.Past | None:
    own = entries.history(people.signed_in(), event)
    return next((one for one in own if one.entry.id == id), None)


def _follow(event: Event, id: str) -> None:
    """Where it stands while it waits; the whole page is drawn when its verdict is there."""
    past = _past(event, id)
    if past is None or not past.waits:
        st.rerun()
    _stands(past)


def _stands(past: desk.Past) -> None:
    with st.container(border=True):
        st.markdown(":material/send: **Handed in**")
        st.text(plain(desk.background().fault or past.said))
        if past.counts is not None and not past.waits:
            choosing.look_button(past.entry.id, f"look at {past.entry.id}", "Look at it")
