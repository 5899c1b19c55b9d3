"""The worker: a process that measures one job and ends (`python -m accel_core.runner.worker`).

The job comes as a line of JSON on standard input, events leave as lines of JSON on what was standard output;
what is printed goes to standard error. The end of the input means that the parent is gone: the process ends at
once, even in the middle of a kernel (compiled kernels release the GIL, so the waiting thread gets to run).

It holds the host's turn as long as it lives. Where another account has that, it says so ("busy") and ends: its
parent could be stopped by Ctrl-Z while it holds a turn, a worker cannot.

A fresh process for each job costs about 0.2 s until the first step where files are cached (2-core Zen 4 virtual
machine), and in return no job inherits memory, threads or a damaged state from another.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from accel_core.errors import listening
from accel_core.host_lock import take_turn
from accel_core.machine import detect, environment, measuring_cpus, pin_current_process
from accel_core.machine.overrides import overridden
from accel_core.model import Machine
from accel_core.runner.ending import failed_event
from accel_core.runner.kinds import KINDS, threads_of
from accel_core.runner.kinds.kind import Emit, Run
from accel_core.runner.workers import BESIDE_OTHERS

JobData = dict[str, Any]
Prepare = Callable[[JobData, Emit], Any]


def main(handlers: Mapping[str, Run], prepare: Prepare) -> None:
    """Serve one job and end the process. A test's own worker script gives other `handlers` and `prepare`."""
    jobs, events = _claim_streams()
    faulthandler.enable()  # a crash leaves the Python lines that led to it on standard error
    emit = _emitter(events)
    job = read_job(jobs)
    threading.Thread(target=end_with_parent, args=(jobs,), daemon=True).start()
    try:
        with listening(lambda sentence: emit({"event": "warning", "message": sentence})):
            if not (job.pop(BESIDE_OTHERS, False) or take_turn()):
                emit({"event": "busy"})
                os._exit(0)
            emit({"event": "started", "pid": os.getpid()})
            handlers[job["kind"]](job, prepare(job, emit), emit)
    except BaseException as error:  # SystemExit too: whatever a library does, the job ends with a sentence
        emit(failed_event(error, traceback.format_exc()))
    else:
        emit({"event": "done"})
    sys.stderr.flush()
    os._exit(0)  # nothing is left to do, and no library's clean-up can turn a finished job into a crash


def prepare_to_measure(job: JobData, emit: Emit) -> Machine:
    """The machine, after this process was pinned to the processors it measures where the system allows that.

    Numba and NumPy are imported first, because they count their threads by the affinity that they find; the
    machine is detected first for the same reason.
    """
    from accel_core import bench  # imports both

    machine, versions = detect(), environment()
    bench.require_processors(threads_of(job))
    # a recorded machine's processors are not those of this process
    cpus = () if machine.pretended else measuring_cpus(machine, threads_of(job))
    pinned = pin_current_process(cpus)
    facts = {"fingerprint": machine.fingerprint, "environment": versions.to_dict()}
    emit({"event": "ready", "cpus": list(cpus) if pinned else [], **facts})
    if KINDS[job["kind"]].measures and (said := overridden(versions.overrides, versions.blas)):
        emit({"event": "warning", "message": f"{said} The records of this job say so."})
    return machine


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


def read_job(jobs: int) -> JobData:
    """The first line of the input; ends the process where the parent is gone before it has sent one."""
    text = b""
    while not text.endswith(b"\n"):
        chunk = os.read(jobs, 65536)
        if not chunk:
            os._exit(1)
        text += chunk
    job: JobData = json.loads(text)
    return job


def end_with_parent(jobs: int) -> None:
    """Wait for the end of the input, in a system call that costs nothing, and end the process."""
    while os.read(jobs, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main({kind.name: kind.run for kind in KINDS.values()}, prepare_to_measure)
