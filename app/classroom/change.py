"""Two records, before and after a change."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core import registry
from accel_core.figures.class_change import class_change_figure, drawn
from accel_core.readings.change import change_alt, change_reading, change_rows, compared
from accel_core.readings.members import Member
from accel_core.studies.record import changes
from app.parts import columns, components, tables, theme


def picture(side: DeltaGenerator, members: Sequence[Member]) -> None:
    """The cases that two records hold, with the ratio of each, and what they say."""
    with side:
        before, after = _chosen(members)
    found = compared(before, after) if before is not None and after is not None else []
    theme.show(
        class_change_figure(found, theme.current_look(columns.SHARE), workloads=registry.WORKLOADS),
        alt=change_alt(found, registry.WORKLOADS),
        key="class change",
        filename="class-change",
    )
    if before is None or after is None:
        st.caption(
            "Export this machine's record on the page Roofline (Data as JSON), change something, measure "
            "again, and open the file here."
        )
        return
    _notes(before, after)
    components.reading(*change_reading(found, registry.WORKLOADS))
    if len(drawn(found)) < len(found):
        st.caption(f"Drawn are the {len(drawn(found))} that changed most; the table has all {len(found)}.")
    tables.expander("All cases as a table", change_rows(found, registry.WORKLOADS), "change", alt="All cases")


def _chosen(members: Sequence[Member]) -> tuple[Member | None, Member | None]:
    """The two records; of two, this machine's own is the later one at first."""
    if len(members) < 2:
        return None, None
    by_name = {member.name: member for member in members}
    names = list(by_name)
    chosen = []
    for label, at in (("Before", 0), ("After", len(names) - 1)):
        name = st.selectbox(label, names, at, key=f"class {label}")
        chosen.append(by_name.get(name, members[at]))
    return chosen[0], chosen[1]


def _notes(before: Member, after: Member) -> None:
    """What else differs between the two: the machine, or versions."""
    if before.machine.fingerprint != after.machine.fingerprint:
        st.info("These are two machines: each ratio compares machines, not a change.", icon=":material/info:")
        return
    then, now = (max(member.measurements, key=lambda m: m.created, default=None) for member in (before, after))
    if then and now and (differ := changes(then.environment, now.environment)):
        st.info(f"Versions changed too: {'; '.join(differ)}.", icon=":material/update:")
