"""Jobs of this session: start one, find it again after a reload, and keep what it measured.

Nothing is computed here: `accel_core.runner` measures in a process of its own, and pages look at its progress.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from accel_core.errors import AccelError, StoreUnavailable
from accel_core.machine import pretence
from app.session import cached, readied, visitors

if TYPE_CHECKING:
    from accel_core.runner import Job
    from accel_core.runner.promise import Promise
    from accel_core.runner.visitors import Visitor

ACTIVE = ("queued", "running")


@dataclass
class Watch:
    """What this session knows about its newest job."""

    id: str
    started: str
    """ISO 8601, UTC."""
    drawn: int = 0
    """How many of its results the page shows."""
    machine: str = ""
    """Fingerprint of the machine that it was started for; empty where unknown."""
    drawn_at: float = 0.0
    holds: bool = False
    """Whether a button was drawn as held while it ran."""


def owner() -> str:
    """This browser tab, for the queue; fair turns are between owners."""
    return st.session_state.setdefault("owner", uuid.uuid4().hex)


def start(job: Mapping[str, Any]) -> None:
    """Queue a job for this session (a button's callback); what cannot be measured is said on the page."""
    from accel_core import runner

    try:
        begin(
            lambda owner, visitor: runner.submit(dict(job), owner, store=store(), visitor=visitor, **_there())
        )
    except AccelError as fault:
        st.session_state["job fault"] = str(fault)
        return
    readied.let_go(dict(job))


def _there() -> dict[str, Any]:
    """To which host of a pool a job goes; nothing where there is no pool."""
    if not cached.has_pool():
        return {}
    from app.session import hosts

    return {"wanted": hosts.wanted()}


def begin(submit: Callable[[str, Visitor], Job]) -> None:
    """Queue what `submit` does for this session as (owner, visitor); what it raises is the caller's to say."""
    st.session_state.pop("job fault", None)
    started = submit(owner(), visitors.here())
    _keep_results()
    st.session_state["watch"] = Watch(
        started.id, datetime.now(UTC).isoformat(), machine=cached.machine().fingerprint
    )
    st.query_params["job"] = started.id


def store() -> Any:
    """The store, None where it cannot be used: then the job measures and shows, and nothing is stored."""
    try:
        return cached.store()
    except StoreUnavailable:
        return None


def current() -> Job | None:
    """This session's newest job, found again through the URL after a reload; None where there is none.

    The address alone makes nobody its owner: whoever got it as a link only looks on, see `looked_on`.
    """
    watch: Watch | None = st.session_state.get("watch")
    if watch is None and (wanted := st.query_params.get("job")):
        watch = Watch(wanted, "")
    if watch is None:
        return None
    from accel_core import runner

    job = runner.find(watch.id)
    if job is None:
        st.query_params.pop("job", None)
        st.session_state.pop("watch", None)
        return None
    if not job.claim(visitors.here()):
        return None
    st.session_state["watch"], st.session_state["owner"] = watch, job.owner
    return job


def looked_on() -> Job | None:
    """Somebody else's job to which this page's address leads; None where this session has one of its own."""
    if "watch" in st.session_state or not (wanted := st.query_params.get("job")):
        return None
    from accel_core import runner

    return runner.find(wanted)


def active() -> bool:
    """Whether this session has a job that waits or runs."""
    job = current()
    return job is not None and job.state in ACTIVE


def held(job: Mapping[str, Any]) -> str:
    """Why `job` cannot be started now, in one sentence; empty where it can."""
    if active():
        st.session_state["watch"].holds = True
        return "This session's measurement is still running."
    return impossible(job)


def impossible(job: Mapping[str, Any]) -> str:
    """Why `job` can never be started here: a pretend host measures nothing. A simulation asks no clock."""
    from accel_core.runner.kinds import KINDS

    return pretence(cached.machine()) if KINDS[job["kind"]].measures else ""


def promise(job: Mapping[str, Any]) -> Promise | None:
    """How long `job` will take, by what is on record; None for one that cannot be run."""
    from accel_core.runner.promise import core_pace

    machine = cached.machine()
    if job.get("kind") in ("peaks", "disk"):
        # its time is its budget, and the first page does without the compiler
        return cached.promise(json.dumps(job, sort_keys=True), core_pace(ask=False), None)
    watch: Watch | None = st.session_state.get("watch")
    unasked = machine.pretended or cached.has_pool() or (watch is not None and watch.holds)
    pace = core_pace(ask=not unasked)
    seen = cached.stored(machine.fingerprint)
    return cached.promise(json.dumps(job, sort_keys=True), pace, seen)


def results() -> tuple[str, list[Any]]:
    """When this session's first job began (ISO 8601; empty where unknown), and all that its jobs measured.

    Of this machine: what another host of a pool measured is not told.
    """
    here = cached.machine().fingerprint
    started, kept = st.session_state.get("kept", {}).get(here, ("", []))
    watch: Watch | None = st.session_state.get("watch")
    job = current()
    if watch is None or job is None or watch.machine not in ("", here):
        return started, list(kept)
    return started or watch.started, [*kept, *job.results]


def results_of(id: str) -> list[Any]:
    """What one job of this visitor measured, where it ended not long ago."""
    from accel_core import runner

    job = runner.find(id) if id else None
    return list(job.results) if job is not None and job.claim(visitors.here()) else []


def _keep_results() -> None:
    """Take over the results of the job that is replaced by a new one."""
    watch: Watch | None = st.session_state.get("watch")
    if watch is None or (job := current()) is None:
        return
    kept: dict[str, tuple[str, list[Any]]] = st.session_state.setdefault("kept", {})
    machine = watch.machine or cached.machine().fingerprint
    started, before = kept.get(machine, ("", []))
    kept[machine] = started or watch.started, [*before, *job.results]
