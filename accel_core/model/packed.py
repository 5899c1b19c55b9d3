"""Many whole numbers as a short text: samples in nanoseconds take 2 to 3 letters each instead of 8 to 20.

The text is base64 of zlib of the numbers as signed 64-bit integers, their lowest bytes first, then the second
bytes of all, and so on: the high bytes are nearly all equal, so that zlib makes nothing of them.
"""

from __future__ import annotations

import base64
import binascii
import sys
import zlib
from array import array
from collections.abc import Iterable

BYTES = 8
MOST = 20_000
"""Numbers in one text: twice as many as a measurement may have samples."""


def packed(numbers: Iterable[int]) -> str:
    """The numbers as a text; empty where there are none."""
    row = array("q", numbers)
    if sys.byteorder == "big":
        row.byteswap()
    raw = row.tobytes()
    if not raw:
        return ""
    planes = b"".join(raw[at::BYTES] for at in range(BYTES))
    return base64.b64encode(zlib.compress(planes, 9)).decode("ascii")


def unpacked(text: str, most: int = MOST) -> tuple[int, ...]:
    """The numbers in a text. ValueError where it holds none, or more than `most`."""
    if not text:
        return ()
    if len(text) > 2 * BYTES * most:
        raise ValueError("the text is too long")
    unzip = zlib.decompressobj()
    try:
        planes = unzip.decompress(base64.b64decode(text.encode("ascii"), validate=True), BYTES * most + 1)
    except (binascii.Error, zlib.error, UnicodeEncodeError) as error:
        raise ValueError("the text is no packed numbers") from error
    if not unzip.eof or unzip.unused_data or len(planes) % BYTES or len(planes) > BYTES * most:
        raise ValueError("the text is cut, or holds too many numbers")
    count = len(planes) // BYTES
    raw = bytearray(len(planes))
    for at in range(BYTES):
        raw[at::BYTES] = planes[at * count : (at + 1) * count]
    row = array("q", bytes(raw))
    if sys.byteorder == "big":
        row.byteswap()
    return tuple(row)
