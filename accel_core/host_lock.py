"""One turn for the whole host: a lock that every account can take, held by the process that measures.

A queue's folder belongs to one account; this lock is between accounts. It is flock(2) on an empty file, in a
folder of the system's where everybody may make files and nobody but their maker may take them away. Whoever
comes first makes it. After that it is opened for reading only, and neither written nor read, so a file that
somebody prepared misleads nobody; what is no plain file that all may open (a link, a pipe, a second name of
another file) is passed over by all accounts alike. The system gives the turn back when its process ends,
however that ends. Windows knows no flock: accounts there are not kept apart.
"""

from __future__ import annotations

import os
import stat
import sys
import warnings
from pathlib import Path

from accel_core.errors import AccelWarning

if sys.platform != "win32":
    import fcntl

VARIABLE = "ACCEL_HOST_LOCK"
"""Names another folder where the system's cannot be used; all accounts of the host must name the same."""
PLACES = (Path("/run/lock"), Path("/tmp"))
NAME = "accel-explorer.turn"
EVERYBODY_MAY_READ = 0o444
EVERYBODY_MAY_MAKE_FILES = 0o1777
"""With the sticky bit: only their makers, and the administrator, may move or remove them."""
_TRIES = 3
"""To open a file that others make at the same moment."""


def take_turn() -> bool:
    """Take the host's turn for as long as this process lives; False while somebody else has it.

    True also where there is no lock for all accounts: nobody can be waited for.
    """
    folder, descriptor = _lock(shared=False)
    if folder is not None:
        return descriptor is not None
    if given := os.environ.get(VARIABLE):
        said = f"{VARIABLE} names {given}, where no file can be made and locked: nobody else is waited for."
        warnings.warn(said, AccelWarning, stacklevel=2)
    return True


def is_taken() -> bool:
    """Whether somebody has the host's turn now."""
    folder, descriptor = _lock(shared=True)
    if descriptor is not None:
        os.close(descriptor)
    return folder is not None and descriptor is None


def lock_folder() -> Path | None:
    """Where the lock is that all accounts take; None where there is none."""
    folder, descriptor = _lock(shared=True)
    if descriptor is not None:
        os.close(descriptor)
    return folder


if sys.platform == "win32":

    def _lock(*, shared: bool) -> tuple[Path | None, int | None]:
        return None, None

else:

    def _lock(*, shared: bool) -> tuple[Path | None, int | None]:
        """(the first folder whose file can be locked, that file's descriptor; None while others hold it)."""
        given = os.environ.get(VARIABLE)
        for folder in (Path(given),) if given else PLACES:
            descriptor = _open(folder, anybodys=not given)
            if descriptor is None:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_NB | (fcntl.LOCK_SH if shared else fcntl.LOCK_EX))
                if _is_in(folder, descriptor):
                    return folder, descriptor
                busy = True  # its maker took it away meanwhile, and the next one makes another
            except BlockingIOError:
                busy = True
            except OSError:  # this file system knows no locks
                busy = False
            os.close(descriptor)
            if busy:
                return folder, None
        return None, None

    def _open(folder: Path, *, anybodys: bool) -> int | None:
        """The lock file in `folder`, made where it is missing; None where either is not as it has to be."""
        try:
            place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return None
        try:
            if anybodys and not _is_for_all(os.fstat(place)):
                return None
            descriptor = _open_or_make(place)
        except OSError:
            return None
        finally:
            os.close(place)
        found = os.fstat(descriptor)
        readable = found.st_mode & EVERYBODY_MAY_READ == EVERYBODY_MAY_READ
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and readable:
            return descriptor
        os.close(descriptor)
        return None

    def _open_or_make(place: int) -> int:
        for _ in range(_TRIES):
            try:  # not to wait for a pipe's other end
                return os.open(NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
            except FileNotFoundError:
                pass
            try:
                made = os.open(NAME, os.O_RDONLY | os.O_CREAT | os.O_EXCL, EVERYBODY_MAY_READ, dir_fd=place)
            except FileExistsError:
                continue
            os.fchmod(made, EVERYBODY_MAY_READ)  # whatever the umask took away
            return made
        raise FileNotFoundError(NAME)


def _is_for_all(folder: os.stat_result) -> bool:
    """Whether `folder` is the administrator's, and everybody may make files there."""
    return folder.st_uid == 0 and folder.st_mode & EVERYBODY_MAY_MAKE_FILES == EVERYBODY_MAY_MAKE_FILES


def _is_in(folder: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat((folder / NAME).lstat(), os.fstat(descriptor))
    except OSError:
        return False
