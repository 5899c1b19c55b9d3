"""What a child tries in order to get out: each function returns where it was let, and raises where it was not.

Run as a child's script; it prints one line of JSON, name -> "reached" or the error that it got.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from accel_core.wall.inside import serve

TOLD = json.loads(sys.argv[1])
LIBC = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
VICTIM = TOLD["victim"]
ATTEMPTS: dict[str, Callable[[], object]] = {}


def attempt(function: Callable[[], object]) -> Callable[[], object]:
    """Lists a function by its name."""
    ATTEMPTS[function.__name__] = function
    return function


def called(result: int) -> int:
    """What a function of the C library returned; raises where that says that it failed."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def prctl(*arguments: int) -> int:
    return called(LIBC.prctl(*map(ctypes.c_ulong, arguments)))


@attempt
def reads_a_file_in_the_home() -> object:
    return Path(TOLD["file"]).read_text()


@attempt
def lists_the_folder_of_a_file_in_the_home() -> object:
    return os.listdir(Path(TOLD["file"]).parent)  # noqa: PTH208


@attempt
def reads_a_variable_of_the_environment() -> object:
    return os.environ[TOLD["variable"]]


@attempt
def reads_a_variable_of_the_first_process() -> object:
    return Path("/proc/self/environ").read_bytes().index(TOLD["variable"].encode())


@attempt
def connects_to_a_port_of_the_host() -> object:
    return socket.create_connection(("127.0.0.1", TOLD["port"]), 5)


@attempt
def connects_to_an_abstract_socket() -> object:
    return socket.socket(socket.AF_UNIX).connect("\0" + TOLD["abstract"])


@attempt
def starts_a_thread_whose_maker_cannot_be_stopped() -> object:
    """clone of CLONE_VM, FS, SIGHAND, THREAD and VFORK: its caller waits where no stop reaches it."""
    stack = ctypes.create_string_buffer(1 << 16)
    top = ctypes.c_void_p((ctypes.addressof(stack) + len(stack)) & -64)
    return called(LIBC.clone(LIBC.getpid, top, 0x100 | 0x200 | 0x800 | 0x10000 | 0x4000, None))


@attempt
def sees_another_process() -> object:
    return Path(f"/proc/{VICTIM}/cmdline").read_bytes()


@attempt
def opens_the_memory_of_another_process() -> object:
    return os.open(f"/proc/{VICTIM}/mem", os.O_RDWR)


@attempt
def signals_another_process() -> object:
    return os.kill(VICTIM, signal.SIGURG)  # which means nothing to it


@attempt
def signals_its_parent() -> object:
    parent = os.getppid()
    if parent == 0:
        raise ProcessLookupError("there is no parent to see")
    return os.kill(parent, 0)


@attempt
def reads_the_memory_of_another_process() -> object:
    class Piece(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    buffer = ctypes.create_string_buffer(16)
    mine, theirs = Piece(ctypes.addressof(buffer), 16), Piece(TOLD["address"], 16)
    return called(LIBC.process_vm_readv(VICTIM, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0))


@attempt
def traces_another_process() -> object:
    called(LIBC.ptrace(0x4206, VICTIM, None, None))  # PTRACE_SEIZE, which does not stop it
    return None


@attempt
def opens_shared_memory_by_its_name() -> object:
    return Path("/dev/shm", TOLD["memory"]).read_bytes()


@attempt
def makes_shared_memory_of_the_old_kind() -> object:
    made = called(LIBC.shmget(0, 4096, 0o1600))
    return called(LIBC.shmctl(made, 0, None))


@attempt
def maps_memory_that_no_limit_counts() -> object:
    return mmap.mmap(-1, 4096).close()


@attempt
def makes_a_file_in_memory() -> object:
    return os.close(os.memfd_create("x"))


@attempt
def writes_beside_a_file_in_the_home() -> object:
    return Path(TOLD["file"]).with_name("written").write_text("x")


@attempt
def writes_into_its_own_script() -> object:
    return Path(__file__).open("a").close()


@attempt
def writes_where_python_is() -> object:
    return os.close(os.open(os.__file__, os.O_WRONLY | os.O_APPEND))


@attempt
def makes_a_process() -> object:
    if not (made := os.fork()):
        os._exit(0)
    return os.waitpid(made, 0)


@attempt
def runs_a_program() -> object:
    return subprocess.run(["/bin/true"], check=True)


@attempt
def makes_a_socket() -> object:
    return socket.socket().close()


@attempt
def makes_a_pair_of_sockets() -> object:
    return [one.close() for one in socket.socketpair()]


@attempt
def outlives_its_parent() -> object:
    prctl(1, 0)  # PR_SET_PDEATHSIG
    return prctl(1, signal.SIGKILL)


@attempt
def hides_its_memory_map() -> object:
    return prctl(4, 1)  # PR_SET_DUMPABLE


@attempt
def tells_itself_to_go_on() -> object:
    return os.kill(os.getpid(), signal.SIGCONT)


@attempt
def tells_a_thread_to_go_on() -> object:
    return signal.pthread_kill(threading.get_ident(), signal.SIGCONT)


@attempt
def sets_a_timer_that_signals() -> object:
    return called(LIBC.timer_create(1, None, ctypes.byref(ctypes.c_void_p())))


@attempt
def asks_another_thread_about_its_calls() -> object:
    steps = ctypes.create_string_buffer(bytes([6, 0, 0, 0, 0, 0, 0xFF, 0x7F]), 8)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))

    program = Program(1, ctypes.addressof(steps))
    prctl(38, 1, 0, 0, 0)
    return os.close(called(LIBC.syscall(317 if X86 else 277, 1, 8, ctypes.byref(program))))


@attempt
def sends_a_queued_signal() -> object:
    information = ctypes.create_string_buffer(128)
    return called(LIBC.syscall(129 if X86 else 138, os.getpid(), 0, information))


@attempt
def opens_a_setting_of_the_whole_machine() -> object:
    return os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))


@attempt
def reads_of_the_whole_hosts_timers() -> object:
    return Path("/proc/timer_list").read_bytes()


@attempt
def opens_a_device_that_maps_as_shared_memory() -> object:
    return os.close(os.open("/dev/zero", os.O_RDWR))


@attempt
def raises_a_limit() -> object:
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (soft, soft + 1))
    return resource.setrlimit(resource.RLIMIT_CORE, (soft, soft + 1))


def tried(function: Callable[[], object]) -> str:
    """ "reached", or the name of the error."""
    try:
        function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "reached"


def prepare() -> Callable[[], object]:
    found = {name: tried(function) for name, function in ATTEMPTS.items()}
    known = {
        "found": found,
        "files": sorted(int(one) for one in os.listdir("/proc/self/fd")),  # noqa: PTH208
        "environment": sorted(os.environ),
        "processes": sorted(int(one) for one in os.listdir("/proc") if one.isdigit()),  # noqa: PTH208
        "interfaces": [one.split(":")[0].strip() for one in Path("/proc/net/dev").read_text().splitlines()[2:]],
        "mounts": [one.split()[4] for one in Path("/proc/self/mountinfo").read_text().splitlines()],
    }
    print(json.dumps(known))
    return lambda: None


if __name__ == "__main__":
    serve(prepare)
