"""Where the queue lies: the first folder that can be written to and locked."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import warnings
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from accel_core.errors import AccelError, AccelWarning
from accel_core.folders import NO_HOME, can_write, spare_folder, user_folder
from accel_core.runner.processes import is_alive
from accel_core.runner.queue import Ticket

QUEUE_BYTES = 1 << 16
"""Written to see that there is room for tickets."""
SPARE = None if sys.platform == "win32" else Path("/tmp")
"""The spare folder lies within the same one for every process of an account. Python's own choice follows TMPDIR
and leaves a full disk for another one or for the current folder, so two processes would not see each other; on
Windows it is the account's."""


def queue_folder() -> Path:
    """The first folder for the queue that can be used; AccelError where none can.

    It does not follow ACCEL_HOME: two servers with data folders of their own still share the processor. Only
    ACCEL_QUEUE names another root. The last part keeps apart hosts that share a home folder: process ids mean
    nothing on another one. The temporary folder is an AccelWarning. Where jobs queue already, there all others
    do: a disk that gets full, or room again, does not part them.
    """
    own = os.environ.get("ACCEL_QUEUE")
    state = Path(own) if own else user_folder("state")
    fault = NO_HOME if state is None else _fault(state)
    if state is not None and not fault and (own or not _is_waited_in(spare_folder(make=False, within=SPARE))):
        return _folder(state)
    if state is not None and fault and _is_waited_in(state):
        raise AccelError(
            f"This job cannot join those that queue in {state}, because {fault}: free some space, then run "
            "again."
        )
    spare = spare_folder(within=SPARE)
    fault = fault or "others queue there already"
    last = "there is no temporary folder of this user alone" if spare is None else _fault(spare)
    if spare is None or last:
        raise AccelError(
            f"The queue of benchmarks has no place, because {fault} and {last}: set ACCEL_QUEUE to a folder of "
            "yours on a local disk with free space."
        )
    warnings.warn(
        f"Jobs queue up in {spare}, because {fault}: set ACCEL_QUEUE to one folder for all programs that "
        "measure here.",
        AccelWarning,
        stacklevel=2,
    )
    return _folder(spare)


def queue_lock(folder: Path, wait_s: float) -> FileLock:
    """The lock of the queue in `folder`; OSError where files there cannot be locked.

    A marker file instead of a lock, as filelock has it, would be left behind by a process that is killed.
    """
    return FileLock(folder / "lock", timeout=wait_s, poll_interval=0.01, fallback_to_soft=False)


def _folder(root: Path) -> Path:
    return root / "queue" / _host()


def _is_waited_in(root: Path | None) -> bool:
    """Whether a living process queues below `root`, where it may be that nothing more can be written."""
    for path in _folder(root).glob("*.json") if root is not None else ():
        with suppress(OSError, ValueError, TypeError, KeyError):
            if is_alive(Ticket.from_dict(json.loads(path.read_text(encoding="utf-8"))).process):
                return True
    return False


def _fault(root: Path) -> str:
    """Why the queue cannot lie below `root`; empty where it can."""
    folder = _folder(root)
    if not can_write(folder, QUEUE_BYTES):
        return f"the folder {root} cannot be written to or is full"
    try:
        with queue_lock(folder, 0.0):
            return ""
    except Timeout:  # somebody holds it, so it can be locked
        return ""
    except OSError as error:  # a network's file system may know no locks (ENOLCK, EOPNOTSUPP, EINVAL)
        return f"files in {root} cannot be locked ({error.strerror or error})"


def _host() -> str:
    """A name for the set of processes that can see each other; a container has process ids of its own."""
    try:
        names = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        names = ""
    return hashlib.sha256(f"{platform.node()} {names}".encode()).hexdigest()[:12]
