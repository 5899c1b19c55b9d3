"""What runs in a child before and between foreign code: standard library only, for the child imports it.

A child's standard input is the pipe on which it is told to go on, its standard output the one on which it says
that it has. `begin` takes both away before anything foreign runs, so that what is printed goes to standard
error, of which the parent keeps a limited length.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from accel_core.wall import confine, filters

_PR_SET_PDEATHSIG = 1


class _State:
    """What `begin` was told, and the two pipes."""

    go = -1
    done = -1
    walled = False
    job = Path()


def begin(told: Mapping[str, Any]) -> None:
    """Take the two pipes, bind this process's life to its parent's, and limit what it may use."""
    _State.go, _State.done = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    if nothing > 2:
        os.close(nothing)
    sys.stdout = sys.stderr
    _State.walled, _State.job = told["walled"], Path(told["job"])
    _say_and_wait()  # the parent becomes this process's own, if it was not
    _die_with_parent()
    _say_and_wait()  # and it lived when that was settled
    confine.limit(told)
    if _State.walled:
        confine.give_up_files(told)
        confine.add_filter(filters.begun(platform.machine(), told["threads"]))


def job_file(name: str) -> Path:
    """Where the file `name` that was given to the child lies."""
    return _State.job / name


def walled() -> bool:
    """Whether the wall stands around this process."""
    return _State.walled


def lock_down(threads: bool) -> bool:
    """From here on all threads of this process may compute, and nothing else; False where no wall stands.

    `threads`: whether new ones may be started. No file can be opened, no memory made executable.
    """
    if not _State.walled:
        return False
    pipes = ([_State.go], [_State.done, 1, 2])
    confine.add_filter(filters.computing(platform.machine(), threads, *pipes))
    return True


def serve(prepare: Callable[[], Callable[[], object]]) -> NoReturn:
    """Call what `prepare()` returns once for every time that the parent says so; never returns."""
    try:
        call = prepare()
        go, done, read, write = _State.go, _State.done, os.read, os.write
        while True:
            write(done, b"d")
            if not read(go, 1):
                os._exit(0)
            call()
    except BaseException:
        traceback.print_exc()
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(1)


def _say_and_wait() -> None:
    """Say that this far was come, and wait until the parent has seen it; the end where there is none."""
    try:
        os.write(_State.done, b"h")
        alive = os.read(_State.go, 1)
    except OSError:
        alive = b""
    if not alive:
        os._exit(0)


def _die_with_parent() -> None:
    """Linux kills this process when its parent ends, stopped or not."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
