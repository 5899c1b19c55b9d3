"""What the picture shows: which overlay, of which machines, in which scale."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from accel_core import registry
from accel_core.readings.members import Member, families
from app.session import settings

ROOFLINES, LADDER, GUESSES, CHANGE = "rooflines", "ladder", "guesses", "before and after"
VIEW = settings.Choice(
    "overlay",
    "Show",
    (ROOFLINES, LADDER, GUESSES, CHANGE),
    ROOFLINES,
    "Roofs and points of all machines; one strip a rung; a lesson's guesses against measurements; or two "
    "records with the ratio of each case.",
)
ABSOLUTE, SHARES = "absolute", "own roofs"
SCALE = settings.Choice(
    "scale",
    "Scale",
    (ABSOLUTE, SHARES),
    ABSOLUTE,
    "Absolute, or every machine in shares of its own peak, so that small and large ones compare.",
)
CORES = settings.Choice(
    "cores", "Threads", ("one", "all"), "one", "The roofs and points of one thread, or of all that each has."
)
WORKLOAD = settings.Choice(
    "problem",
    "Problem",
    tuple(workload.name for workload in registry.WORKLOADS),
    registry.WORKLOADS[0].name,
    "Whose rungs are drawn.",
)
SETTINGS = (VIEW, SCALE, CORES, WORKLOAD, settings.DTYPE)
ALL = "all"


def drawn_as() -> tuple[str, bool]:
    """The number type, and whether everything is in shares of each machine's own roofs."""
    dtype = str(settings.segments(settings.DTYPE))
    return dtype, settings.segments(SCALE) == SHARES


def family(others: Sequence[Member]) -> str:
    """The family of processors that is shown, "all" at first; nothing is asked where there is only one.

    It is not in the address: a reload forgets the files, and with them their families.
    """
    found = families(others)
    if len(found) < 2:
        return ALL
    counts = {name: sum(member.family == name for member in others) for name in found}
    chosen = st.selectbox(
        "Processors",
        (ALL, *found),
        format_func=lambda name: f"{name} ({counts.get(name, len(others))})",
        key="family",
        help="Which processors are shown; this machine always is.",
    )
    return chosen if chosen in found else ALL
