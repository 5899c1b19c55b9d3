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
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf.d",
)
CPUS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
"""From which libraries count processors."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"}


def executable() -> str | None:
    """Path of `bwrap`; None where it is not installed."""
    return shutil.which("bwrap")


def package_folders() -> list[str]:
    """The folders of sys.path that hold installed packages."""
    return [place for place in sys.path if Path(place).name in ("site-packages", "dist-packages")]


def seen_places() -> list[Path]:
    """Folders outside the system's own that Python and this package need, none inside another."""
    interpreter = Path(sys.executable)
    wanted = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix), PACKAGE]
    wanted += [Path(place) for place in package_folders()]
    wanted += [Path(link).parent.parent for link in _links(interpreter)]
    seen: list[Path] = []
    for place in sorted({Path(os.path.realpath(one)) for one in wanted} | set(wanted)):
        inside = any(place.is_relative_to(other) for other in (*seen, *map(Path, SYSTEM)))
        if place.is_dir() and not inside and place != Path("/"):
            seen.append(place)
    return seen


def _links(path: Path) -> Iterator[Path]:
    """Where `path` leads, link by link."""
    for _ in range(20):
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()
        yield path


def command(
    bwrap: str, files: Mapping[str, int], script: Path, limits: Limits, info: int, seccomp: int | None
) -> list[str]:
    """The arguments of bubblewrap up to those of the program; `files`: name -> descriptor with its content."""
    line = [bwrap, "--unshare-all", "--unshare-user", "--new-session", "--as-pid-1", "--cap-drop", "ALL"]
    line += ["--info-fd", str(info), "--hostname", "wall", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        line += ["--setenv", name, value]
    if limits.disk_bytes:
        line += ["--size", str(limits.disk_bytes), "--tmpfs", "/tmp"]
    for place in SYSTEM:
        line += _system(Path(place))
    for place in map(str, seen_places()):
        line += ["--ro-bind", place, place]
    if not any(script.is_relative_to(place) for place in seen_places()):
        line += ["--ro-bind", str(script), str(script)]
    for place in CPUS:
        line += ["--ro-bind-try", place, place]
    for name, descriptor in files.items():
        line += ["--ro-bind-data", str(descriptor), f"{JOB}/{name}"]
    line += ["--proc", "/proc", "--dev", "/dev"]
    if seccomp is not None:
        line += ["--seccomp", str(seccomp)]
    return [*line, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]


def _system(place: Path) -> list[str]:
    """How a folder of the system is shown: a link as a link, as merged /usr has them."""
    if place.is_symlink():
        return ["--symlink", str(place.readlink()), str(place)]
    return ["--ro-bind", str(place), str(place)] if place.exists() else []
