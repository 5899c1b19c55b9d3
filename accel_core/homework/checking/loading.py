"""One file as a pack, whatever it holds: what is too large is not read, what is no pack is a sentence."""

from __future__ import annotations

from pathlib import Path

from accel_core.errors import AccelError, BadInput
from accel_core.homework.pack import Pack, read_pack
from accel_core.units import format_bytes

MOST_BYTES = 5_000_000
"""A usual pack has at most 200 kB."""


def load(path: Path) -> Pack:
    """The pack in a file; BadInput with a sentence where it holds none."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise BadInput("It is no file.")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadInput(f"The file has {format_bytes(size)}: that is no pack, and it was not read.")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"The file cannot be read ({error.strerror}).") from None
    try:
        return read_pack(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadInput("The file is no UTF-8 text.") from None
    except AccelError:
        raise
    except (Exception, RecursionError, MemoryError) as error:
        raise BadInput(f"The file is no pack ({type(error).__name__}).") from None
