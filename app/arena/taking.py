"""Whether submissions are taken, and why not; and the roofs that are lacking to judge one."""

from __future__ import annotations

import streamlit as st

from accel_core.arena.event import Event
from accel_core.studies import arena as desk
from app.parts import components
from app.parts.components import literal
from app.session import entries

ALONE = (
    "On your own computer, `accel arena try FILE --event {event}` runs your file by the same rules, and says "
    "that nothing walls it in. Everything else on this page works."
)


def why_not(event: Event) -> str:
    """Why nothing is taken now, in a sentence; empty where submissions are taken."""
    return desk.may_hand_in(event)


def say(event: Event) -> None:
    """Why nothing is taken, and what can be done all the same."""
    if reason := why_not(event):
        st.info(f"{literal(reason)} {ALONE.format(event=event.name)}", icon=":material/gpp_maybe:")


def roofs_button(event: Event) -> bool:
    """Whether the roofs are known that entries are held against; the button that measures them where not."""
    job = entries.missing_roofs(event)
    if job is None:
        return True
    st.info(
        "The roof that this event is judged by was not measured here yet: there is no score without it.",
        icon=":material/roofing:",
    )
    components.job_button("Measure the roof", dict(job), key="measure roofs")
    return False
