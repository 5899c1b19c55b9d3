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
    "x86_64": {"sched_setaffinity": 203, "flock": 73, "sched_getaffinity": 204},
    "aarch64": {"sched_setaffinity": 122, "flock": 32, "sched_getaffinity": 123},
}
"""asm/unistd_64.h and asm-generic/unistd.h of Linux."""
POSSIBLE = sys.platform == "linux" and platform.machine() in NUMBERS
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_REFUSE, _ALLOW = 0x0005_0000, 0x7FFF_0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def forbid(call: str, reason: str) -> None:
    """From here on this process and its children get `reason` ("EPERM") from the system call `call`."""
    number = NUMBERS[platform.machine()][call]
    steps = (
        (_LOAD_NUMBER, 0, 0, 0),
        (_JUMP_IF_EQUAL, 0, 1, number),
        (_RETURN, 0, 0, _REFUSE | getattr(errno, reason)),
        (_RETURN, 0, 0, _ALLOW),
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
