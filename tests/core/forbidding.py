"""Run a command while the kernel refuses one system call: `python forbidding.py flock ENOLCK accel machine`.

A seccomp filter, as systemd's SystemCallFilter and containers set it: the command and all that it starts meet
the refusal itself, not a stand-in. Linux on x86-64 and arm64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {"sched_setaffinity": 203, "sched_getaffinity": 204, "flock": 73, "fcntl": 72},
    "aarch64": {"sched_setaffinity": 122, "sched_getaffinity": 123, "flock": 32, "fcntl": 25},
}
"""asm/unistd_64.h and asm-generic/unistd.h of Linux."""
COMMANDS = {"fcntl": (6, 7, 37, 38)}
"""Of a call with commands, those that are refused: F_SETLK, F_SETLKW and the same of open file descriptions."""
POSSIBLE = sys.platform == "linux" and platform.machine() in NUMBERS
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _SECOND_ARGUMENT = 0, 24  # offsets in seccomp_data, little-endian
_REFUSE, _ALLOW = 0x0005_0000, 0x7FFF_0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def forbid(call: str, reason: str) -> None:
    """From here on this process and its children get `reason` ("EPERM") from the system call `call`."""
    number, commands = NUMBERS[platform.machine()][call], COMMANDS.get(call, ())
    which = [(_JUMP_IF_EQUAL, len(commands) - at, 0, command) for at, command in enumerate(commands)]
    steps = (
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_IF_EQUAL, 0, len(commands) + 1, number) if commands else (_JUMP_IF_EQUAL, 1, 0, number),
        *([(_LOAD, 0, 0, _SECOND_ARGUMENT), *which] if commands else []),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE | getattr(errno, reason)),
    )
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(steps), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program))):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "this kernel takes no filter")


if __name__ == "__main__":
    forbid(sys.argv[1], sys.argv[2])
    os.execvp(sys.argv[3], sys.argv[3:])
