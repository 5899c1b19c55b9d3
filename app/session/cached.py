"""What the app keeps between reruns: the only `st.cache_*` in it. Names go in, plain records come out."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Hashable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

from accel_core import registry
from accel_core.errors import AccelError, StoreUnavailable
from accel_core.machine import detect
from accel_core.machine import environment as detect_environment
from accel_core.model import BlockRun, Disk, Environment, Machine, OutOfCoreRun
from accel_core.store import Recent, Sampled, Seen, Store
from accel_core.store.recent import FRESH_S
from accel_core.studies.lessons import Standing, standings
from app.session import samples
from app.session.kept import Kept
from app.session.samples import Blocks, Judgings, Sample
from app.session.simulating import Simulator

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

    from accel_core.model.pace import Pace
    from accel_core.pool.fleet import Fleet
    from accel_core.runner.known import Known
    from accel_core.runner.promise import Promise
    from accel_core.runner.tickets import TicketFolder
    from app.session.hosts import Watcher

DRAWINGS_BYTES = 32 << 20
"""Some hundred figures."""
SIMULATIONS_BYTES = 64 << 20
"""A hundred traces or so, and all counts."""
ARENA_BYTES = 16 << 20
"""Boards of many events, and some hundred verdicts."""
QUEUE_S = 60.0


@st.cache_resource(show_spinner=False)
def pages(listed: tuple[tuple[str, str, str, str], ...]) -> tuple[StreamlitPage, ...]:
    """Pages as Streamlit knows them, to be copied for each run; the first is the start page.

    Each is given by path, title, icon and help. To make them is to look for each file on disk: a twentieth of
    what a page takes, twelve times over.
    """
    return tuple(
        st.Page(path, title=title, icon=f":material/{icon}:", help=said, default=(path == listed[0][0]))
        for path, title, icon, said in listed
    )


@st.cache_resource(show_spinner=False)
def here() -> Machine:
    """The computer that runs this app, detected once a server."""
    return detect()


def has_pool() -> bool:
    """Whether a pool of hosts is named: else nothing of it is imported."""
    return bool(os.environ.get("ACCEL_POOL"))


def machine() -> Machine:
    """This machine, as pages mean it: the host of the pool that this session chose, else the app's computer."""
    if has_pool():
        from app.session import hosts

        return hosts.machine() or here()
    return here()


@st.cache_resource(show_spinner=False)
def pool() -> Watcher:
    """The one look at the pool that all sessions share."""
    from accel_core.pool import hosts
    from app.session.hosts import Watcher

    return Watcher(lambda: hosts())


@st.cache_resource(show_spinner=False)
def fleets() -> list[Fleet]:
    """When all hosts of the pool were asked for their roofs, see `fleets.py`."""
    return []


@st.cache_resource(show_spinner=False)
def environment() -> Environment:
    """The library versions of this server."""
    return detect_environment()


@st.cache_resource(show_spinner=False)
def sample() -> Sample | None:
    """See `samples.py`."""
    return samples.sample()


@st.cache_resource(show_spinner=False)
def sample_blocks() -> Blocks | None:
    """See `samples.py`."""
    return samples.blocks()


