"""What lies under a folder: its file system, its device, and what that device has moved so far."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")
SERVED = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "fuse",
    "virtiofs",
    "ceph",
    "gluster",
    "lustre",
    "afs",
    "vboxsf",
    "webdav",
)
"""How the names of file systems begin that another computer or another program answers for."""
VIRTUAL = ("vd", "xvd")
"""How Linux names the disks that a hypervisor shows."""
SECTOR_BYTES = 512
"""Of a device's counters, whatever its own sectors are (Documentation/block/stat.rst of Linux)."""


@dataclass(frozen=True)
class Place:
    """A folder and what is known of the disk under it; texts are empty where nothing is."""

    folder: Path
    filesystem: str = ""
    device: str = ""
    counters: Path | None = None
    """The file in which the system counts what the device moves."""

    @property
    def in_memory(self) -> bool:
        """Whether files of this folder lie in memory."""
        return self.filesystem in IN_MEMORY

    @property
    def served(self) -> bool:
        """Whether another computer or program answers for its files."""
        return self.filesystem.startswith(SERVED)

    def moved_bytes(self) -> tuple[int, int] | None:
        """Bytes that the device has read and written since it was there; None where nobody counts them."""
        try:
            fields = self.counters.read_text(encoding="ascii").split() if self.counters else []
            return int(fields[2]) * SECTOR_BYTES, int(fields[6]) * SECTOR_BYTES
        except (OSError, ValueError, IndexError):
            return None


def place_of(folder: Path) -> Place:
    """The place of an existing folder."""
    folder = Path(os.path.realpath(folder))
    mounted = [(one.mountpoint, one.device, one.fstype) for one in psutil.disk_partitions(all=True)]
    device, filesystem = mount_of(str(folder), mounted)
    name = Path(os.path.realpath(device)).name if device.startswith("/dev/") else ""
    counters = Path(f"/sys/class/block/{name}/stat")
    named = name or (device.rstrip("\\") if os.name == "nt" else "")  # a server's name is nobody's business
    return Place(folder, filesystem.lower(), named, counters if name and counters.is_file() else None)


def mount_of(folder: str, mounted: Iterable[tuple[str, str, str]]) -> tuple[str, str]:
    """(device, file system) of the innermost mount over `folder`, the last of several; else empty."""
    inner, found = -1, ("", "")
    for point, device, filesystem in mounted:
        ends = point.rstrip("/\\")
        inside = folder == ends or folder.startswith((f"{ends}/", f"{ends}\\"))
        if inside and len(ends) >= inner:
            inner, found = len(ends), (device, filesystem)
    return found
