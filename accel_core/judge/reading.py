"""The first stage: whether the file can be read. Nothing of it is run, and Python does not parse it here.

Python's own parser recurses: brackets or operators nested deep enough end the process that parses them
(https://docs.python.org/3/library/ast.html, the warning at `ast.parse`).
"""

from __future__ import annotations

import hashlib

from accel_core.arena.event import MOST_CODE_BYTES
from accel_core.judge.asked import Refused
from accel_core.units import format_bytes

MOST_NESTED = 100
MOST_LINE = 1000
_OPEN, _CLOSE = "([{", ")]}"


def read(code: str | bytes) -> str:
    """The text of a submission; Refused with the sentence on what is wrong with the file."""
    text = decoded(code)
    if "\0" in text:
        raise Refused(
            "The file holds a NUL character, as no Python file does: hand in the text of the program."
        )
    longest = max((len(line) for line in text.splitlines()), default=0)
    if longest > MOST_LINE:
        raise Refused(f"A line of the file has {longest} characters, and {MOST_LINE} are allowed: break it.")
    if (depth := _nested(text)) > MOST_NESTED:
        raise Refused(f"Its brackets are nested {depth} deep, and {MOST_NESTED} are allowed: write it flatter.")
    if not text.strip():
        raise Refused("The file is empty: begin with the starter code.")
    return text


def decoded(code: str | bytes) -> str:
    """The text in `code`; Refused where it is too long or no UTF-8."""
    try:
        raw = code.encode("utf-8") if isinstance(code, str) else code
    except UnicodeEncodeError:
        raise Refused("The file is no UTF-8 text: save it as UTF-8.") from None
    if len(raw) > MOST_CODE_BYTES:
        raise Refused(
            f"The file has {format_bytes(len(raw))}, and {format_bytes(MOST_CODE_BYTES)} are allowed: hand in "
            "the program alone, without data."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("The file is no UTF-8 text: save it as UTF-8.") from None


def _nested(text: str) -> int:
    """How deep brackets stand in one another at the most, those in texts and comments too."""
    depth = deepest = 0
    for one in text:
        if one in _OPEN:
            depth += 1
            deepest = max(deepest, depth)
        elif one in _CLOSE:
            depth = max(depth - 1, 0)
    return deepest


def lines_of_code(text: str) -> int:
    """Lines that are neither empty nor a comment alone."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def digest(code: str) -> str:
    """16 hexadecimal digits of BLAKE2b of the file."""
    return hashlib.blake2b(code.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
