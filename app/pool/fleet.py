"""All hosts asked for their roofs: the button, how far each is, and Cancel. One server asks once at a time."""

from __future__ import annotations

import streamlit as st

from accel_core.units import format_duration
from app.parts import components
from app.parts import progress as of_job
from app.session import cached, fleets, hosts, jobs, settings

LOOK_EVERY_S = 1.0
MOST_SHOWN = 12
"""Hosts with a line of their own while they measure."""


def button(seconds: float) -> None:
    """Ask every host; held while it was asked before and has not ended."""
    last = fleets.last()
    why_not = ""
    if last is not None and not last.over:
        why_not = "All hosts are being measured: wait until they have ended."
    elif not (known := hosts.seen()).hosts or known.fault:
        why_not = known.fault or "The pool has no host that could be asked."
    st.button(
        f"Measure all roofs (about {format_duration(seconds)})",
        key="measure",
        type="primary",
        icon=":material/play_arrow:",
        disabled=bool(why_not),
        help=why_not or "One job for each host; all measure at once, each when its own queue lets it.",
        on_click=_start,
        args=(seconds,),
    )


def _start(seconds: float) -> None:
    from accel_core.pool.fleet import measure_roofs

    last = fleets.last()
    if last is not None and not last.over:  # somebody else was faster
        return
    fleets.keep(measure_roofs(hosts.seen().hosts, seconds, jobs.owner(), store=jobs.store()))


def progress() -> None:
    """How far each host is, while there is one that has not ended; afterwards who did not end well."""
    with settings.place():
        last = fleets.last()
        if last is None:
            return
        if not last.over:
            st.fragment(_lines, run_every=LOOK_EVERY_S)()
            return
        for one in last.roofs():
            if one.fault:
                st.warning(f"**{components.literal(one.host.name)}**: {components.literal(one.fault)}")


def _lines() -> None:
    last = fleets.last()
    if last is None or last.over:
        cached.forget_stored()
        st.rerun()
    going = [one for one in last.sent if not one.over]
    ended = len(last.sent) - len(going)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{ended} of {len(last.sent)} hosts have ended.", width="stretch")
        if last.owner == jobs.owner():
            st.button("Cancel all", key="cancel all", icon=":material/cancel:", on_click=last.cancel)
    for one in going[:MOST_SHOWN]:
        if one.job is not None:
            text = of_job.sentence(one.job).removeprefix(f"{one.host.name}: ")
            st.progress(of_job.fraction(one.job), text=f"**{components.literal(one.host.name)}**: {text}")
    if len(going) > MOST_SHOWN:
        st.caption(f"and {len(going) - MOST_SHOWN} more")
