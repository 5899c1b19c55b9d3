"""The programs that decide about system calls, followed for both machines, and set on a child here."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest
import walls

from accel_core.wall import Limits, filters, start
from accel_core.wall.syscalls import MACHINES, NUMBERS, number

BOTH = pytest.mark.parametrize("machine", MACHINES)
THREAD, PROCESS = 0x3D0F00, 0x1200011
"""Flags by which glibc's pthread_create and fork call clone."""


def answer(program: bytes, machine: str, called: int, *arguments: int) -> int | str:
    """What a program says of a call: "allow", "kill", or the number of an error."""
    data = struct.pack("<iIQ6Q", called, MACHINES[machine][1], 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("HBBI", program))
    at, value = 0, 0
    while True:
        code, yes, no, constant = steps[at]
        at += 1
        if code == 0x20:
            value = struct.unpack_from("<I", data, constant)[0]
        elif code == 0x54:
            value &= constant
        elif code in (0x15, 0x35):
            at += yes if (value == constant if code == 0x15 else value >= constant) else no
        else:
            assert code == 0x06
            kinds = {filters.ALLOW: "allow", filters.KILL: "kill"}
            return kinds.get(constant, constant & 0xFFFF)


def named(program: bytes, machine: str, name: str, *arguments: int) -> int | str:
    """What a program says of the call `name`."""
    known = number(name, machine)
    return "absent" if known is None else answer(program, machine, known, *arguments)


@BOTH
def test_a_child_is_refused_other_processes_the_network_and_the_kernels_own_matters(machine: str) -> None:
    outer = filters.outer(machine)
    assert {named(outer, machine, name) for name in filters.REFUSED} <= {errno.EPERM, "absent"}
    assert named(outer, machine, "clone", PROCESS) == errno.EPERM
    assert named(outer, machine, "clone", THREAD) == "allow"
    assert named(outer, machine, "clone3") == errno.ENOSYS  # whereupon glibc takes clone
    assert named(outer, machine, "execve") == named(outer, machine, "read") == "allow"


@BOTH
def test_what_a_filter_does_not_know_is_unknown_to_a_child(machine: str) -> None:
    for program in (
        filters.outer(machine),
        filters.begun(machine, True),
        filters.computing(machine, True, [], []),
    ):
        assert len(program) % 8 == 0 and len(program) // 8 < 4096
        for other in set(MACHINES) - {machine}:
            assert answer(program, other, 1) == "kill"
    assert answer(filters.outer(machine), machine, 0x4000_0039) == errno.ENOSYS  # x32's fork
    assert answer(filters.outer(machine), machine, 900) == errno.ENOSYS


@BOTH
def test_no_signal_makes_a_child_go_on(machine: str) -> None:
    outer = filters.outer(machine)
    assert named(outer, machine, "kill", 1, 18) == named(outer, machine, "tkill", 1, 18) == errno.EPERM
    assert named(outer, machine, "tgkill", 1, 1, 18) == errno.EPERM
    assert named(outer, machine, "tgkill", 1, 18, 6) == "allow"  # abort
    assert named(outer, machine, "fcntl", 3, 10, 18) == errno.EPERM
    assert named(outer, machine, "fcntl", 3, 3) == "allow"


@BOTH
def test_a_child_that_has_begun_runs_no_program_and_stays_bound_to_its_parent(machine: str) -> None:
    begun = filters.begun(machine, threads=True)
    assert named(begun, machine, "execve") == named(begun, machine, "execveat") == errno.EPERM
    assert named(begun, machine, "prctl", 1, 0) == named(begun, machine, "prctl", 4, 0) == errno.EPERM
    assert named(begun, machine, "prctl", 15) == "allow"  # PR_SET_NAME
    assert named(begun, machine, "seccomp", 1, 8) == errno.EPERM  # SECCOMP_FILTER_FLAG_NEW_LISTENER
    assert named(begun, machine, "seccomp", 1, 1) == "allow"
    assert named(begun, machine, "clone", THREAD) == "allow"
    assert named(filters.begun(machine, threads=False), machine, "clone", THREAD) == errno.EPERM


@BOTH
def test_machine_code_may_compute_and_nothing_else(machine: str) -> None:
    computing = filters.computing(machine, True, readable=[3], writable=[4, 2])
    allowed = {name for name in NUMBERS if named(computing, machine, name) == "allow"}
    assert allowed - {"time"} == {*filters.COMPUTING, "mmap", "mprotect"} - {"time"}
    assert named(computing, machine, "clone", THREAD) == "allow"
    assert named(computing, machine, "clone", PROCESS) == errno.EPERM
    assert named(filters.computing(machine, False, [3], [4]), machine, "clone", THREAD) == errno.EPERM
    assert named(computing, machine, "read", 3) == named(computing, machine, "write", 4) == "allow"
    assert named(computing, machine, "read", 4) == named(computing, machine, "write", 3) == errno.EPERM
    assert named(computing, machine, "mmap", 0, 1, 3, 0x22) == "allow"
    assert named(computing, machine, "mmap", 0, 1, 7, 0x22) == errno.EPERM
    assert named(computing, machine, "mmap", 0, 1, 3, 0x21) == errno.EPERM
    assert named(computing, machine, "mprotect", 0, 1, 5) == errno.EPERM
    assert answer(computing, machine, 900) == errno.EPERM


def test_the_numbers_are_those_of_this_systems_headers() -> None:
    folders = ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h")
    for column, path in enumerate(map(Path, folders)):
        if not path.is_file():  # a system without its compiler's headers has nothing to compare with
            continue
        text = path.read_text(encoding="utf-8")
        known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text))
        wrong = {name for name, both in NUMBERS.items() if name in known and int(known[name]) != both[column]}
        assert not wrong


LOCKED = """
import ctypes, mmap, threading
import numpy as np
from accel_core.wall.inside import lock_down
libc = ctypes.CDLL(None, use_errno=True)
def work():
    total = np.float64(0)
    for at in range(100):
        total += np.ones(100_000).sum()
    found.append(total)
found = []
before = threading.Thread(target=work)
before.start()
held = lock_down(threads=THREADS)
"""
TRIED = """
tried = {}
def attempt(name, function):
    try:
        function()
        tried[name] = "reached"
    except Exception as error:
        tried[name] = type(error).__name__
before.join()
attempt("open", lambda: open("/usr/lib/os-release"))
attempt("thread", lambda: [one for one in [threading.Thread(target=work)] if one.start() or one.join()])
attempt("signal", lambda: os.kill(os.getpid(), 0))
attempt("list", lambda: os.listdir("/proc"))
attempt("pipe", lambda: os.pipe())
attempt("executable", lambda: mmap.mmap(-1, 4096, flags=0x22, prot=7))
print(held, len(found), sorted(tried.items()), libc.mprotect(None, 4096, 5), flush=True)
"""


@pytest.mark.skipif(not walls.LINUX, reason="the other tests of this file say what the filters do")
@pytest.mark.parametrize("threads", [False, True])
def test_a_locked_child_computes_on(tmp_path: Path, threads: bool) -> None:
    walls.require_wall()
    lines = LOCKED.replace("THREADS", str(threads))
    limits = Limits(memory_bytes=1024**3)
    with start(walls.script(tmp_path, lines, "global np\n" + TRIED), limits=limits, walled=True) as child:
        child.ready(60)
        child.call(60)
        refused = ["executable", "list", "open", "pipe", "signal"]
        tried = dict.fromkeys(refused, "PermissionError") | {"thread": "reached" if threads else "RuntimeError"}
        assert child.output().strip() == f"True {1 + threads} {sorted(tried.items())} -1"
