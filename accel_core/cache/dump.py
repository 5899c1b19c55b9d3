"""The access stream in a file, so that any other simulator can replay it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from accel_core.cache.stream.traversal import Traversal
from accel_core.errors import AccelError, BadInput
from accel_core.folders import check_target

MOST_DUMPED = 100_000_000
"""Accesses in a file: 900 MB."""


def dump(traversal: Traversal, target: Path) -> int:
    """Write `address` (int64) and `is_write` (bool) of every access to an .npz file; how many there are.

    `numpy.load(target)["address"]` reads them. The stream is generated once for each array and written as it
    comes. BadInput where it is too long or the folder does not exist.
    """
    from accel_core.cache.accesses import accesses  # compiled, and the package's face imports this module

    length = traversal.accesses
    if length > MOST_DUMPED:
        raise BadInput(
            f"{length:,} accesses are too many for a file (at most {MOST_DUMPED:,}): choose a smaller size."
        )
    check_target(target)
    try:
        with zipfile.ZipFile(target, "w") as archive:
            for name, dtype in (("address", np.dtype(np.int64)), ("is_write", np.dtype(bool))):
                header = {"descr": dtype.str, "fortran_order": False, "shape": (length,)}
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array_header_1_0(file, header)
                    for part in accesses(traversal):
                        file.write(getattr(part, name).tobytes())
    except OSError as error:
        raise AccelError(f"Cannot write {target}: {error.strerror or error}.") from error
    return length
