"""A product that no memory holds: its rate against the block, where one was run on this machine."""

from __future__ import annotations

import streamlit as st

from accel_core.figures.out_of_core import out_of_core_figure
from accel_core.readings import out_of_core as said
from app.parts import columns, components, tables, theme
from app.session import cached, drawings


def beyond_memory() -> None:
    """The newest runs of `accel out-of-core` as a picture, a sentence and a table; nothing without any."""
    runs = said.together(cached.out_of_core_runs(cached.machine().fingerprint))
    if not runs:
        return
    with st.expander("Beyond one memory: the same blocks from a disk", icon=":material/hard_drive:"):
        look = theme.current_look(columns.SHARE)
        figure = drawings.drawn(out_of_core_figure, runs, look)
        theme.show(figure, alt=said.alt(runs), key="out of core", filename="out-of-core")
        if sentence := said.disturbed(runs):
            st.caption(f":orange[:material/warning:] {components.literal(sentence)}")
        components.reading(said.reading(runs))
        tables.table(said.table_rows(runs), "out-of-core", alt="Runs of one product on a disk, by their block")
        for sentence in (said.memory_said(runs[-1]), said.disk_said(runs[-1])):
            st.caption(components.literal(sentence))
