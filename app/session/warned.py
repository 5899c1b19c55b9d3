"""What the server's own process was warned of, for every page: that records lie in a temporary folder, say."""

from __future__ import annotations

import streamlit as st

from accel_core.errors import listening

_heard: dict[str, None] = {}
"""In the order in which they came, each once."""


def hear(sentence: str) -> None:
    """Keep a warning's sentence, each once."""
    _heard[sentence] = None


def forget() -> None:
    """Show nothing of what came before: for another life of the same process, as tests have."""
    _heard.clear()


_listening = listening(hear)
_listening.__enter__()  # for as long as the server runs


def show() -> None:
    """A line for each warning."""
    for sentence in tuple(_heard):
        st.warning(sentence, icon=":material/folder_off:")
