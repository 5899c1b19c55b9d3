"""The shared memory as a child sees it: what it is told, its inputs, its result, and what it reports.

The first page of the inputs holds an order: what to do (`READY` and so on), a number that goes with it, and the
lengths and places of the arrays as JSON. The first page of the output holds a report: a status and some bytes.
"""

from __future__ import annotations

import json
import mmap
import struct
from typing import Any

PAGE = 16384
"""Bytes before the arrays, of the order and of the report: a page of any system that this runs on."""
NOTHING, LOAD, SHAPE, CALL, DELIVER = range(5)
"""Orders: do nothing, load the code, take other lengths, compute, write what was computed into the output."""
_ORDER = struct.Struct("<qqq")
_REPORT = struct.Struct("<qq")
MOST_REPORTED = PAGE - _REPORT.size


class Pages:
    """The two pieces of shared memory, whose descriptors the parent has handed down."""

    def __init__(self, inputs: int, output: int, *, private: bool = False) -> None:
        length = {"length": 0}
        if private:  # the child's own copy, into which it may write
            self.inputs = mmap.mmap(
                inputs, **length, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE
            )
        elif hasattr(mmap, "MAP_POPULATE"):
            self.inputs = mmap.mmap(
                inputs, **length, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ
            )
        else:
            self.inputs = mmap.mmap(inputs, **length, access=mmap.ACCESS_READ)
        self.output = mmap.mmap(output, 0)

    def order(self) -> tuple[int, int]:
        """What to do, and the number that goes with it."""
        what, number, _ = _ORDER.unpack_from(self.inputs, 0)
        return what, number

    def places(self) -> Any:
        """Of a `SHAPE` order: {"inputs": [[start, lengths], …], "out": [start, lengths]}."""
        _, _, size = _ORDER.unpack_from(self.inputs, 0)
        return json.loads(self.inputs[_ORDER.size : _ORDER.size + size])

    def report(self, status: int, said: bytes = b"") -> None:
        """Tell the parent how it went."""
        said = said[:MOST_REPORTED]
        _REPORT.pack_into(self.output, 0, status, len(said))
        if said:
            self.output[_REPORT.size : _REPORT.size + len(said)] = said


def write_order(memory: Any, what: int, number: int = 0, places: Any = None) -> None:
    """The parent's side: put an order into the inputs' first page."""
    said = b"" if places is None else json.dumps(places).encode()
    _ORDER.pack_into(memory, 0, what, number, len(said))
    if said:
        memory[_ORDER.size : _ORDER.size + len(said)] = said


def read_report(memory: Any) -> tuple[int, bytes]:
    """The parent's side: status and bytes out of the output's first page, whatever a child has put there."""
    status, size = _REPORT.unpack_from(memory, 0)
    size = min(max(size, 0), MOST_REPORTED)
    return status, bytes(memory[_REPORT.size : _REPORT.size + size])
