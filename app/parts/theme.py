"""The app's colours and the way a figure is shown: the one place that knows Streamlit's theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.figures import Look, look_for, toolbar_config
from accel_core.figures.drawing.look import DESKTOP_PX
from accel_core.figures.drawing.scaling import scaled
from app.session import settings
from app.session.drawings import Drawing

FONT_PX = 17
"""A step above the figures' own default: pages are projected."""
PHONE_PX = 350
"""The width that a phone leaves for a figure."""
ROOMS_PX = (PHONE_PX, 530, 690, DESKTOP_PX)
"""Widths that figures are laid out for: of a phone, of windows of 800, 960 and 1440 pixels."""
BESIDE_PX = round(0.83 * DESKTOP_PX)
"""The narrowest room with columns side by side; figures for the widest shrink to it and still fit."""
ROOM = "accel_room"
"""The cookie in which the browser says what its window leaves (`window.js`)."""


LARGE = settings.Choice(
    "large",
    "Large, for a lecture hall",
    ("false", "true"),
    "false",
    "Text and figures are drawn larger, and what is said beside them is left out.",
)
LARGER = 1.3
"""How many times as large as usual."""


def is_phone() -> bool:
    """Whether the reader's browser says that it is one."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def room_px() -> int:
    """The width to lay a figure out for: what the browser said, else what its kind usually leaves."""
    told = st.context.cookies.get(ROOM, "")
    if told in map(str, ROOMS_PX):
        return int(told)
    return PHONE_PX if is_phone() else DESKTOP_PX


def larger() -> float:
    """The factor by which figures are drawn larger; a phone has no room for that."""
    return LARGER if st.session_state.get(LARGE.key) and not is_phone() else 1.0


def current_look(share: float = 1.0) -> Look:
    """The Look that fits the reader's theme and device; light and wide where the browser has not told yet.

    `share` is the part of the page's width that the figure takes, where columns stand side by side.
    """
    room = room_px()
    width_px = round(room * (share if room == DESKTOP_PX else 1) / larger())
    return look_for(st.context.theme.type, font_px=FONT_PX, width_px=width_px)


def field(width_px: float) -> DeltaGenerator:
    """A place for one control of a row (`st.container(horizontal=True)`); a row without room goes on below."""
    return st.container(width=round(width_px * larger()))


def show(
    figure: go.Figure,
    *,
    alt: str,
    key: str,
    filename: str = "accel",
    form: str = "png",
    on_select: Callable[[], None] | Literal["ignore"] = "ignore",
) -> None:
    """Draws `figure` in its own colours and height, with `alt` for those who cannot see it.

    `form` is what the toolbar's camera saves: "png" (twice the size) or "svg". `on_select` runs after a click
    on a point.
    """
    if (factor := larger()) != 1:
        figure = Drawing(scaled(figure.to_dict(), factor))
    st.plotly_chart(
        figure,
        theme=None,
        width="stretch",
        height="content",
        key=key,
        alt=alt,
        config=toolbar_config(filename, form, figure),
        on_select=on_select,
        selection_mode="points",
    )
