"""The rogues' gallery: a cheat's code, a guess what becomes of it, and what it gets when judged."""

from __future__ import annotations

from hashlib import blake2b

import streamlit as st

from accel_core.arena.rogues import Rogue, rogues
from accel_core.errors import AccelError
from accel_core.model.arena import Verdict
from accel_core.readings.arena_rogues import FATES, body, recorded_text, reveal_text
from accel_core.studies import arena as desk
from app.arena import taking, trying, verdicts
from app.parts import components
from app.parts.components import literal
from app.session import cached, jobs, settings

GUESS, TOLD, FAULT = "arena cheat guess", "arena cheats told", "arena cheat fault"


def setting() -> settings.Choice:
    """Which cheat."""
    names = tuple(one.name for one in rogues())
    return settings.Choice("cheat", "Cheat", names, names[0], "Each is a test of the judge.")


def draw() -> None:
    """One cheat: what it tries, its code, a guess, and what became of it."""
    settings.admit(setting())
    left, right = st.columns((1, 1), gap="medium")
    with left:
        name = settings.select(setting())
        one = next(rogue for rogue in rogues() if rogue.name == name)
        st.markdown(f"**What it tries:** {literal(one.tries)}")
        _guess(one)
    with right:
        st.code(body(one), language="python", line_numbers=True, height=420)


def _guess(one: Rogue) -> None:
    """The guess and the buttons; below it the answer."""
    event = desk.event(one.event)
    st.caption(f"Handed in to {event.name}: {literal(event.title)}")
    st.radio("What becomes of it?", list(FATES), None, format_func=FATES.__getitem__, key=f"{GUESS} {one.name}")
    guess = st.session_state.get(f"{GUESS} {one.name}")
    why_not = taking.why_not(event)
    with st.container(horizontal=True):
        components.job_button(
            "Judge it now",
            trying.job(event, one.code),
            key="judge cheat",
            type="primary",
            icon=":material/gavel:",
            empty=why_not or ("" if guess else "Guess first."),
            on_click=_judge,
            args=(one,),
        )
        if why_not:
            st.button(
                "Say what it gets",
                key="say cheat",
                disabled=not guess,
                help=None if guess else "Guess first.",
                on_click=_tell,
                args=(one.name,),
            )
    if fault := st.session_state.pop(FAULT, ""):
        st.error(literal(fault))
    found = _found(one)
    if found is not None:
        st.markdown(literal(reveal_text(one, guess, found.verdict)))
        verdicts.headline(found)
    elif one.name in st.session_state.get(TOLD, ()):
        st.markdown(literal(reveal_text(one, guess, one.verdict)))
        st.info(literal(recorded_text(one)), icon=":material/history_edu:")


def _judge(one: Rogue) -> None:
    def queued(owner: str, visitor: object) -> object:
        return desk.try_out(
            desk.event(one.event),
            one.code,
            owner,
            visitor=visitor,  # type: ignore[arg-type]
            store=cached.store(),
            machine=cached.machine(),
        )

    try:
        jobs.begin(queued)  # type: ignore[arg-type]
    except AccelError as fault:
        st.session_state[FAULT] = str(fault)


def _tell(name: str) -> None:
    st.session_state.setdefault(TOLD, set()).add(name)


def _found(one: Rogue) -> Verdict | None:
    """The newest verdict of this tab on its code."""
    digest = blake2b(one.code.encode(), digest_size=8).hexdigest()
    made = [found for found in jobs.results()[1] if isinstance(found, Verdict) and found.code_digest == digest]
    return made[-1] if made else None
