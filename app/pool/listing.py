"""The hosts of the pool as they are now: alike or not, who measures where, who waits, when heard of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from accel_core.model.hosts import Host
from accel_core.readings.fleet import alike_hosts, hardware, sharing
from accel_core.units import format_count, format_duration
from app.parts import components
from app.session import hosts as known

LOOK_EVERY_S = 3.0
NOW_S = 6.0
"""A host that was heard of so lately is there: it says so every 2 s."""
MOST_LINKED = 8
MOST_ROWS, MOST_PX = 9, 400
"""More rows are scrolled."""


@st.fragment(run_every=LOOK_EVERY_S)
def hosts() -> None:
    """A table that looks again by itself; all sessions share what is asked of the pool."""
    found = known.seen().hosts
    if not found:
        return
    groups = alike_hosts(found)
    st.markdown(summary(groups))
    rows = [row(host, number) for number, group in enumerate(groups, 1) for host in group]
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) <= MOST_ROWS else MOST_PX,
        column_config={"Does now": st.column_config.TextColumn(width="medium")},
        alt=f"The hosts of the pool and what they do. {summary(groups)}",
        key="hosts",
    )
    for sentence in sharing(found):
        st.caption(f":orange[:material/warning:] {components.literal(sentence)}")


def summary(groups: Sequence[Sequence[Host]]) -> str:
    """How many hosts of how many kinds, and how many of them measure."""
    every = [host for group in groups for host in group]
    busy, waiting = (
        sum(bool(host.busy) and not host.silent for host in every),
        sum(host.waiting for host in every),
    )
    kinds = "all alike" if len(groups) == 1 else f"{len(groups)} kinds of hardware"
    said = f"{format_count(len(every), 'host')}, {kinds}" if len(every) > 1 else "1 host"
    measure = "none measures" if not busy else f"{busy} {'measures' if busy == 1 else 'measure'}"
    waits = f", {format_count(waiting, 'job')} waiting on them" if waiting else ""
    return f"{said}; {measure}{waits}."


def row(host: Host, number: int, now_s: float | None = None) -> dict[str, str | int]:
    """What the table says of a host of hardware `number`."""
    return {
        "Host": host.name,
        "Does now": host.does,
        "Waiting": host.waiting,
        "Heard of": age_text(host.seen, now_s),
        "Alike": f"kind {number}",
        "Hardware": hardware(host),
        "Same computer as": ", ".join(host.shares) or "none",
    }


def age_text(seen: str, now_s: float | None = None) -> str:
    """How long ago an ISO 8601 moment was: "40 s ago"; "just now" where that is usual."""
    try:
        then_s = datetime.fromisoformat(seen).timestamp()
    except ValueError:
        return "unknown"
    ago_s = (time.time() if now_s is None else now_s) - then_s
    return "just now" if ago_s < NOW_S else f"{format_duration(ago_s)} ago"


def links() -> None:
    """To the machine of each host, where there are few."""
    found = known.seen().hosts
    if not 0 < len(found) <= MOST_LINKED:
        return
    with st.container(horizontal=True, gap="small"):
        for host in found:
            components.link("machine", f"{{title}}: {components.literal(host.name)}", {known.KEY: host.name})
