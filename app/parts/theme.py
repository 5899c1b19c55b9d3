"""The app's colours and the way a figure is shown: the one place that knows Streamlit's theme."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from accel_core.figures import Look, look_for, toolbar_config
from accel_core.figures.look import DESKTOP_PX

FONT_PX = 17
"""A step above the figures' own default: pages are projected."""
PHONE_PX = 350
"""The width that a phone leaves for a figure."""


def current_look(share: float = 1.0) -> Look:
    """The Look that fits the reader's theme and device; light and wide where the browser has not told yet.

    `share` is the part of the page's width that the figure takes; on a phone columns lie below one another.
    """
    phone = "Mobi" in st.context.headers.get("User-Agent", "")
    width_px = PHONE_PX if phone else round(DESKTOP_PX * share)
    return look_for(st.context.theme.type, font_px=FONT_PX, width_px=width_px)


def show(figure: go.Figure, *, alt: str, key: str, filename: str = "accel", form: str = "png") -> None:
    """Draws `figure` in its own colours and height, with `alt` for those who cannot see it.

    `form` is what the toolbar's camera saves: "png" (twice the size) or "svg".
    """
    st.plotly_chart(
        figure,
        theme=None,
        width="stretch",
        height="content",
        key=key,
        alt=alt,
        config=toolbar_config(filename, form),
    )
