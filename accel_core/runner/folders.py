"""Where the runner may write: the queue and the cache of compiled kernels, each with places to fall back to."""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from accel_core.errors import AccelError

QUEUE_BYTES = 1 << 16
"""Written to see that there is room for tickets."""
CACHE_BYTES = 1 << 20
"""The same for machine code: all kernels and probes of one machine take about half of it."""
PACKAGE = Path(__file__).resolve().parent.parent


def queue_folder() -> Path:
    """The first folder for the queue that can be written; AccelError where none can.

    It does not follow ACCEL_HOME: two servers with data folders of their own still share the processor. Only
    ACCEL_QUEUE names another root. The last part keeps apart hosts that share a home folder: process ids mean
    nothing on another one.
    """
    own = os.environ.get("ACCEL_QUEUE")
    state = Path(own) if own else platformdirs.user_state_path("accel-explorer", appauthor=False)
    for root in (state, spare_folder()):
        folder = root / "queue" / _host() if root is not None else None
        if folder is not None and can_write(folder, QUEUE_BYTES):
            return folder
    raise AccelError(
        f"The queue of benchmarks needs a folder that it can write to, and neither {state} nor "
        f"{tempfile.gettempdir()} is one: free some space there or set ACCEL_QUEUE to a folder of yours."
    )


def numba_cache(environment: Mapping[str, str], kernels: Path = PACKAGE / "kernels") -> tuple[Path | None, str]:
    """(value for NUMBA_CACHE_DIR, warning): where Numba keeps compiled kernels.

    None leaves Numba's own choice, `__pycache__` beside the source. The warning is empty unless kernels have to
    be compiled again and again.
    """
    asked = environment.get("NUMBA_CACHE_DIR")
    if asked and can_write(Path(asked), CACHE_BYTES):
        return Path(asked), ""
    if can_write(kernels / "__pycache__", CACHE_BYTES):
        return None, ""
    own = platformdirs.user_cache_path("accel-explorer", appauthor=False) / "numba"
    if can_write(own, CACHE_BYTES):
        return own, ""
    spare = spare_folder()
    if spare is not None and can_write(spare / "numba", CACHE_BYTES):
        return spare / "numba", (
            f"Neither {kernels} nor {own} can be written, so compiled kernels are kept in {spare} only until "
            "it is cleaned: set NUMBA_CACHE_DIR to a folder of yours to start faster."
        )
    return None, (
        f"Compiled kernels cannot be kept, because neither {kernels} nor {own} can be written: free some space "
        "or set NUMBA_CACHE_DIR to a folder of yours."
    )


def can_write(folder: Path, room_bytes: int) -> bool:
    """Whether `folder` is there, or can be made, and takes a file of `room_bytes`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(room_bytes))
    except OSError:
        return False
    return True


def spare_folder() -> Path | None:
    """A temporary folder of this user alone; None where it cannot be made or somebody else could write to it.

    Tickets name processes that get ended and a compile cache is executed, so nobody else may prepare them.
    """
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    folder = Path(tempfile.gettempdir()) / f"accel-explorer-{user}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.lstat()
    except OSError:
        return None
    if hasattr(os, "getuid"):  # on Windows the temporary folder itself belongs to the user
        mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
        return folder if mine else None
    return folder


def _host() -> str:
    """A name for the set of processes that can see each other; a container has process ids of its own."""
    try:
        names = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        names = ""
    return hashlib.sha256(f"{platform.node()} {names}".encode()).hexdigest()[:12]
