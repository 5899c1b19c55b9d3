"""What the page Traversal has simulated in the server itself: found among what is kept, or waited for.

A short simulation runs at once. A long one takes its turn in the queue of this computer, so that it runs beside
no measurement; meanwhile the page says what goes first. Who changes a setting or leaves waits for it no more.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from accel_core.units import format_count, format_duration
from app.session import cached, jobs, readied, settings
from app.session.recorded import counts_key, trace_key
from app.session.simulating import Emit, Request, Simulator, TooMany

if TYPE_CHECKING:
    from accel_core.cache import CacheGeometry, Simulation, Trace, Traversal

SHORT = 1_000_000
"""Accesses that are simulated at once: some hundredths of a second, as much as a page takes to be drawn."""
LOOK_S = 0.2
LEAST_COMPILE_S = 1.0
"""A job that is compiled in less is not got ready: a process takes as long to start."""
Caches = tuple["CacheGeometry", ...]


def traced(traversal: Traversal, caches: Caches, first: int, start: int) -> Trace:
    """`first` steps of a traversal through caches, after the first `start`."""

    def work(emit: Emit) -> Trace:
        from accel_core.cache import trace

        found = trace(traversal, caches, first, start, emit=emit)
        for part in (found, *found.held):
            for value in vars(part).values():
                if isinstance(value, np.ndarray):
                    value.setflags(write=False)
        return found

    return _found(trace_key(traversal, caches, first, start), "Tracing", start + first, work)


def counted(traversal: Traversal, caches: Caches) -> Simulation:
    """The counts of a whole traversal through caches, kinds of misses told apart."""

    def work(emit: Emit) -> Simulation:
        from accel_core.cache import simulate

        return simulate(traversal, caches, emit=emit)

    return _found(counts_key(traversal, caches), "Counting the whole product", traversal.accesses, work)


def get_ready() -> None:
    """Have the simulator compiled behind what is shown, so that the next thing asked for waits less."""
    if _compile_s():
        with suppress(TooMany):
            cached.long_simulator().ask(readied.COMPILER, readied.COMPILER, lambda emit: _compile())


def get_ready_for(job: Mapping[str, Any]) -> float:
    """Have a job compiled while somebody thinks about it; the seconds that takes, 0 where it is compiled."""
    promise = None if jobs.impossible(job) or jobs.active() else jobs.promise(job)
    if promise is None or promise.compile_s < LEAST_COMPILE_S:
        return 0.0
    readied.get_ready(job)
    return promise.compile_s


def _found(key: Any, what: str, accesses: int, work: Callable[[Emit], Any]) -> Any:
    """The answer of that `key`, kept or computed by `work`."""
    kept = cached.simulations()
    if (known := kept.get(key) or cached.first_simulations().get(key)) is not None:
        return known

    def once(emit: Emit) -> Any:
        if (meanwhile := kept.get(key)) is not None:  # others waited for the same
            return meanwhile
        if compile_s:
            _compile()
        value = work(emit)
        kept.put(key, value)
        return value

    compile_s = _compile_s()
    simulator = cached.short_simulator() if accesses <= SHORT and not compile_s else cached.long_simulator()
    request = simulator.ask(_session(), _address(), once)
    line: Any = None
    try:
        while not request.wait(LOOK_S):
            if line is None:
                with settings.place():
                    line = st.empty()
            _say(line, simulator, request, what, _first_time(compile_s))  # Streamlit ends the script here
    finally:
        request.give_up()
    if line is not None:
        line.empty()  # to run the page anew would take the gap too, and what it had said of its link
    return request.answer()


def _compile() -> None:
    if _compile_s():  # nobody has had it compiled since
        from accel_core.cache.compiling import compile_elsewhere

        compile_elsewhere()


def _session() -> str:
    return str(st.session_state.setdefault("simulates as", uuid.uuid4().hex))


def _address() -> str:
    """Where the session comes from; visitors on this computer have none and count one by one."""
    return st.context.ip_address or _session()


def _compile_s() -> float:
    """How long the simulator takes to be compiled; 0 where its machine code is kept."""
    from accel_core.runner.promise import simulator_s

    return simulator_s()


def _first_time(compile_s: float) -> str:
    """A sentence where the simulator must be compiled first."""
    if compile_s < 1:
        return ""
    return f" The first time on a computer, the simulator is compiled (about {format_duration(compile_s)})."


def _say(line: Any, simulator: Simulator, request: Request, what: str, more: str) -> None:
    if request.fraction is not None:
        line.progress(request.fraction, f"{what}: {request.fraction:.0%}.{more}")
        return
    first = [(simulator.jobs_first, "measurement"), (simulator.ahead(request), "simulation")]
    said = " and ".join(format_count(number, kind) for number, kind in first if number)
    line.progress(0.0, f"{what} waits: {said or 'its turn'} on this computer first.{more}")
