"""What the address says: which event, which part of the page, and which entry is looked at."""

from __future__ import annotations

import streamlit as st

from accel_core.arena.event import Event
from accel_core.studies import arena as desk
from app.session import entries, settings

PAGE, ENTRY, PLACE = "arena", "entry", "arena place"
BOARD, WRITE, HISTORY, CHEATS = PARTS = ("board", "write", "history", "cheats")
SHOW = settings.Choice(
    "show",
    "Show",
    PARTS,
    BOARD,
    "board: who stands where; write: the problem, your code, and its verdict; history: what you handed in; "
    "cheats: submissions that tried something else, and what became of them.",
)
FIRST = "matmul-one"
EVENT_PX, OF_PX = 220, 200
OWN_MACHINE = "this machine"


def event_setting() -> settings.Choice:
    """Which event."""
    known = {one.name: one for one in desk.events()}
    help = "Each problem has three divisions: one thread and no library; all threads and no library; open."
    return settings.Choice("event", "Event", tuple(known), FIRST if FIRST in known else next(iter(known)), help)


def machine_setting(event: Event) -> settings.Choice:
    """Whose board: this machine's, or one that others judged on, by the first digits of its fingerprint."""
    others = entries.machines(event)
    return settings.Choice(
        "judged_on",
        "Judged on",
        (OWN_MACHINE, *others),
        OWN_MACHINE,
        "Boards are kept by machine: scores of two machines are held against two roofs.",
    )


def event_named() -> Event:
    """The event that is chosen, before its widget is drawn."""
    setting = event_setting()
    name = str(st.session_state.get(setting.key, st.query_params.get(setting.key, setting.default)))
    return desk.event(name if name in setting.options else str(setting.default))


def show(part: str) -> None:
    """Go to a part of the page: a button's callback."""
    st.session_state[SHOW.key] = part
    close_entry()


def moved(event: Event, part: str) -> None:
    """Leave the entry that was looked at where another event or part of the page was chosen since."""
    before, now = st.session_state.get(PLACE), (event.name, part)
    if before not in (None, now):
        close_entry()
    st.session_state[PLACE] = now


def open_entry(id: str) -> None:
    """Look at an entry: a button's callback."""
    st.query_params[ENTRY] = id


def look_button(id: str, key: str, label: str = "Look at the picked entry") -> None:
    """The button that leads to an entry."""
    st.button(label, key=key, icon=":material/search:", on_click=open_entry, args=(id,))


def close_entry() -> None:
    """Look at no entry any more: a button's callback."""
    st.query_params.pop(ENTRY, None)


def entry_named() -> str:
    """The id of the entry that the address names; empty where it names none."""
    return st.query_params.get(ENTRY, "")
