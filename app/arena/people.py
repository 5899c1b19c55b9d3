"""Who hands in: the nickname that this tab has shown the passphrase of."""

from __future__ import annotations

import streamlit as st

from accel_core.errors import AccelError
from accel_core.studies import arena as desk
from app.session import cached, visitors

WHO, NAME, PASSPHRASE, FAULT = "arena who", "arena nickname", "arena passphrase", "arena fault"


def signed_in() -> str:
    """The nickname; empty where nobody signed in."""
    return str(st.session_state.get(WHO, ""))


def fields() -> None:
    """Nickname and passphrase, as fields of a form."""
    st.text_input(
        "Nickname",
        signed_in(),
        key=NAME,
        max_chars=60,
        help="It stands on the board. Whoever uses a nickname first has it, with that passphrase.",
    )
    st.text_input(
        "Passphrase",
        type="password",
        key=PASSPHRASE,
        max_chars=200,
        help="Only an scrypt digest of it is kept. Choose one that you use nowhere else.",
    )


def typed() -> tuple[str, str]:
    """What stands in the fields."""
    return str(st.session_state.get(NAME, "")), str(st.session_state.get(PASSPHRASE, ""))


def sign_in() -> None:
    """Take what was typed: a form's callback."""
    name, passphrase = typed()
    try:
        desk.signed_in(name, cached.store())  # else a nickname that is free would be taken
        signed(desk.sign_in(name, passphrase, address=visitors.here().address, store=cached.store()))
    except AccelError as fault:
        st.session_state[FAULT] = str(fault)


def signed(name: str) -> None:
    """Note who this tab is."""
    st.session_state[WHO] = name


def sign_out() -> None:
    """Forget who this tab is: a button's callback."""
    st.session_state.pop(WHO, None)


def fault() -> None:
    """Why what was typed was not taken, once."""
    if said := st.session_state.pop(FAULT, ""):
        st.error(said, icon=":material/error:")
