"""One entry: whose it is, its verdict, its code where it may be read, and what the presenter can do."""

from __future__ import annotations

import streamlit as st

from accel_core.arena.event import Event
from accel_core.errors import AccelError
from accel_core.hall import gate
from accel_core.model import ArenaEntry
from accel_core.readings.arena_statement import code_opens
from accel_core.readings.arena_text import LONGEST_SAID, plain, plain_name
from accel_core.readings.arena_verdict import rescored_text
from accel_core.studies import arena as desk
from accel_core.studies.arena.board import HIDDEN
from app.arena import choosing, people, verdicts, writing
from app.parts import components
from app.session import cached, entries, settings, visitors

WHAT, REASON, FAULT = "arena ruling", "arena reason", "arena ruling fault"


def named(event: Event) -> ArenaEntry | None:
    """The entry that the address names; a sentence where it is none of this event."""
    id = choosing.entry_named()
    found = entries.entry(id) if id else None
    if id and (found is None or found.event != event.name):
        choosing.close_entry()
        with settings.place():
            st.warning(
                f"The address asks for the entry {settings.short(id)}, which this event does not have.",
                icon=":material/link_off:",
            )
        return None
    return found


def show(entry: ArenaEntry, event: Event, fingerprint: str) -> None:
    """The entry as everybody may see it, by the board of one machine."""
    row = _row(entry, event, fingerprint)
    st.button("Back", key="back", type="tertiary", icon=":material/arrow_back:", on_click=choosing.close_entry)
    st.text(_title(entry, row))
    _verdict(entry, event, row)
    _code(entry, event)
    _present(entry)


def _row(entry: ArenaEntry, event: Event, fingerprint: str) -> desk.BoardRow | None:
    rows = entries.board(event, fingerprint)
    return next((row for row in rows if row.entry == entry.id), None)


def _title(entry: ArenaEntry, row: desk.BoardRow | None) -> str:
    """ "Entry of ada, handed in 28 Nov 2026, built on bob's": in plain letters."""
    nobody = entries.is_hidden(entry.id) and not _is_own(entry)
    who = plain_name(row.person if row else HIDDEN if nobody else entry.person)
    said = f"Entry of {who}, handed in {components.day(entry.created)}"
    if row and row.built_on:
        said += f", built on an entry of {plain_name(row.built_on)}"
    return f"{said}. {row.ruled.capitalize()}: {plain(row.reason)}" if row and row.ruled else f"{said}."


def _verdict(entry: ArenaEntry, event: Event, row: desk.BoardRow | None) -> None:
    """The verdict that counts; of an entry that is not on the board its last one, for its author alone."""
    id = row.verdict if row else entries.last_verdict(entry.id) if _is_own(entry) else ""
    found = entries.verdict(id) if id else None
    if found is None:
        own = "It has no verdict yet." if _is_own(entry) else "It is not on the board of this machine."
        st.info(own, icon=":material/hourglass_empty:")
    else:
        verdicts.show(found, event, key="entry")
        then = entries.verdict_then(id)
        if then is not None and (said := rescored_text(then, found)):
            st.caption(said)


def _is_own(entry: ArenaEntry) -> bool:
    return bool(people.signed_in()) and people.signed_in() == entry.person


def _code(entry: ArenaEntry, event: Event) -> None:
    """The code as text with numbered lines, where it may be read."""
    code = desk.code_of(entry.id, event, person=people.signed_in(), store=cached.store())
    if code is None:
        st.caption(f":material/lock: {code_opens(event, hidden=entries.is_hidden(entry.id))}")
        return
    with st.expander("The code", icon=":material/code:"):
        st.code(plain(code, max(LONGEST_SAID, len(code))), language="python", line_numbers=True)
        st.button(
            "Take it as a start",
            key="take code",
            icon=":material/edit:",
            help="It goes into your field; name it under Built on when you hand in.",
            on_click=_take,
            args=(event, code),
        )


def _take(event: Event, code: str) -> None:
    writing.put(event, code)
    choosing.show(choosing.WRITE)


# -- the presenter -------------------------------------------------------------------------------------------


def _present(entry: ArenaEntry) -> None:
    """Hide, annul or restore, for a browser that has shown the presenter's token on the page Lecture hall."""
    if not gate().knows(_browser()):
        return
    with st.popover("For the presenter", icon=":material/gavel:"), st.form("ruling", border=False):
        st.selectbox("Ruling", ["hide", "annul", "restore"], key=WHAT)
        st.text_input("Reason, which all see", key=REASON, max_chars=300)
        st.form_submit_button("Decide", on_click=_rule, args=(entry.id,))
    if fault := st.session_state.pop(FAULT, ""):
        st.error(fault)


def _browser() -> str:
    here = visitors.here()
    return here.browser or f"tab {here.session}"


def _rule(id: str) -> None:
    what, reason = str(st.session_state.get(WHAT, "")), str(st.session_state.get(REASON, ""))
    try:
        desk.rule(id, what, reason, browser=_browser(), store=cached.store())
    except AccelError as fault:
        st.session_state[FAULT] = str(fault)
