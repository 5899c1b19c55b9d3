"""What one person handed in to an event, newest first, for that person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from accel_core.arena.event import Event
from accel_core.readings.arena_board import score_text
from accel_core.readings.arena_text import plain
from accel_core.studies.arena import Past
from app.arena import choosing, people
from app.parts import tables
from app.session import entries


def draw(event: Event) -> None:
    """A form to sign in, or the table."""
    people.fault()
    who = people.signed_in()
    if not who:
        with st.form("sign in", border=False, width=480):
            people.fields()
            st.form_submit_button("Show what I handed in", type="primary", on_click=people.sign_in)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"What {who} handed in to {event.name}")
        st.button("Somebody else", key="sign out", type="tertiary", on_click=people.sign_out)
    past = entries.history(who, event)
    if not past:
        st.info("Nothing yet: write code, try it, then hand it in.", icon=":material/edit:")
        st.button("Write", key="to write", on_click=choosing.show, args=(choosing.WRITE,))
        return
    rows = _rows(past)
    picked = tables.table(rows, f"arena-history-{event.name}", alt="What you handed in", unfolding=True)
    if picked is not None:
        choosing.look_button(past[picked].entry.id, "open past")


def _rows(past: Sequence[Past]) -> list[dict[str, Any]]:
    """A row an entry: when, its score, whether it stands on the board, and what is said of it."""
    return [
        {
            "Handed in (UTC)": one.entry.created[:19].replace("T", " "),
            "Score": float(score_text(one.counts.score)) if one.counts and one.counts.score else None,
            "On the board": "yes" if one.best else "no",
            "Open code": "yes" if one.entry.open else "no",
            "What became of it": plain(one.said, keep=""),
        }
        for one in past
    ]
