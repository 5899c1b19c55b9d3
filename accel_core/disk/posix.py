"""A file on Linux or macOS that is read and written past the page cache, and has no name.

Linux: O_DIRECT, which asks for buffers, places and lengths that are multiples of a block (open(2); a file
system may want more than the usual 4096 bytes: the first that it takes is found by trying). Where it is refused
the page cache is emptied of the file before each sample (posix_fadvise(2): only what was written back can be
dropped). macOS: F_NOCACHE before anything is written, because pages that are in the cache already would still
be used (https://github.com/axboe/fio/issues/48), and F_FULLFSYNC, because fsync there leaves data in the
drive's cache (fsync(2) of macOS).
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
import uuid
from contextlib import suppress
from pathlib import Path

REFUSED = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EISDIR, errno.ENOENT)
"""What a file system says that knows no O_DIRECT, or no files without names (open(2))."""
UNITS = (4096, 16384, 65536)
"""Lengths of the smallest read, the first that the file takes."""
F_NOCACHE, F_FULLFSYNC = 48, 51
"""Of macOS' <sys/fcntl.h>."""


class PosixFile:
    """An open file without a name: the system forgets it with the process, however that ends."""

    def __init__(self, descriptor: int, way: str, unit: int = UNITS[0], *, darwin: bool = False) -> None:
        self.way, self.unit, self.most_depth = way, unit, 16
        self._descriptor, self._darwin = descriptor, darwin

    def write(self, data: memoryview, at: int) -> None:
        """Write all of `data` at the place `at`; OSError where the disk does not take it."""
        done = 0
        while done < len(data):
            done += os.pwrite(self._descriptor, data[done:], at + done)

    def read(self, into: memoryview, at: int) -> None:
        """Fill `into` from the place `at`."""
        done = 0
        while done < len(into):
            got = os.preadv(self._descriptor, [into[done:]], at + done)
            if not got:
                raise OSError(errno.EIO, "the file ended too early")
            done += got

    def flush(self) -> None:
        """Return when the system says that all of it is on the disk."""
        if self._darwin:
            import fcntl

            with suppress(OSError):  # a network's file system has no such command
                fcntl.fcntl(self._descriptor, F_FULLFSYNC)
                return
        os.fsync(self._descriptor)

    def forget(self, *, random: bool = False) -> None:
        """Empty the page cache of the file, where it is used; `random` keeps the system from reading ahead."""
        if self.way == "dropped" and sys.platform == "linux":
            advice = os.POSIX_FADV_RANDOM if random else os.POSIX_FADV_SEQUENTIAL
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.posix_fadvise(self._descriptor, 0, 0, advice)

    def close(self) -> None:
        """Let the system forget it."""
        os.close(self._descriptor)


def open_file(folder: Path, *, in_memory: bool) -> PosixFile:
    """A new file in `folder`, past the page cache where the file system has that; OSError where none can be."""
    if in_memory:
        return PosixFile(_nameless(folder, 0), "memory")
    if sys.platform == "darwin":
        return _without_cache(_nameless(folder, 0))
    return _direct(folder) or PosixFile(_nameless(folder, 0), "dropped")


def _nameless(folder: Path, flags: int) -> int:
    """A descriptor of a file without a name."""
    flags |= os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
    if hasattr(os, "O_TMPFILE"):
        try:
            return os.open(folder, flags | os.O_TMPFILE, 0o600)
        except OSError as fault:
            if fault.errno not in REFUSED:
                raise
    path = folder / f".accel-disk-{uuid.uuid4().hex}"
    try:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    finally:  # a file system may make the file before it refuses the flag
        with suppress(FileNotFoundError):
            path.unlink()


def _direct(folder: Path) -> PosixFile | None:
    """A file past the page cache; None where the file system refuses that."""
    try:
        descriptor = _nameless(folder, getattr(os, "O_DIRECT", 0))
    except OSError as fault:
        if fault.errno not in REFUSED:
            raise
        return None
    for unit in UNITS:
        file = PosixFile(descriptor, "direct", unit)
        with mmap.mmap(-1, unit) as room, memoryview(room) as block:
            try:
                file.write(block, 0)
                file.read(block, 0)
            except OSError as fault:
                if fault.errno not in REFUSED:
                    file.close()
                    raise
            else:
                return file
    os.close(descriptor)
    return None


def _without_cache(descriptor: int) -> PosixFile:
    """A file of macOS that its cache keeps nothing of."""
    import fcntl

    try:
        fcntl.fcntl(descriptor, F_NOCACHE, 1)
    except OSError:
        os.close(descriptor)
        raise
    return PosixFile(descriptor, "uncached", darwin=True)
