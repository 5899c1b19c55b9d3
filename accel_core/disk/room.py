"""How large the file may be: a share of what is free, so that no measurement fills a disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from accel_core.errors import BadInput, quoted
from accel_core.machine.load import available_memory_bytes
from accel_core.units import format_bytes

SHARE = 0.1
"""Of what is free in the folder, at most."""
MOST_BYTES = 4 << 30
LEAST_BYTES = 128 << 20
"""Less would say nothing: every drive has a cache of that size."""


def check_folder(folder: object) -> Path:
    """The folder, absolute; BadInput where there is none, or no file may be made there."""
    if not isinstance(folder, str):
        raise BadInput(f"folder is {quoted(folder)}: name a folder on the disk that you mean.")
    try:
        found = Path(folder).expanduser().absolute()
        if not found.is_dir():
            raise BadInput(f"There is no folder {found}: name one that exists, on the disk that you mean.")
    except (OSError, RuntimeError, ValueError) as fault:  # a name of thousands of letters, or with a zero byte
        if isinstance(fault, BadInput):
            raise
        raise BadInput("The folder's name is none: name one that exists, on the disk that you mean.") from None
    if not os.access(found, os.W_OK | os.X_OK):
        raise BadInput(f"No file may be made in {found}: choose a folder of yours on the same disk.")
    return found


def free_bytes(folder: Path, *, in_memory: bool) -> int:
    """What is free for a file in `folder`; where it lies in memory, no more than the memory has."""
    free = shutil.disk_usage(folder).free
    return min(free, available_memory_bytes()) if in_memory else free


def room_bytes(folder: Path, free: int) -> int:
    """The longest that the file may be, in whole MiB; BadInput where that is too little."""
    allowed = min(int(SHARE * free), MOST_BYTES)
    if allowed < LEAST_BYTES:
        raise BadInput(
            f"{folder} has {format_bytes(free)} free, and a measurement that takes at most a tenth of that "
            f"needs {format_bytes(LEAST_BYTES / SHARE)}: free some space, or choose another folder."
        )
    return allowed >> 20 << 20
