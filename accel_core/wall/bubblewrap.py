"""The command that puts a child behind bubblewrap: what it sees, and what it is cut off from."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from accel_core.folders import PACKAGE
from accel_core.wall.limits import Limits

JOB = "/job"
SYSTEM = (
    "/nix/store",
    "/gnu/store",
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf.d",
)
DEVICES = ("/dev/null", "/dev/random", "/dev/urandom")
"""Not /dev/zero: what it maps as shared memory no limit counts."""
COVERED = (
    *("iomem", "kallsyms", "kcore", "key-users", "keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags"),
    *("latency_stats", "modules", "sched_debug", "slabinfo", "timer_list", "vmallocinfo"),
)
"""Of /proc what tells of the whole host, to root alone: a child has the rights of whoever judges."""
_SHARED_MEMORY_BYTES = 1024**2
CPUS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
"""From which libraries count processors."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"}

ALONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""So that no library tries to start threads where none may be."""


def executable() -> str | None:
    """Path of `bwrap`; None where it is not installed."""
    return shutil.which("bwrap")


def package_folders() -> list[str]:
    """The folders of sys.path that hold installed packages."""
    return [place for place in sys.path if Path(place).name in ("site-packages", "dist-packages")]


def seen_places() -> list[Path]:
    """Folders and files outside the system's own that Python and this package need, none inside another.

    Never a home, nor what one lies in: a Python that is installed as the home itself has no wall.
    """
    wanted = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix), PACKAGE]
    wanted += [Path(place) for place in package_folders()]
    wanted += _links(Path(sys.executable))
    seen: list[Path] = []
    home = _home()
    for place in sorted({Path(os.path.realpath(one)) for one in wanted} | set(wanted)):
        inside = any(place.is_relative_to(other) for other in (*seen, *map(Path, SYSTEM)))
        if place.exists() and not inside and not home.is_relative_to(os.path.realpath(place)):
            seen.append(place)
    return seen


def _home() -> Path:
    """This account's home; the root where it has none, which is never shown either."""
    try:
        return Path(os.path.realpath(Path.home()))
    except RuntimeError:
        return Path("/")


def _links(path: Path) -> Iterator[Path]:
    """`path` and where it leads, link by link."""
    for _ in range(20):
        yield path
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()


def shown(script: Path) -> list[str]:
    """The folders and files that a child sees, apart from links among the system's own."""
    seen = seen_places()
    own = [] if any(script.is_relative_to(place) for place in seen) else [script]
    return [str(place) for place in (*seen, *own)]


def told(script: Path, limits: Limits) -> dict[str, list[str]]:
    """What a child is told of the files that it may read, may write, and of devices."""
    seen = [*SYSTEM, *CPUS, "/proc", JOB, *shown(script)]
    writable = ["/tmp", "/dev/shm"] if limits.disk_bytes else []
    return {"seen": seen, "writable": writable, "devices": list(DEVICES)}


def command(
    bwrap: str, files: Mapping[str, int], script: Path, limits: Limits, info: int, seccomp: int
) -> list[str]:
    """The arguments of bubblewrap up to those of the program; `files`: name -> descriptor with its content."""
    line = [bwrap, "--unshare-all", "--unshare-user", "--new-session", "--as-pid-1", "--cap-drop", "ALL"]
    line += ["--info-fd", str(info), "--seccomp", str(seccomp), "--hostname", "wall", "--clearenv"]
    threads = {} if limits.threads else ALONE
    for name, value in (ENVIRONMENT | threads).items():
        line += ["--setenv", name, value]
    line += ["--proc", "/proc", "--tmpfs", "/dev"]
    for name in COVERED:
        if Path("/proc", name).exists():
            line += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    for device in DEVICES:
        line += ["--dev-bind", device, device]
    if limits.disk_bytes:
        line += ["--size", str(limits.disk_bytes), "--tmpfs", "/tmp"]
        line += ["--size", str(_SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm"]
    for place in SYSTEM:
        line += _system(Path(place))
    for place in shown(script):
        line += ["--ro-bind", place, place]
    for place in CPUS:
        line += ["--ro-bind-try", place, place]
    for name, descriptor in files.items():
        line += ["--ro-bind-data", str(descriptor), f"{JOB}/{name}"]
    return [*line, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]


def _system(place: Path) -> list[str]:
    """How a folder of the system is shown: a link as a link, as merged /usr has them."""
    if place.is_symlink():
        return ["--symlink", str(place.readlink()), str(place)]
    return ["--ro-bind", str(place), str(place)] if place.exists() else []
