"""Landlock: a process gives up, for good and for all that it starts, the files that it does not need."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""System calls, with the same numbers on all machines."""
_VERSION, _BENEATH = 1, 1
_READ = 0b1100
"""LANDLOCK_ACCESS_FS_READ_FILE and READ_DIR."""
_WRITE_FILE, _IOCTL = 1 << 1, 1 << 15
_OF_A_FILE = 0b111 | 1 << 14 | 1 << 15
"""Of all rights those that a single file has: to run, write, read, cut and steer it."""
_KNOWN = {1: 13, 2: 14, 3: 15, 4: 15}
"""Version -> how many rights on files it knows; 16 from version 5 on."""


def version() -> int:
    """The version of Landlock that this kernel has; 0 without."""
    try:
        return max(0, _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))
    except (OSError, AttributeError):
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], devices: Iterable[str]) -> bool:
    """Give up all files but those beneath these folders, running programs, TCP, and signals to others.

    False where the kernel has no Landlock.
    """
    abi = version()
    if not abi:
        return False
    rights = (1 << _KNOWN.get(abi, 16)) - 1
    told = struct.pack("=QQQ", rights, 0b11, 0b11)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    rules = _call(_CREATE, told, ctypes.c_size_t(len(told)), ctypes.c_uint32(0))
    try:
        _allow(rules, readable, _READ)
        _allow(rules, writable, rights & ~1)  # all but to run it
        _allow(rules, devices, (_READ | _WRITE_FILE | _IOCTL) & rights)
        _call(_RESTRICT, rules, ctypes.c_uint32(0))
    finally:
        os.close(rules)
    return True


def _allow(rules: int, places: Iterable[str], rights: int) -> None:
    for place in places:
        with suppress(FileNotFoundError):
            folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
            try:
                here = rights if Path(place).is_dir() else rights & _OF_A_FILE
                _call(_ADD, rules, _BENEATH, struct.pack("=Qi", here, folder), ctypes.c_uint32(0))
            finally:
                os.close(folder)


def _call(number: int, *arguments: object) -> int:
    """What the system call returns; OSError where it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
