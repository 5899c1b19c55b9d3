"""A file on Windows that is read and written past the system's cache, and is deleted when it is closed.

FILE_FLAG_NO_BUFFERING asks for buffers, places and lengths that are multiples of the drive's sector
(https://learn.microsoft.com/windows/win32/fileio/file-buffering); FILE_FLAG_WRITE_THROUGH and FlushFileBuffers
reach the drive, and FILE_FLAG_DELETE_ON_CLOSE removes the file however this process ends
(https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew). Requests of one handle run one
after another, so no more than one is under way.
"""

from __future__ import annotations

import ctypes
import errno
import uuid
from ctypes import wintypes
from pathlib import Path
from typing import Any

GENERIC_READ_WRITE = 0xC0000000
CREATE_NEW = 1
NO_BUFFERING, WRITE_THROUGH, DELETE_ON_CLOSE = 0x20000000, 0x80000000, 0x04000000
DISK_FULL = (39, 112, 1295)
"""ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL and ERROR_DISK_QUOTA_EXCEEDED of <winerror.h>."""
NOT_FOUND = (2, 3)
"""ERROR_FILE_NOT_FOUND and ERROR_PATH_NOT_FOUND."""
INVALID_PARAMETER = 87
UNITS = (4096, 16384, 65536)


class Overlapped(ctypes.Structure):
    """Where in the file a request begins."""

    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


class WindowsFile:
    """An open file that Windows deletes with its handle."""

    way, most_depth = "unbuffered", 1

    def __init__(self, kernel: Any, handle: int, unit: int) -> None:
        self.unit = unit
        self._kernel, self._handle = kernel, handle

    def write(self, data: memoryview, at: int) -> None:
        """Write all of `data` at the place `at`; OSError where the disk does not take it."""
        self._move(self._kernel.WriteFile, data, at)

    def read(self, into: memoryview, at: int) -> None:
        """Fill `into` from the place `at`."""
        self._move(self._kernel.ReadFile, into, at)

    def flush(self) -> None:
        """Return when the system says that all of it is on the disk."""
        if not self._kernel.FlushFileBuffers(self._handle):
            raise _fault(_last_error())

    def forget(self, *, random: bool = False) -> None:
        """Nothing of it is in the system's cache."""

    def close(self) -> None:
        """Have it deleted."""
        self._kernel.CloseHandle(self._handle)

    def _move(self, act: Any, data: memoryview, at: int) -> None:
        done = 0
        while done < len(data):
            part, moved = data[done:], wintypes.DWORD()
            place = Overlapped(offset=(at + done) & 0xFFFFFFFF, offset_high=(at + done) >> 32)
            start = (ctypes.c_char * len(part)).from_buffer(part)
            given = (ctypes.c_void_p(ctypes.addressof(start)), len(part), ctypes.byref(moved))
            if not act(self._handle, *given, ctypes.byref(place)):
                raise _fault(_last_error())
            if not moved.value:
                raise OSError(errno.EIO, "the file ended too early")
            done += moved.value


def open_file(folder: Path, kernel: Any = None) -> WindowsFile:
    """A new file in `folder`; OSError where none can be made, or none is read past the cache."""
    kernel = _kernel32() if kernel is None else kernel
    path, flags = folder / f".accel-disk-{uuid.uuid4().hex}", NO_BUFFERING | WRITE_THROUGH | DELETE_ON_CLOSE
    handle = kernel.CreateFileW(str(path), GENERIC_READ_WRITE, 0, None, CREATE_NEW, flags, None)
    if handle in (None, -1, wintypes.HANDLE(-1).value):
        raise _fault(_last_error())
    room = memoryview(bytearray(2 * UNITS[-1]))
    start = -ctypes.addressof(ctypes.c_char.from_buffer(room)) % UNITS[-1]
    for unit in UNITS:
        file = WindowsFile(kernel, handle, unit)
        try:
            file.write(room[start : start + unit], 0)
            file.read(room[start : start + unit], 0)
        except OSError as fault:
            if fault.errno != errno.EINVAL:
                file.close()
                raise
        else:
            return file
    kernel.CloseHandle(handle)
    raise OSError(errno.EINVAL, "the drive takes no blocks of 4 to 64 KiB")


def _fault(code: int) -> OSError:
    if code in DISK_FULL:
        return OSError(errno.ENOSPC, "the disk is full")
    if code in NOT_FOUND:
        return OSError(errno.ENOENT, "there is no such folder")
    if code == INVALID_PARAMETER:
        return OSError(errno.EINVAL, "the drive takes no block of that length")
    return OSError(errno.EIO, f"Windows error {code}")


def _last_error() -> int:
    return int(getattr(ctypes, "get_last_error", lambda: 0)())


def _kernel32() -> Any:
    """Windows' own functions, with the types that a 64-bit process needs said."""
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    numbers = (wintypes.DWORD,) * 2
    kernel.CreateFileW.argtypes = (
        *(wintypes.LPCWSTR, *numbers, ctypes.c_void_p),
        *(*numbers, wintypes.HANDLE),
    )
    kernel.CreateFileW.restype = wintypes.HANDLE
    for act in (kernel.ReadFile, kernel.WriteFile):
        act.argtypes = (
            *(wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD),
            *(ctypes.POINTER(wintypes.DWORD), ctypes.POINTER(Overlapped)),
        )
    kernel.FlushFileBuffers.argtypes = kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
    return kernel
