"""Temporary files of tiles: past the page cache where the system has a way, and without a name.

They are opened as those that a disk is measured by (`disk.measuring.open_at`): what ends the process, a
SIGKILL too, gives their room on the disk back.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from accel_core.disk.measuring import FULL, open_at
from accel_core.disk.place import place_of
from accel_core.errors import AccelError
from accel_core.units import format_bytes


class TileFile:
    """A temporary file in `folder` for tiles of so many bytes, numbered from 0."""

    def __init__(self, folder: Path, tile_bytes: int) -> None:
        self._tile_bytes, self._folder = tile_bytes, folder
        with told(folder):
            self._file = open_at(place_of(folder))
        self.way = self._file.way
        """How the page cache is kept out: a name of `model.disk.WAYS`."""

    def read(self, tiles: NDArray[Any], first: int) -> None:
        """Fill `tiles`, which lie one after another in memory, from number `first` on."""
        with told(self._folder):
            self._file.read(tiles.data.cast("B"), first * self._tile_bytes)
            self._file.forget()

    def write(self, tiles: NDArray[Any], first: int) -> None:
        """Write `tiles`, which lie one after another in memory, from number `first` on."""
        with told(self._folder, tiles.nbytes):
            self._file.write(tiles.data.cast("B"), first * self._tile_bytes)

    def flush(self) -> None:
        """Return when all that was written is on the disk."""
        with told(self._folder):
            self._file.flush()
            self._file.forget()

    def close(self) -> None:
        """Give its room back."""
        self._file.close()


@contextmanager
def told(folder: Path, more_bytes: int = 0) -> Iterator[None]:
    """What the disk says within the block, in one sentence (AccelError); `more_bytes` were to be written."""
    try:
        yield
    except OSError as fault:
        raise AccelError(_said(folder, more_bytes, fault)) from fault


def _said(folder: Path, more_bytes: int, fault: OSError) -> str:
    remedy = "choose a smaller size, or another folder with --folder"
    if fault.errno in FULL:
        return f"The disk under {folder} became full ({format_bytes(more_bytes)} more did not fit): {remedy}."
    if fault.errno == errno.EFBIG:
        return f"A file in {folder} may not become as long as a matrix: {remedy}."
    if fault.errno == errno.ENOENT:
        return f"The folder {folder} was removed: name one that stays, with --folder."
    return (
        f"The disk under {folder} failed ({fault.strerror or fault}), so the product was ended and its files "
        "are gone: choose another folder with --folder, or see whether the disk is sound."
    )
