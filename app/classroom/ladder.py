"""A ladder on all machines of the class."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core import registry
from accel_core.figures.class_ladder import class_ladder_figure
from accel_core.readings.class_ladder import (
    class_ladder_alt,
    class_ladder_reading,
    outlier_rows,
    sizes,
    strips,
)
from accel_core.readings.members import Member
from accel_core.readings.outliers import RULE
from app.classroom import controls
from app.parts import columns, components, tables, theme
from app.session import settings


def picture(side: DeltaGenerator, members: Sequence[Member]) -> None:
    """A strip a rung, what they say, and who stands far off."""
    with side:
        workload = registry.workload(str(settings.select(controls.WORKLOAD)))
        dtype, shares = controls.drawn_as()
        size = _size(sizes(members, workload, dtype), workload.default_size)
    found = strips(members, workload, size, dtype, shares)
    theme.show(
        class_ladder_figure(found, theme.current_look(columns.SHARE), shares=shares),
        alt=class_ladder_alt(found, workload, size, shares),
        key="class ladder",
        filename="class-ladder",
    )
    components.reading(*class_ladder_reading(found, shares))
    rows = outlier_rows(found, shares)
    if rows:
        st.subheader("Far from the others", anchor=False)
        tables.table(rows, "class-outliers", alt="Rungs that lie far from the class's median")
    st.caption(RULE)


def _size(offered: Sequence[int], usual: int) -> int:
    """At which size; at first that of most machines. It is not in the address, as the files are not."""
    if not offered:
        return usual
    chosen = st.selectbox("Size N", offered, key="class size", help="The sizes that the files hold.")
    return chosen if chosen in offered else offered[0]
