"""A plain text field for code: Tab indents, and what is typed outlives a reload (a Streamlit v2 component)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).resolve().parent


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


_MOUNT = st.components.v2.component(
    "accel_arena_editor", html=_read("editor.html"), css=_read("editor.css"), js=_read("editor.js")
)


def editor(text: str, put: str, *, place: str, own: bool, most: int, key: str) -> str | None:
    """Show `text`; what the field says instead, or None where it says nothing about the text called `put`.

    A new `put` replaces what is in the field. `place` names where the browser keeps what is typed; where the
    session has no text of its `own` yet, what is kept there is shown.
    """
    data = {"text": text, "put": put, "place": place, "own": own, "most": most}
    result = _MOUNT(data=data, key=key, on_code_change=_heard)
    return said(result, put)


def said(state: Any, put: str) -> str | None:
    """The text in the component's state; None where it is of an earlier one, or a forged message."""
    try:
        known, text = state["code"]["put"], state["code"]["text"]
    except (KeyError, TypeError):
        return None
    return text if known == put and isinstance(text, str) else None


def _heard() -> None:
    """The text is read from the result; Streamlit wants a callback for each state."""
