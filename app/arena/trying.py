"""Try and Hand in: what they start, and the newest verdict on the code of this tab."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import streamlit as st

from accel_core.arena.event import Event
from accel_core.errors import AccelError, StoreUnavailable
from accel_core.model.arena import Verdict
from accel_core.studies import arena as desk
from accel_core.studies.arena.handing import judge_job
from app.arena import handing, taking, verdicts, writing
from app.parts import components
from app.session import cached, jobs

FAULT = "arena try fault"
TRIED = "tried"
"""What the address calls the job of the last try: a reloaded page finds its verdict there."""


def buttons(event: Event) -> None:
    """Try, which keeps nothing, and Hand in."""
    why_not = taking.why_not(event)
    if not why_not and not taking.roofs_button(event):
        why_not = "Measure the roof first."
    with st.container(horizontal=True, vertical_alignment="center"):
        components.job_button(
            "Try",
            job(event, writing.code(event)),
            key="try",
            type="primary",
            help="Checked and timed at the printed sizes; nothing is handed in.",
            empty=why_not,
            on_click=_try,
            args=(event,),
        )
        handing.form(event, why_not)
        writing.fill(event)
    if fault := st.session_state.pop(FAULT, ""):
        st.error(components.literal(fault))
    handing.said(event)


def job(event: Event, code: str) -> dict[str, Any]:
    """What tries `code` out, by which its time is promised; without roofs where the store cannot be read."""
    try:
        return desk.try_job(event, code, store=cached.store(), machine=cached.machine(), walled=True)
    except StoreUnavailable:
        return judge_job(event, code, (), tried=True)


def _try(event: Event) -> None:
    """Queue the code as it stands now: a button's callback."""

    def queued(owner: str, visitor: object) -> object:
        return desk.try_out(
            event,
            writing.code(event),
            owner,
            visitor=visitor,  # type: ignore[arg-type]
            store=cached.store(),
            machine=cached.machine(),
        )

    try:
        jobs.begin(queued)  # type: ignore[arg-type]
        st.query_params[TRIED] = st.session_state["watch"].id
    except AccelError as fault:
        st.session_state[FAULT] = str(fault)


def found(event: Event) -> None:
    """The newest verdict of this tab on code for `event`; it stays while the next one is made."""
    results = jobs.results()[1] or jobs.results_of(st.query_params.get(TRIED, ""))
    made = [one for one in results if isinstance(one, Verdict) and one.event == event.name]
    if not made:
        return
    newest = made[-1]
    digest = blake2b(writing.code(event).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    if newest.code_digest not in ("", digest):
        st.info("This verdict is of an earlier text of your code.", icon=":material/history:")
    verdicts.show(newest, event, key="tried")
