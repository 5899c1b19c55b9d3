"""Programs that decide which system calls a process may make (seccomp), written as BPF by hand.

A program runs on every call, with the call's number and arguments, and says what becomes of it. Several may be
set, and the strictest answer counts. The first is set by bubblewrap, which then still has to start Python; the
second by the child itself before anything foreign runs; the third by a child that runs machine code only.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable

from accel_core.wall.syscalls import MACHINES, NEWEST, number

ALLOW, REFUSE, KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_CLONE_THREAD, _CLONE_VFORK, _SIGCONT, _F_SETSIG = 0x10000, 0x4000, 18, 10
_NO_PLAIN_THREAD = ((_CLONE_THREAD, 0), (_CLONE_VFORK, _CLONE_VFORK))
"""Of flags of clone: another process, or a thread whose maker waits for its end where no stop reaches it."""
_PROT_EXEC, _SHARED, _ANONYMOUS, _GROWSDOWN, _HUGETLB = 4, 0x1, 0x20, 0x100, 0x40000
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _SET_MM = 1, 4, 22, 35
_TSYNC = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

Step = tuple[int, int, int, int]

REFUSED = (
    # other processes, and signals that could undo a stop
    *("fork", "vfork", "setns", "unshare", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp"),
    *(
        "process_madvise",
        "process_mrelease",
        "pidfd_open",
        "pidfd_getfd",
        "pidfd_send_signal",
        "setsid",
        "setpgid",
    ),
    *("rt_sigqueueinfo", "rt_tgsigqueueinfo", "timer_create", "mq_open", "mq_notify"),
    # the network, of which there is none either
    *("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4"),
    # memory that no limit counts
    *("memfd_create", "memfd_secret", "userfaultfd", "shmget", "shmat", "semget", "msgget", "remap_file_pages"),
    *("migrate_pages", "move_pages"),
    # the kernel's own matters, where its faults were found
    *("bpf", "perf_event_open", "keyctl", "add_key", "request_key"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount"),
    *("fspick", "mount_setattr", "mknod", "mknodat", "sync", "syncfs", "swapon", "swapoff", "reboot"),
    *(
        "kexec_load",
        "kexec_file_load",
        "init_module",
        "finit_module",
        "delete_module",
        "quotactl",
        "quotactl_fd",
    ),
    *("acct", "syslog", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname"),
    *("setdomainname", "iopl", "ioperm", "modify_ldt", "personality", "name_to_handle_at", "open_by_handle_at"),
    *("fanotify_init", "vhangup", "uselib", "lookup_dcookie"),
)
COMPUTING = (
    *("futex", "sched_yield", "munmap", "mremap", "brk", "madvise", "rt_sigreturn", "rt_sigprocmask"),
    *(
        "sigaltstack",
        "clock_gettime",
        "clock_nanosleep",
        "nanosleep",
        "gettimeofday",
        "time",
        "exit",
        "exit_group",
    ),
    *("restart_syscall", "getcpu", "sched_getaffinity", "gettid", "getpid", "set_robust_list", "rseq"),
    "getrandom",  # glibc's malloc asks for it in a new thread
)
"""What computing needs, alone or by threads, beyond memory, which is looked at more closely."""


class Program:
    """Steps of a filter for one machine; the number of the call is loaded between them."""

    def __init__(self, machine: str) -> None:
        self.machine = machine
        self.steps: list[Step] = [
            (_LOAD, 0, 0, _ARCHITECTURE),
            (_EQUAL, 1, 0, MACHINES[machine][1]),
            (_RETURN, 0, 0, KILL),
            (_LOAD, 0, 0, _NUMBER),
        ]

    def answer(self, names: Iterable[str], what: int) -> None:
        """`what` becomes of the calls `names`."""
        for name in names:
            if (known := number(name, self.machine)) is not None:
                self.steps += [(_EQUAL, 0, 1, known), (_RETURN, 0, 0, what)]

    def from_number(self, first: int, what: int) -> None:
        """`what` becomes of all calls with numbers from `first` on."""
        self.steps += [(_AT_LEAST, 0, 1, first), (_RETURN, 0, 0, what)]

    def where(
        self, name: str, argument: int, masked: Iterable[tuple[int, int]], what: int, otherwise: int = -1
    ) -> None:
        """`what` becomes of calls whose `argument`, under a mask, is the value beside it, else `otherwise`.

        The lower half of an argument is looked at: flags, signals and commands lie there. Without an
        `otherwise` the steps that follow decide.
        """
        if (known := number(name, self.machine)) is None:
            return
        body: list[Step] = []
        for mask, value in masked:
            body += [(_LOAD, 0, 0, 16 + 8 * argument), (_AND, 0, 0, mask)]  # little-endian
            body += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, what)]
        body += [(_LOAD, 0, 0, _NUMBER)] if otherwise < 0 else [(_RETURN, 0, 0, otherwise)]
        self.steps += [(_EQUAL, 0, len(body), known), *body]

    def ending(self, what: int) -> bytes:
        """The program, in which `what` becomes of all calls that were not named."""
        return b"".join(struct.pack("HBBI", *step) for step in [*self.steps, (_RETURN, 0, 0, what)])


_EVERY = 0xFFFF_FFFF
_NO = REFUSE | errno.EPERM
_UNKNOWN = REFUSE | errno.ENOSYS


def outer(machine: str) -> bytes:
    """What no child may do, not even before it has begun."""
    program = Program(machine)
    # x32 numbers lie above all others; and who finds clone3 missing takes clone, whose flags can be looked at
    program.from_number(NEWEST + 1, _UNKNOWN)
    program.answer(["clone3"], _UNKNOWN)
    program.answer(REFUSED, _NO)
    program.where("clone", 0, _NO_PLAIN_THREAD, _NO)
    for name, argument in (("kill", 1), ("tkill", 1), ("tgkill", 2)):
        program.where(name, argument, [(_EVERY, _SIGCONT)], _NO)
    program.where("fcntl", 1, [(_EVERY, _F_SETSIG)], _NO)
    program.where("ioctl", 1, [(_EVERY, _TIOCSTI), (_EVERY, _TIOCLINUX)], _NO)
    program.where("mmap", 3, _uncounted(), _NO)
    return program.ending(ALLOW)


def begun(machine: str, threads: bool) -> bytes:
    """What is refused on top of `outer` once Python runs and this process's life is bound to its parent's."""
    program = Program(machine)
    program.answer(["execve", "execveat", *([] if threads else ["clone"])], _NO)
    options = (_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _SET_MM)
    program.where("prctl", 0, [(_EVERY, option) for option in options], _NO)
    # a filter that asks another thread could keep a thread from being stopped
    program.where("seccomp", 1, [(_EVERY, _TSYNC)], ALLOW, _NO)
    return program.ending(ALLOW)


def computing(machine: str, threads: bool, readable: Iterable[int], writable: Iterable[int]) -> bytes:
    """All that machine code of others may do: compute, take private memory, start threads where it may."""
    program = Program(machine)
    program.answer(COMPUTING, ALLOW)
    program.where("read", 0, [(_EVERY, one) for one in readable], ALLOW, _NO)
    program.where("write", 0, [(_EVERY, one) for one in writable], ALLOW, _NO)
    program.answer(["clone3"], _UNKNOWN)
    if threads:
        program.where("clone", 0, _NO_PLAIN_THREAD, _NO, ALLOW)
    program.where("mprotect", 2, [(_PROT_EXEC, _PROT_EXEC)], _NO, ALLOW)
    program.where("mmap", 2, [(_PROT_EXEC, _PROT_EXEC)], _NO)
    program.where("mmap", 3, _uncounted(), _NO, ALLOW)
    return program.ending(_NO)


def _uncounted() -> list[tuple[int, int]]:
    """Flags of mappings that RLIMIT_DATA does not count, as (mask, value)."""
    both = _SHARED | _ANONYMOUS
    return [(both, both), (_GROWSDOWN, _GROWSDOWN), (_HUGETLB, _HUGETLB)]
