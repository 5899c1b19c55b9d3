"""The app's colours and the way a figure is shown: the one place that knows Streamlit's theme."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from accel_core.figures import Look, look_for, toolbar_config

FONT_PX = 17
"""A step above the figures' own default: pages are projected."""


def current_look() -> Look:
    """The Look that fits the reader's theme and device; light and wide where the browser has not told yet."""
    agent = st.context.headers.get("User-Agent", "")
    return look_for(st.context.theme.type, font_px=FONT_PX, narrow="Mobi" in agent)


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
