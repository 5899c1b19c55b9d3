"""A worker with handlers that misbehave, for the runner's tests; started as a script with a name in argv."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accel_core.runner.worker import main

ENVIRONMENT = {
    "accel": "0",
    "python": "3",
    "numpy": "2",
    "numba": "0",
    "llvm": None,
    "system": "any",
    "blas": None,
}
CLOCK = {"clock_hz": {"median": 3e9, "low": None, "high": None, "n": 1}, "definition": "typed in by a test"}
RESULT = {"event": "result", "type": "clock", "data": CLOCK}
Job = Mapping[str, Any]


def prepare(job: Job, emit: Any) -> None:
    emit({"event": "ready", "cpus": [], "fingerprint": "a test", "environment": ENVIRONMENT})


def work(job: Job, machine: None, emit: Any) -> None:
    """Two steps with a result each; notes the interval of its work in `job["file"]`."""
    begin = time.monotonic()  # one clock for all processes of a host
    for done in range(2):
        emit({"event": "step", "name": f"step {done}", "done": done, "total": 2, "expected_s": 0.2})
        time.sleep(job.get("seconds", 0.0))
        emit(RESULT)
    if "file" in job:
        with Path(job["file"]).open("a") as file:
            file.write(f"{job.get('name', '')} {begin} {time.monotonic()}\n")


def spin(job: Job, machine: None, emit: Any) -> None:
    """A result, then a compiled loop without an end that releases the GIL, as kernels do."""
    import numba

    @numba.njit(nogil=True)
    def endless(n: int) -> int:
        total = 0
        while n > 0:
            total = (total + n) ^ 3
            n = n + 1 if total != 1 << 62 else 0
        return total

    endless(0)
    emit(RESULT)
    emit({"event": "step", "name": "spinning", "done": 0, "total": 1, "expected_s": None})
    endless(1)


def die(job: Job, machine: None, emit: Any) -> None:
    emit(RESULT)
    os.kill(os.getpid(), getattr(signal, job["signal"]))
    time.sleep(60)


def crash(job: Job, machine: None, emit: Any) -> None:
    emit(RESULT)
    ctypes.string_at(0)


def leave(job: Job, machine: None, emit: Any) -> None:
    print("the last words", file=sys.stderr, flush=True)
    os._exit(7)


def fail(job: Job, machine: None, emit: Any) -> None:
    emit(RESULT)
    raise {"exit": SystemExit, "memory": MemoryError, "zero": ZeroDivisionError}[job["error"]]("a secret path")


def refuse(job: Job, machine: None, emit: Any) -> None:
    from accel_core.errors import WrongResult

    raise WrongResult("The kernel's result is wrong.")


def devour(job: Job, machine: None, emit: Any) -> None:
    """Take 2 MiB at a time until somebody ends it."""
    emit(RESULT)
    taken = []
    while len(taken) < 1000:
        taken.append(b"x" * (1 << 21))
        time.sleep(0.002)
    time.sleep(60)


def babble(job: Job, machine: None, emit: Any) -> None:
    """Print with Python and with C where events used to go, and send events that are none."""
    print('{"event": "failed", "message": "only printed"}', flush=True)
    os.write(1, b'{"event": "failed", "message": "printed by C"}\n')
    emit({"event": "unheard of"})
    emit({"event": "result", "type": "clock", "data": {}})
    emit({"event": "result", "type": "nothing", "data": {}})
    emit(RESULT)


def sleep(job: Job, machine: None, emit: Any) -> None:
    emit({"event": "step", "name": "sleeping", "done": 0, "total": 1, "expected_s": None})
    time.sleep(600)


HANDLERS = {
    handler.__name__: handler
    for handler in (work, spin, die, crash, leave, fail, refuse, devour, babble, sleep)
}

if __name__ == "__main__":
    if sys.argv[1:] == ["noise"]:  # what a library prints while Python starts
        os.write(1, b'no event\n["nor this"]\n{"neither": 1}\n')
    main(HANDLERS, prepare)
