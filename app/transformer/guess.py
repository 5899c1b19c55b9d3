"""Which operation would you optimise? The guess before anything is shown, then beside what was found.

It stands in the address and in the session, and nowhere else: it is between its guesser and the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from accel_core.readings.block_roofline import SKIPPED, guess_reading
from accel_core.readings.block_rows import Part
from accel_core.transformer import STATES, Preset, operations
from app.parts.components import literal_but_bold
from app.session import settings
from app.transformer.controls import DECODE, PASS, STATE, Asked, given

NONE = "none"
NOTHING = "Say first which one you would optimise, or skip the guess."
FAULT = "transformer guess fault"
DOES = {
    "QKV": "queries, keys, values: tokens times weights",
    "QK^T": "each query times each key",
    "softmax": "of each row of scores",
    "PV": "each row of scores times the values",
    "output": "projection: tokens times weights",
    "residual": "what came in is added, twice",
    "norm": "of each token, twice",
    "feed-forward": "tokens times weights, up and down",
}
"""What a kind computes; another one is the activation."""


def setting(base: Preset) -> settings.Choice:
    """The guess in the address: one for each program and pass."""
    kinds = dict.fromkeys(one.kind for one in operations(base.shape()))
    key = f"guess.{given(PASS)}.{given(STATE)}"
    return settings.Choice(key, "Your guess", (NONE, *kinds, SKIPPED), NONE)


def made(of: settings.Choice) -> str:
    """What was guessed; empty where nothing was yet, or what this block does not have.

    The address of another page begins without it, so that it also stands in the session.
    """
    value = str(given(of))
    if value == NONE or value not in of.options:
        return ""
    _keep(of, value)
    return value


def _keep(of: settings.Choice, value: str) -> None:
    st.query_params[of.key] = st.session_state[of.key] = value


def ask(of: settings.Choice, asked: Asked) -> None:
    """The question, and the buttons that commit or skip the guess."""
    doing = "One token is decoded" if given(PASS) == DECODE else "A whole sequence is computed"
    with st.container(border=True):
        st.markdown(
            f"**{doing} by a block of {asked.base.title}, {STATES[asked.state].title}. You may make one "
            "kind of operation faster: which?**"
        )
        kinds = [kind for kind in of.options if kind not in (NONE, SKIPPED)]
        st.radio(
            "Your guess",
            kinds,
            None,
            key=_widget(of),
            captions=[DOES.get(str(kind), "of each element") for kind in kinds],
            horizontal=True,
            label_visibility="collapsed",
        )
        if st.session_state.pop(FAULT, False):
            st.warning(NOTHING)
        with st.container(horizontal=True):
            st.button(
                "Commit", key="commit", type="primary", icon=":material/lock:", on_click=_commit, args=(of,)
            )
            skip: dict[str, Any] = {"icon": ":material/skip_next:", "on_click": _keep, "args": (of, SKIPPED)}
            st.button("Skip the guess", key="skip", **skip)


def _widget(of: settings.Choice) -> str:
    return f"chosen {of.key}"


def _commit(of: settings.Choice) -> None:
    value = st.session_state.get(_widget(of))
    if value in of.options and value != NONE:
        _keep(of, str(value))
    else:
        st.session_state[FAULT] = True


def anew(of: settings.Choice) -> None:
    """Ask again: a button's callback."""
    st.session_state.pop(of.key, None)
    st.query_params.pop(of.key, None)


def reveal(of: settings.Choice, said: str, parts: Sequence[Part]) -> None:
    """The guess as given, beside what was found."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(literal_but_bold(guess_reading(said, parts)), width="content")
        icon = ":material/edit:"
        st.button("Guess anew", key="anew", icon=icon, type="tertiary", on_click=anew, args=(of,))