@st.cache_resource(show_spinner=False)
def sample_arena() -> Judgings | None:
    """See `samples.py`."""
    return samples.judgings()


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store that all sessions write to; a failure is not kept, so the next look tries again."""
    return Store()


@st.cache_resource(max_entries=16, show_spinner=False)
def _recent(fingerprint: str) -> Recent:
    return Recent(store(), fingerprint, environment())


def stored(fingerprint: str) -> Seen:
    """What is stored of one machine, the same for all sessions.

    Records that another program adds show after some seconds; `forget_stored` shows our own at once.
    """
    return _recent(fingerprint).look()


def sampled(
    fingerprint: str, dtype: str, threads: int, kernels: tuple[str, ...], since: str, most: int
) -> Sampled:
    """At most `most` measurements of one machine, an even choice of its newest."""
    return _sampled(stored(fingerprint).number, fingerprint, dtype, threads, kernels, since, most)


@st.cache_resource(max_entries=8, show_spinner="Reading all measurements")
def _sampled(
    number: int, fingerprint: str, dtype: str, threads: int, kernels: tuple[str, ...], since: str, most: int
) -> Sampled:
    try:
        return store().sampled(fingerprint, most, dtype=dtype, threads=threads, kernels=kernels, since=since)
    except StoreUnavailable:
        return Sampled()


@st.cache_resource(ttl=FRESH_S, max_entries=2, show_spinner=False)
def block_runs(fingerprint: str) -> tuple[BlockRun, ...]:
    """Transformer blocks that were run on one machine, newest first; none where the store cannot be read."""
    try:
        return tuple(store().block_runs(fingerprint))
    except StoreUnavailable:
        return ()


@st.cache_resource(ttl=FRESH_S, max_entries=2, show_spinner=False)
def out_of_core_runs(fingerprint: str) -> tuple[OutOfCoreRun, ...]:
    """Products on a disk that were run on one machine, newest first; none where the store cannot be read."""
    try:
        return tuple(store().out_of_core_runs(fingerprint))
    except StoreUnavailable:
        return ()


@st.cache_resource(ttl=FRESH_S, max_entries=2, show_spinner=False)
def disks(fingerprint: str) -> tuple[Disk, ...]:
    """Disks that were measured on one machine, newest first; none where the store cannot be read."""
    try:
        return tuple(store().disks(fingerprint))
    except StoreUnavailable:
        return ()


@st.cache_resource(ttl=FRESH_S, max_entries=2, show_spinner=False)
def _answered(fingerprint: str) -> Mapping[str, Standing]:
    from accel_core.lessons import LESSONS

    known = store()
    return standings(LESSONS, known.guesses(fingerprint), known.answers(), fingerprint)


def answered() -> Mapping[str, Standing]:
    """How each lesson stands by what is stored, by its name; what another program adds shows after seconds.

    StoreUnavailable where the store cannot be read.
    """
    return _answered(machine().fingerprint)


def forget_answered() -> None:
    """Look into the store again at the next look: a guess or an answer was added."""
    _answered.clear()


@st.cache_resource(show_spinner=False)
def tries() -> dict[str, Any]:
    """The tries of lessons that all sessions made, by the id of the job, see `tries.py`."""
    return {}


def forget_stored() -> None:
    """Look into the store again at the next look: a job has added to it, and perhaps compiled something."""
    _recent(machine().fingerprint).forget()
    block_runs.clear()
    disks.clear()
    out_of_core_runs.clear()
    _promise.clear()


def promise(job: str, core_pace: Pace, seen: Seen | None) -> Promise | None:
    """How long a job (as JSON) will take, by these records of this machine; None for one that cannot be run."""
    return _promise(job, core_pace, -1 if seen is None else seen.number, _which(machine()), seen)


def _which(one: Machine) -> str:
    """What tells machines apart for a promise."""
    return f"{one.fingerprint} {one.cores.allowed}"


@st.cache_resource(max_entries=500, show_spinner=False)
def _promise(job: str, core_pace: Pace, number: int, which: str, _seen: Seen | None) -> Promise | None:
    from accel_core.runner.promise import foresee

    try:
        return foresee(json.loads(job), _known(core_pace, number, which, _seen))
    except AccelError:
        return None


@st.cache_resource(max_entries=4, show_spinner=False)
def _known(core_pace: Pace, number: int, which: str, _seen: Seen | None) -> Known:
    from accel_core.runner.known import Known

    seen = _seen or Seen()
    return Known(machine(), seen.experience, seen.calibrations, core_pace)


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import the compiler in the background once the first page is drawn, so that the next need not wait."""

    def load() -> None:
        with suppress(AccelError):  # the page that needs it says so
            import accel_core.runner  # noqa: F401

    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread


@st.cache_data(max_entries=64, show_spinner=False)
def source(kernel: str) -> tuple[str, str]:
    """The source code of a kernel and the diff against the rung that it changes (empty for the first)."""
    return registry.source(kernel), registry.source_diff(kernel)


@st.cache_resource(show_spinner=False)
def drawings() -> Kept:
    """Figures as plain data, for all sessions."""
    return Kept(DRAWINGS_BYTES)


@st.cache_resource(show_spinner=False)
def simulations() -> Kept:
    """What was simulated on this server, for all sessions."""
    return Kept(SIMULATIONS_BYTES)


@st.cache_resource(show_spinner=False)
def arena() -> Kept:
    """Boards, histories, entries and verdicts of the arena, see `entries.py`."""
    return Kept(ARENA_BYTES)


@st.cache_resource(show_spinner=False)
def first_simulations() -> Mapping[Hashable, Any]:
    """What was simulated before the app was shipped; its keys are those of `simulations`."""
    from app.session.recorded import keyed

    return keyed()


@st.cache_resource(ttl=QUEUE_S, show_spinner=False)
def queue() -> TicketFolder:
    """The queue of this computer, for pages that only look; AccelError where it has no place.

    To open it is to write a file and lock it, to see that it can be used. Every tab of a class would do that
    every few seconds; whoever hands in a job does it anew.
    """
    from accel_core.runner.tickets import open_queue

    return open_queue()


@st.cache_resource(show_spinner=False)
def short_simulator() -> Simulator:
    """For what takes no longer than to draw a page."""
    return Simulator()


@st.cache_resource(show_spinner=False)
def long_simulator() -> Simulator:
    """For what would disturb a measurement: in the queue of this computer it is one owner among others."""
    from accel_core.runner.turn import host_turn

    return Simulator(partial(host_turn, uuid4().hex))
