"""Amdahl's law under a slider: one part of the block made faster, and the block then. Nothing is rerun."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from accel_core.figures.block_bars import block_bars_figure
from accel_core.readings.block_roofline import faster_alt, faster_reading
from accel_core.readings.block_rows import Row, sped_up, words_of
from accel_core.transformer import Preset, operations
from app.parts import columns, theme
from app.parts.components import literal_but_bold
from app.session import drawings, settings
from app.transformer.controls import Asked

FIRST = "feed-forward"
TIMES = settings.Choice(
    "times",
    "Times as fast",
    (1, 1.25, 1.5, 2, 3, 4, 6, 8, 10, 16, 25, 50, 100, 1000),
    2,
    "The rest of the block stays as it is.",
)


def part(base: Preset) -> settings.Choice:
    """What may be made faster: a kind of operation, or one of several."""
    words = words_of(operations(base.shape()))
    return settings.Choice("faster", "Make faster", words, FIRST, "A kind of operation, or one alone.")


def section(rows: Sequence[Row], asked: Asked, stale: str) -> None:
    """The slider, the two bars beside it, and what they say."""
    st.subheader("What if one part were faster?", anchor=False)
    left, right = st.columns((columns.CONTROLS, columns.PICTURES), gap="medium")
    with left:
        word = str(settings.select(part(asked.base)))
        factor = float(settings.slider(TIMES))
        if word not in words_of(asked.listed):
            st.info(f"{word} is element-wise, and only products are counted: count all to make it faster.")
            return
        found = sped_up(rows, word, factor)
        st.markdown(literal_but_bold(faster_reading(found)))
        st.caption("G. M. Amdahl, AFIPS 1967: with a share p made k times as fast, 1 / (1 - p + p / k).")
    with right:
        theme.show(
            drawings.drawn(block_bars_figure, found, theme.current_look(columns.SHARE), stale=stale),
            alt=faster_alt(found),
            key="block bars",
            filename="transformer-amdahl",
        )
