"""Other processes on this host: who they are, whether they still live, and how they are ended."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

from accel_core.runner.queue import Process

TERMINATE_WAIT_S = 0.3
"""What a process gets between the polite and the final signal; a cancel has one second in all."""
KILL_WAIT_S = 5.0
"""For a killed process to vanish: only a system short of memory or disk needs more than milliseconds."""


def process(pid: int) -> Process | None:
    """The living process `pid` with its start; None where there is none, or only a zombie."""
    start = _linux_start(pid) if sys.platform == "linux" else _start(pid)
    return None if start is None else Process(pid, start)


def is_alive(known: Process) -> bool:
    """Whether `known` still runs: its id exists and started at the same moment (ids are used again)."""
    return process(known.pid) == known


def is_stopped(known: Process) -> bool:
    """Whether `known` lives and stands still, as after Ctrl-Z: it does nothing until somebody wakes it."""
    if not is_alive(known):
        return False
    try:
        return psutil.Process(known.pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    except psutil.Error:
        return False


@cache
def _this_process(pid: int) -> Process:
    me = process(pid)
    return me if me is not None else Process(pid, 0.0)


def this_process() -> Process:
    """The process that asks."""
    return _this_process(os.getpid())


def stop(known: Process) -> bool:
    """End `known` and its children: terminate, then kill. True once it is gone; no other process is touched."""
    if not is_alive(known):
        return True
    try:
        target = psutil.Process(known.pid)
        family = [target, *target.children(recursive=True)]
    except psutil.Error:
        return not is_alive(known)
    for member in family:
        with suppress(psutil.Error):
            member.terminate()
    _, left = psutil.wait_procs(family, timeout=TERMINATE_WAIT_S)
    for member in left:
        with suppress(psutil.Error):
            member.kill()
    psutil.wait_procs(left, timeout=KILL_WAIT_S)
    return not is_alive(known)


def resident_bytes(pid: int) -> int | None:
    """Resident memory of process `pid`; None where it is gone or may not be asked."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None


def _linux_start(pid: int) -> float | None:
    """Clock ticks since boot, field 22 of /proc/<pid>/stat (proc_pid_stat(5)).

    psutil's create_time adds the boot time, which moves whenever the clock is set: the owner of a ticket would
    look dead after a laptop slept. The name in field 2 may hold blanks and brackets, hence the split after the
    last one.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] in "ZX":
        return None
    return float(fields[19])


def _start(pid: int) -> float | None:
    try:
        found = psutil.Process(pid)
        return None if found.status() == psutil.STATUS_ZOMBIE else found.create_time()
    except psutil.Error:
        return None
