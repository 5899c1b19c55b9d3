"""How a child gives things up for good, before anything foreign runs in it: standard library only."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from accel_core.wall import landlock
from accel_core.wall.syscalls import number

_SLACK_BYTES = 64 * 1024**3
"""Of addresses beyond what may be used: libraries reserve much that they never touch."""
_STACK_BYTES = 16 * 1024**2
"""What a thread's own stack may count as."""
_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def limit(told: Mapping[str, Any]) -> None:
    """Lower this process's limits; a system that does not know one of them goes without it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    memory = told["memory_bytes"] + (_STACK_BYTES * (os.cpu_count() or 1) if told["threads"] else 0)
    # of one byte no dump is made; of none, Linux still runs the program that takes dumps from a pipe
    limits = {"CPU": told["cpu_s"], "CORE": 1, "DATA": memory}
    if told["walled"]:
        stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
        limits |= {"NOFILE": told["files"], "FSIZE": told["disk_bytes"], "AS": memory + _SLACK_BYTES}
        limits |= {"STACK": stack if 0 < stack <= 4 * _STACK_BYTES else 4 * _STACK_BYTES}
        if _counts_by_name_space():
            limits["NPROC"] = told["most_threads"]
    for name, most in limits.items():
        # the first process of a name space ignores the signal of a soft limit, so both are one
        with suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def give_up_files(told: Mapping[str, Any]) -> None:
    """By Landlock, where the kernel has it, all files but those that the wall shows anyway."""
    landlock.restrict(told["seen"], told["writable"], told["devices"])


def add_filter(program: bytes) -> None:
    """Set a filter of system calls on all threads of this process; OSError where the kernel refuses it."""
    steps = ctypes.create_string_buffer(program, len(program))
    told = _Program(len(program) // 8, ctypes.addressof(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    call = ctypes.c_long(number("seccomp", platform.machine()) or -1)
    failed = libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if failed or libc.syscall(
        call, ctypes.c_ulong(_SET_FILTER), ctypes.c_ulong(_ALL_THREADS), ctypes.byref(told)
    ):
        raise OSError(ctypes.get_errno(), "this kernel takes no filter of system calls")


def _counts_by_name_space() -> bool:
    """Whether the kernel counts processes by user name space, as Linux does since 5.14, and not in all."""
    parts = platform.release().split(".")
    return tuple(int(part) if part.isdigit() else 0 for part in parts[:2]) >= (5, 14)
