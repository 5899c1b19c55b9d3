"""Where this user's files lie: records and compiled kernels, each with a place to fall back to.

A user may have no home folder (a container that runs under a number, a batch node without the account), and a
home may be full or read-only. Nothing fails for that: the files then go to a temporary folder, and a warning
says so.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
import uuid
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import platformdirs

from accel_core.errors import AccelWarning, BadInput, StoreUnavailable, quoted

CACHE_BYTES = 1 << 20
"""Room for machine code: all kernels and probes of one machine take about half of it."""
PACKAGE = Path(__file__).resolve().parent
NO_HOME = "this user has no home folder"


def user_folder(kind: str) -> Path | None:
    """The folder that the system has for a user's "data", "state" or "cache"; None where there is no home."""
    try:
        found: Path = getattr(platformdirs, f"user_{kind}_path")("accel-explorer", appauthor=False)
    except (RuntimeError, KeyError, OSError):  # neither HOME nor an entry in the list of accounts
        return None
    return found


def data_folder() -> Path:
    """Where this user's records lie: $ACCEL_HOME, else the system's folder for data, else a temporary one.

    StoreUnavailable where there is none of them.
    """
    given = os.environ.get("ACCEL_HOME")
    try:
        own = Path(given).expanduser() if given else user_folder("data")
    except RuntimeError:  # "~" where there is no home
        own = None
    if own is not None:
        return own
    spare = spare_folder()
    if spare is None:
        raise StoreUnavailable(
            f"Records cannot be kept, because {NO_HOME} and no temporary one can be used: set ACCEL_HOME to a "
            "folder of yours."
        )
    warnings.warn(
        f"Records are kept in {spare} only until it is cleaned, because {NO_HOME}: set ACCEL_HOME to a folder "
        "of yours.",
        AccelWarning,
        stacklevel=2,
    )
    return spare


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
    home = user_folder("cache")
    if home is not None and can_write(home / "numba", CACHE_BYTES):
        return home / "numba", ""
    tried = f"Neither {kernels} nor {home or 'a home folder'} can be written"
    spare = spare_folder()
    if spare is not None and can_write(spare / "numba", CACHE_BYTES):
        return spare / "numba", (
            f"{tried}, so compiled kernels are kept in {spare} only until it is cleaned: set NUMBA_CACHE_DIR "
            "to a folder of yours to start faster."
        )
    return None, (
        f"{tried}, so compiled kernels cannot be kept: free some space or set NUMBA_CACHE_DIR to a folder of "
        "yours."
    )


def can_write(folder: Path, room_bytes: int) -> bool:
    """Whether `folder` is there, or can be made, and takes a file of `room_bytes`."""
    probe = folder / f".accel-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with probe.open("xb") as file:  # where it may not write, Windows' tempfile tries on without end
            file.write(bytes(room_bytes))
    except OSError:
        return False
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return True


def spare_folder(*, make: bool = True, within: Path | None = None) -> Path | None:
    """A temporary folder of this user alone; None where it cannot be made or somebody else could write to it.

    It lies `within` a folder, the first of Python's temporary ones with room where None is given. Without
    `make` it is only looked for.

    Tickets name processes that get ended and a compile cache is executed, so nobody else may prepare them.
    """
    name = os.environ.get("USERNAME", "")  # which a sentence that names the folder is not to tell
    user = os.getuid() if hasattr(os, "getuid") else hashlib.sha256(name.encode()).hexdigest()[:8]
    try:
        folder = (within or Path(tempfile.gettempdir())) / f"accel-explorer-{user}"
        if make:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.lstat()
    except OSError:
        return None
    if hasattr(os, "getuid"):  # on Windows the temporary folder itself belongs to the user
        mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
        return folder if mine else None
    return folder


def check_target(target: Path) -> None:
    """BadInput where `target` is no file that may be written: a folder, in none, or no name for a file."""
    try:
        fits = not target.is_dir() and target.parent.is_dir() and "\0" not in target.name
    except OSError:  # a name of thousands of letters
        fits = False
    if not fits:
        named = str(target) if len(target.name) < 256 else quoted(str(target))
        raise BadInput(f"Cannot write {named}: name a file in a folder that exists.")


def opened(path: Path) -> BinaryIO:
    """A regular file that was named by somebody, to be read.

    OSError for what is none: a pipe into which nobody writes, and many a device, would be waited for for ever.
    """
    at_once = getattr(os, "O_NONBLOCK", 0)
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | at_once))  # noqa: SIM115
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "it is no regular file")
