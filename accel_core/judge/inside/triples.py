"""The memory through which triples come from a child: what lies where. Standard library only.

What a child writes there is believed by nobody: the parent looks at it while the child is stopped, takes a
copy, and checks every number of it.
"""

from __future__ import annotations

import struct

MOST = 1 << 17
"""Triples in a piece."""
BYTES = 12
"""Of a triple: three numbers of 32 bits."""
ASKED, SAID, WORDS, TRIPLES = 0, 64, 128, 4096
"""Where it begins: what the parent asks for, what the child says, its words, the triples of the piece."""
SIZE = TRIPLES + MOST * BYTES
_ASKED, _SAID = struct.Struct("=qqqq"), struct.Struct("=qqq")
NOTHING, PIECE, END, FAILED = range(4)
"""What a child says: nothing yet; triples that lie there; that all have come; words on what went wrong."""


def ask(memory: memoryview, begin: bool, m: int, k: int, n: int) -> None:
    """Ask for the next piece of the order of (m, k, n), and first to `begin` it anew, or not."""
    _ASKED.pack_into(memory, ASKED, begin, m, k, n)
    _SAID.pack_into(memory, SAID, NOTHING, 0, 0)


def asked(memory: memoryview) -> tuple[bool, int, int, int]:
    """What `ask` wrote."""
    begin, m, k, n = _ASKED.unpack_from(memory, ASKED)
    return bool(begin), m, k, n


def say(memory: memoryview, what: int, count: int = 0, words: str = "") -> None:
    """Say `what`, with how many triples lie there, or why none do."""
    raw = words.encode("utf-8", "replace")[: TRIPLES - WORDS]
    memory[WORDS : WORDS + len(raw)] = raw
    _SAID.pack_into(memory, SAID, what, count, len(raw))


def said(memory: memoryview) -> tuple[int, int, str]:
    """What was said, of how many triples, in which words; whatever the child wrote there."""
    what, count, length = _SAID.unpack_from(memory, SAID)
    raw = bytes(memory[WORDS : WORDS + min(max(length, 0), TRIPLES - WORDS)])
    return what, min(max(count, 0), MOST), raw.decode("utf-8", "replace")
