"""Simulated cache traffic for the pages: what is known, and the job that finds out the rest.

A simulation depends on nothing but its traversal and caches: a result is kept for all sessions of the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import cached
import components
import jobs
import streamlit as st

from accel_core.errors import BadInput
from accel_core.model import Machine

if TYPE_CHECKING:
    from accel_core.cache import CacheGeometry, Simulation, Traversal

MOST_SIZE = 512
"""Larger products take minutes."""
ACCESSES_PER_S = 1.2e8
"""About what the simulator does with three levels where nothing is classified; orders differ much."""
START_S = 5.0
"""Of the worker process, which loads its compiled code."""


def caches_of(machine: Machine) -> tuple[CacheGeometry, ...] | None:
    """The caches of `machine` as detected; None, and a sentence on the page, where too little is known."""
    from accel_core.cache import cpu_caches

    try:
        return cpu_caches(machine)
    except BadInput:
        st.info(
            f"The caches of {machine.cpu} are not known well enough to be simulated: their size, ways and "
            "lines are needed.",
            icon=":material/memory:",
        )
        return None


def known(traversals: Iterable[Traversal], caches: tuple[CacheGeometry, ...]) -> dict[Traversal, Simulation]:
    """Those of `traversals` that were simulated behind `caches`, by this session or another."""
    from accel_core.cache import Simulation

    kept = cached.simulations()
    for done in jobs.results()[1]:
        if isinstance(done, Simulation):
            kept[done.traversal, tuple(level.cache for level in done.levels)] = done
    return {one: kept[one, caches] for one in traversals if (one, caches) in kept}


def button(label: str, missing: Sequence[Traversal], caches: Sequence[CacheGeometry]) -> None:
    """Start the simulation of what is `missing`, with the time that it will take."""
    seconds = START_S + sum(one.accesses for one in missing) / ACCESSES_PER_S
    st.button(
        f"{label} (about {components.about(seconds)})",
        key="simulate",
        icon=":material/grid_view:",
        disabled=jobs.active(),
        help="The caches of this CPU as detected, one core, least recently used lines replaced. Simulated on "
        f"this computer, up to N={MOST_SIZE}: larger products take minutes.",
        on_click=jobs.start,
        args=(job(missing, caches),),
    )


def job(missing: Sequence[Traversal], caches: Sequence[CacheGeometry]) -> dict[str, Any]:
    """The job that simulates `missing`, as the runner takes it."""
    return {
        "kind": "simulate",
        "traversals": [one.to_dict() for one in missing],
        "caches": [cache.to_dict() for cache in caches],
        "classify": False,
    }
