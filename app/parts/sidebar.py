"""What stands beside every page: the product's mark, and whether somebody measures on this computer now."""

from __future__ import annotations

import sys

import streamlit as st

from accel_core.errors import AccelError
from accel_core.machine import pretence
from app.parts import components, theme
from app.session import cached, crowd, jobs, settings
from app.session.assets import ASSETS

ON_THE_PAGE_WHERE_FOLDED = """<style>@media (min-width: 769px) {
    div:has(> .st-key-pretence) { display: none }
}</style>"""
"""Streamlit folds the sidebar away in windows of at most 768 px. The wrapper goes too: it would leave a gap."""
MOST_HOSTS = 5
LOOK_EVERY_S = 5.0
"""Seldom enough not to disturb what is measured; all tabs of a server share one look at the queue. Of a class
of 500 each asks every 50 s."""


def draw() -> None:
    """The logo in the colours of the reader's theme, the name of a pretend host, and the footer."""
    mode = "dark" if st.context.theme.type == "dark" else "light"
    if cached.has_pool():
        from app.session import hosts

        hosts.admit()
    st.logo(str(ASSETS / f"logo_{mode}.svg"), size="large", icon_image=str(ASSETS / f"mark_{mode}.svg"))
    if said := pretence(cached.machine()):
        label = f":orange-background[:material/theater_comedy: {said}]"
        st.sidebar.caption(label)
        st.html(ON_THE_PAGE_WHERE_FOLDED)
        st.container(key="pretence").caption(label)
    with st.sidebar:
        if cached.has_pool():
            hosts.choose()
        if not theme.is_phone():
            settings.switch(theme.LARGE)
        st.fragment(_footer, run_every=crowd.every_s(LOOK_EVERY_S))()


def _footer() -> None:
    """Which computer answers, and who measures on it."""
    if cached.has_pool():
        _hosts()
        return
    here = cached.machine()
    st.caption(f":material/memory: {here.cpu}, {here.cores.allowed} cores")
    if (seen := _jobs()) is not None:
        count, elsewhere = seen
        mine = int(jobs.active())  # it may have been handed in since the last look
        st.caption(f":material/hourglass_empty: {queue_sentence(max(count, mine), elsewhere)}")


def _hosts() -> None:
    """What the chosen hosts of the pool do."""
    from app.session import hosts

    _, mine = hosts.chosen()
    for host in mine[:MOST_HOSTS]:
        st.caption(f":material/dns: {components.literal(host.name)}: {hosts.doing(host)}")
    if len(mine) > MOST_HOSTS:
        st.caption(f"and {len(mine) - MOST_HOSTS} more")


def queue_sentence(count: int, elsewhere: bool = False) -> str:
    """How many jobs this computer has, running and waiting; `elsewhere`: one more runs for another account."""
    if elsewhere:
        return f"Another account measures{f', {count} waiting' if count else ''}"
    if not count:
        return "Nobody is measuring"
    waiting = f", {count - 1} waiting" if count > 1 else ""
    return f"1 job running{waiting}"


def _jobs() -> tuple[int, bool] | None:
    """Jobs in this account's queue, and whether another account measures.

    None while the runner is not loaded or its folder does not answer.
    """
    if "accel_core.runner.submitting" not in sys.modules:
        return None  # it brings the compiler along, which the first page does not wait for
    try:
        queue = cached.queue()
        return len(queue.places(LOOK_EVERY_S - 1)), queue.measured_elsewhere
    except (AccelError, OSError):
        return None
