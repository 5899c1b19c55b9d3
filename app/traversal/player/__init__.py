"""The traversal player: one or two traces go to the browser once and play there (a Streamlit v2 component)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.traversal.player.assets import read, script

_MOUNT = st.components.v2.component(
    "accel_traversal_player", html=read("player.html"), css=read("player.css"), js=script()
)


def player(data: Mapping[str, Any], *, key: str) -> tuple[str, int, int] | None:
    """Show `data` (see payload.py), opened anew whenever its `asked` is another number.

    Returns where the reader rests: (id of the data, step, when this was said), or None so far. It stays until
    the reader rests elsewhere, whatever is shown by then.
    """
    result = _MOUNT(data=dict(data), key=key, on_place_change=_heard)
    return rest(result.place)


def rest(place: Any) -> tuple[str, int, int] | None:
    """The place that the component named; None where it named none, or a forged message something else."""
    try:
        return str(place["id"]), int(place["step"]), int(place["at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _heard() -> None:
    """The step is read from the result; Streamlit wants a callback for each state."""
