"""Starting a child, behind the wall or as a plain process."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from accel_core.folders import PACKAGE
from accel_core.wall import bubblewrap, filters
from accel_core.wall.child import Child
from accel_core.wall.ending import ChildEnded, ChildLate, NoWall
from accel_core.wall.limits import Limits

START_S = 60.0
"""For an interpreter to start on a slow and busy machine."""
FAILED = "A process could not be started: "
SIGNALS_STOP = hasattr(signal, "SIGSTOP")
"""Not on Windows."""
_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37
_one_at_a_time = threading.Lock()


def start(
    script: Path,
    arguments: Sequence[str] = (),
    *,
    files: Mapping[str, bytes] | None = None,
    shared: Sequence[int] = (),
    limits: Limits | None = None,
    walled: bool,
) -> Child:
    """A child that runs `script`, which prepares from now on; `Child.ready` waits for that.

    `files` lie read-only where `inside.job_file(name)` says; `shared` descriptors keep their numbers.
    """
    limits = limits or Limits()
    script = Path(os.path.realpath(script))
    told = {"walled": walled, "places": bubblewrap.package_folders(), "job": bubblewrap.JOB, **asdict(limits)}
    program = [sys.executable, "-I", "-B", "-X", "utf8", str(PACKAGE / "wall" / "boot.py"), str(PACKAGE.parent)]
    if walled:
        return _walled(program, told, [str(script), *arguments], files or {}, shared, limits)
    return _plain(program, told, [str(script), *arguments], files or {}, shared, limits)


def _walled(
    program: list[str],
    told: dict[str, object],
    rest: list[str],
    files: Mapping[str, bytes],
    shared: Sequence[int],
    limits: Limits,
) -> Child:
    bwrap = bubblewrap.executable()
    if sys.platform != "linux" or bwrap is None:
        raise NoWall("The wall needs Linux and bubblewrap, which is not installed here.")
    script = Path(rest[0])
    told |= bubblewrap.told(script, limits)
    with ExitStack() as stack:
        contents = {name: _content(stack, data) for name, data in files.items()}
        # no pipe, for where its reader is gone bubblewrap ends, and leaves a process behind that waits for it
        info = _content(stack, b"")
        seccomp = _content(stack, filters.outer(platform.machine()))
        line = bubblewrap.command(bwrap, contents, script, limits, info, seccomp)
        line += ["--", *program, json.dumps(told), *rest]
        process, ends = _spawn(line, (*shared, *contents.values(), info, seccomp), env={})
        try:
            _hear(process, ends)
            pid = int(json.loads(os.pread(info, 65536, 0))["child-pid"])
            _adopt(process)
        except BaseException:
            process.kill()
            process.wait()
            _close(ends)
            raise
    return _begun(Child(pid, *ends, limits))


def _plain(
    program: list[str],
    told: dict[str, object],
    rest: list[str],
    files: Mapping[str, bytes],
    shared: Sequence[int],
    limits: Limits,
) -> Child:
    folder = Path(tempfile.mkdtemp(prefix="accel-job-")) if files else None
    for name, data in files.items():
        assert folder is not None
        (folder / name).write_bytes(data)
    told["job"] = str(folder or "")
    if not SIGNALS_STOP:
        from accel_core.wall.everywhere import SuspendedChild  # psutil, which no walled child should load

        return SuspendedChild([*program, json.dumps(told), *rest], limits, folder)
    process, ends = _spawn([*program, json.dumps(told), *rest], shared, env=None)
    process.returncode = 0  # whoever waits for it is the child's own
    child = Child(process.pid, *ends, limits, folder)
    try:
        _hear(None, ends)
    except BaseException:
        child.kill()
        raise
    return _begun(child)


def _begun(child: Child) -> Child:
    """`child`, after it has bound its life to this process's."""
    try:
        ends = child._go, child._done, child._printed.descriptor
        os.write(child._go, b"g")
        _hear(None, ends)
        os.write(child._go, b"g")
    except BaseException:
        child.kill()
        raise
    return child


def _spawn(
    line: list[str], passed: Sequence[int], env: Mapping[str, str] | None
) -> tuple[subprocess.Popen[bytes], tuple[int, int, int]]:
    """The process that runs `line`, and this side's ends of its three pipes."""
    go_read, go = os.pipe()
    done, done_write = os.pipe()
    printed, printed_write = os.pipe()
    theirs, ours = (go_read, done_write, printed_write), (go, done, printed)
    try:
        process = subprocess.Popen(
            line,
            stdin=go_read,
            stdout=done_write,
            stderr=printed_write,
            pass_fds=tuple(passed),
            env=env,
            process_group=0,  # so that Ctrl-C reaches the parent alone
        )
    except BaseException:
        _close(ours)
        raise
    finally:
        _close(theirs)
    return process, ours


def _hear(process: subprocess.Popen[bytes] | None, ends: tuple[int, int, int]) -> None:
    """Wait for a word of the child; raise what stands on its standard error where it ends instead."""
    _, done, printed = ends
    deadline = time.monotonic() + START_S
    poll = select.poll()
    poll.register(done, select.POLLIN)
    while not poll.poll(1000):
        if time.monotonic() > deadline:
            raise ChildLate("A process took longer than a minute to start.")
    if os.read(done, 1):
        return
    os.set_blocking(printed, False)
    said = b""
    with suppress(OSError):
        said = os.read(printed, 4096)
    lines = said.decode("utf-8", "replace").strip().splitlines()
    reason = lines[-1] if lines else "it said nothing"
    raise (ChildEnded if process is None else NoWall)(f"{FAILED}{reason.rstrip('.')}.")


def _adopt(process: subprocess.Popen[bytes]) -> None:
    """End bubblewrap, whose child becomes this process's own: only a parent is told that a process stopped."""
    libc = ctypes.CDLL(None, use_errno=True)
    with _one_at_a_time:
        before = ctypes.c_int()
        libc.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
        if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
            raise NoWall("This system hands no orphaned process to its grandparent.")
        process.kill()
        process.wait()
        libc.prctl(_PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)


def _content(stack: ExitStack, data: bytes) -> int:
    """A descriptor from which `data` can be read."""
    descriptor = os.memfd_create("file")
    stack.callback(os.close, descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _close(ends: Sequence[int]) -> None:
    for end in ends:
        os.close(end)
