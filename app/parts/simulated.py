"""Simulated cache traffic for the pages: what is known, and the job that finds out the rest.

A simulation depends on nothing but its traversal and caches: a result is kept for all sessions of the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from accel_core.model import Machine
from app.parts import components
from app.session import cached, jobs

if TYPE_CHECKING:
    from accel_core.cache import CacheGeometry, Simulation, Traversal

MOST_SIZE = 1024
"""The time grows with the cube of the size: at twice this one kernel takes minutes."""


def caches_of(machine: Machine) -> tuple[CacheGeometry, ...] | None:
    """The caches of `machine` as detected; None, and a sentence on the page, where too little is known."""
    from accel_core.cache import cpu_caches

    if not machine.caches:
        st.info(
            f"The caches of {machine.cpu} are not known, so there is nothing to simulate.",
            icon=":material/memory:",
        )
        return None
    tell_what_is_assumed(machine)
    return cpu_caches(machine)


def tell_what_is_assumed(machine: Machine) -> None:
    """What was assumed or moved to simulate this machine's caches; nothing where all is as detected."""
    from accel_core.cache import cpu_notes

    if machine.caches and (notes := cpu_notes(machine)):
        st.caption("This CPU's caches are simulated as detected, but for this. " + " ".join(notes))


def known(traversals: Iterable[Traversal], caches: tuple[CacheGeometry, ...]) -> dict[Traversal, Simulation]:
    """Those of `traversals` that were simulated behind `caches`, by this session or another."""
    from accel_core.cache import Simulation

    kept = cached.simulations()
    for done in jobs.results()[1]:
        if isinstance(done, Simulation):
            key = done.traversal, tuple(level.cache for level in done.levels)
            if kept.get(key) is None:
                kept.put(key, done)
    return {one: found for one in traversals if (found := kept.get((one, caches))) is not None}


def button(label: str, missing: Sequence[Traversal], caches: Sequence[CacheGeometry]) -> None:
    """Start the simulation of what is `missing`."""
    components.job_button(
        label,
        job(missing, caches),
        key="simulate",
        icon=":material/grid_view:",
        help="The caches of this CPU as detected, one core, least recently used lines replaced. Simulated on "
        f"this computer, up to N={MOST_SIZE}; the time is a rough guess.",
    )


def job(missing: Sequence[Traversal], caches: Sequence[CacheGeometry]) -> dict[str, Any]:
    """The job that simulates `missing`, as the runner takes it."""
    return {
        "kind": "simulate",
        "traversals": [one.to_dict() for one in missing],
        "caches": [cache.to_dict() for cache in caches],
        "classify": False,
    }
