"""The worker: a process of its own that measures one job at a time (`python -m accel_core.runner.worker`).

Jobs come as lines of JSON on standard input, events leave as lines of JSON on what was standard output; what is
printed goes to standard error. The end of the input means that the parent is gone or done: the process ends at
once, even in the middle of a kernel (compiled kernels release the GIL, so the reader always gets to run).
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from accel_core.machine import (
    detect,
    environment,
    measuring_cpus,
    pin_current_process,
    unpin_current_process,
)
from accel_core.model import Machine
from accel_core.runner.ending import failed_event
from accel_core.runner.handlers import HANDLERS, Emit, Handler, threads_of

Job = dict[str, Any]
Prepare = Callable[[Job, Emit], AbstractContextManager[Any]]
WARM_UP: Job = {"kind": "warm up"}
"""A job without work: pay for the imports now, then wait."""


def main(handlers: Mapping[str, Handler] = HANDLERS, prepare: Prepare | None = None) -> None:
    """Serve jobs until the input ends. A test's own worker script gives other `handlers` and `prepare`."""
    jobs, events = _claim_streams()
    emit = _emitter(events)
    inbox: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs, inbox), daemon=True).start()
    faulthandler.enable()  # a crash leaves the Python lines that led to it on standard error
    while True:
        job = inbox.get()
        if job == WARM_UP:
            _import_all()
        else:
            _serve(job, emit, handlers, prepare or measuring)
        gc.collect()


def _serve(job: Job, emit: Emit, handlers: Mapping[str, Handler], prepare: Prepare) -> None:
    emit({"event": "started", "pid": os.getpid()})
    try:
        with prepare(job, emit) as machine:
            handlers[job["kind"]](job, machine, emit)
    except (
        BaseException
    ) as error:  # also SystemExit from a library: the job ends with a sentence, whatever it is
        emit(failed_event(error, traceback.format_exc()))
    else:
        emit({"event": "done"})


@contextmanager
def measuring(job: Job, emit: Emit) -> Iterator[Machine]:
    """The machine, with this process pinned to the processors it measures where the system allows that.

    Numba and NumPy are imported first, because they count their threads by the affinity that they find; the
    machine is detected first for the same reason.
    """
    _import_all()
    machine, versions = detect(), environment()
    cpus = measuring_cpus(machine, threads_of(job))
    pinned = pin_current_process(cpus)
    facts = {"fingerprint": machine.fingerprint, "environment": versions.to_dict()}
    emit({"event": "ready", "cpus": list(cpus) if pinned else [], **facts})
    try:
        yield machine
    finally:
        unpin_current_process()


def _import_all() -> None:
    """Import all that takes long."""
    import numba  # noqa: F401

    from accel_core import bench, registry  # noqa: F401


def _claim_streams() -> tuple[int, int]:
    """File descriptors of the jobs and of the events, which from here on nobody else in this process has."""
    jobs, events = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # also what C code prints
    sys.stdout = sys.stderr
    return jobs, events


def _emitter(events: int) -> Emit:
    lock = threading.Lock()

    def emit(event: dict[str, Any]) -> None:
        line = json.dumps(event, default=_plain).encode() + b"\n"
        with lock:
            try:
                while line:
                    line = line[os.write(events, line) :]
            except OSError:  # the parent is gone
                os._exit(1)

    return emit


def _plain(value: Any) -> Any:
    """A NumPy number as the Python number that JSON knows."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON data")


def _listen(jobs: int, inbox: queue.SimpleQueue[Job]) -> None:
    """Pass on the jobs; end the process with the input. Blocks in the system call and costs nothing."""
    rest = b""
    while chunk := os.read(jobs, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            inbox.put(json.loads(line))
    os._exit(0)


if __name__ == "__main__":
    main()
