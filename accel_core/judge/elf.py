"""What an object file says of itself, read by its tables alone: nothing of it is loaded or run.

The format is that of the System V ABI, chapter 4 (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html).
Whoever made the file may have made it up: every offset is checked, and what does not fit is no object file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 4 << 20
"""Of an object file: the largest rung of a ladder comes to a tenth of that."""
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATABLE, _X86_64, _AARCH64 = 1, 62, 183
_RELOCATION = struct.Struct("<QQq")
_SYMBOLS, _RELOCATIONS, _NO_BITS, _SHORT_RELOCATIONS = 2, 4, 8, 9
_ALLOCATED, _EXECUTABLE, _THREAD_LOCAL = 0x2, 0x4, 0x400
_INDIRECT = 10
"""An indirect function: loading the file would run it."""
_START_KINDS = (14, 15, 16)
"""Tables of functions that run when a file is loaded or left."""
_START_NAMES = (".init", ".fini", ".ctors", ".dtors", ".preinit")
_ABSOLUTE, _COMMON = 0xFFF1, 0xFFF2
"""In place of a section: the symbol is a number or a file's name; it is zeros that a loader makes."""
_MOST_NAME, _MOST_NAMES = 16 * 1024, 2 * MOST_BYTES
"""Characters of one name, and of all of one table: they may lie over one another, and would take minutes."""
MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}


class NoObject(ValueError):
    """The bytes are no object file of this kind; the message says what does not fit."""


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """What counts of an object file for whoever is to load it."""

    machine: int
    undefined: tuple[str, ...]
    """Names that it takes from elsewhere."""
    defined: frozenset[str]
    code_bytes: int
    """Of its executable sections."""
    data_bytes: int
    """Of everything else that is loaded, zeros too."""


def read_object(data: bytes) -> ObjectFile:
    """The object file in `data`; NoObject where there is none, or where loading it could run something."""
    if len(data) > MOST_BYTES:
        raise NoObject(f"it has {len(data)} bytes")
    ident, kind, machine, _, _, _, table, _, _, _, _, each, count, names_at = _unpack(_HEADER, data, 0)
    if ident[:6] != b"\x7fELF\x02\x01" or kind != _RELOCATABLE or each != _SECTION.size:
        raise NoObject("it is no relocatable file of 64 bits")
    sections = [_unpack(_SECTION, data, table + i * each) for i in range(count)]
    if names_at >= count:
        raise NoObject("its sections have no names")
    names = _part(data, sections[names_at])
    code = loaded = relocations = 0
    most_symbols, room = -1, _MOST_NAMES
    symbols: list[tuple[str, int, int, int]] = []
    for section in sections:
        name_at, sort, flags, _, _, size, link, _, _, _ = section
        name = _text(names, name_at)
        room -= len(name)
        if room < 0:
            raise NoObject("the names of its sections lie over one another")
        if sort in _START_KINDS or name.startswith(_START_NAMES):
            raise NoObject(f"its section {name} would run when it is loaded")
        if flags & _THREAD_LOCAL:
            raise NoObject(f"its section {name} belongs to a thread")
        if flags & _ALLOCATED:
            code += size if flags & _EXECUTABLE else 0
            loaded += 0 if flags & _EXECUTABLE else size
        if code + loaded > 16 * MOST_BYTES:
            raise NoObject(f"its sections take {code + loaded} bytes")
        # thousands of sections that show the same table would take hours to be read
        relocations += size if sort == _RELOCATIONS else 0
        if relocations > len(data) or (sort == _SYMBOLS and most_symbols >= 0):
            raise NoObject("its tables lie over one another")
        if sort == _SYMBOLS:
            if link >= count:
                raise NoObject("its symbols have no names")
            symbols = _symbols(_part(data, section), _part(data, sections[link]))
            most_symbols = size // _SYMBOL.size
    for section in sections:
        _check_relocations(data, section, sections, most_symbols)
    undefined = {name for name, place, _, _ in symbols if name and place == 0}
    if any(place >= count and place not in (_ABSOLUTE, _COMMON) for _, place, _, _ in symbols):
        raise NoObject("a symbol lies in no section of it")
    if any(sort == _INDIRECT for _, _, sort, _ in symbols):
        raise NoObject("one of its functions would run when it is loaded")
    loaded += sum(size for _, place, _, size in symbols if place == _COMMON)
    if code + loaded > 16 * MOST_BYTES:
        raise NoObject(f"its sections take {code + loaded} bytes")
    defined = frozenset(name for name, place, _, _ in symbols if name and place)
    return ObjectFile(machine, tuple(sorted(undefined)), defined, code, loaded)


def _symbols(table: bytes, names: bytes) -> list[tuple[str, int, int, int]]:
    """(name, section, type, bytes) of each symbol; section 0 means that it is from elsewhere."""
    found = []
    room = _MOST_NAMES
    for at in range(0, len(table) - len(table) % _SYMBOL.size, _SYMBOL.size):
        name, info, _, section, _, size = _SYMBOL.unpack_from(table, at)
        found.append((_text(names, name), section, info & 0xF, size))
        room -= len(found[-1][0])
        if room < 0:
            raise NoObject("its names take more bytes than it has")
    return found


def _check_relocations(
    data: bytes, section: tuple[int, ...], sections: list[tuple[int, ...]], symbols: int
) -> None:
    """NoObject where one of a section's relocations would write outside of the section that it belongs to."""
    _, sort, _, _, _, _, _, target, _, _ = section
    if sort == _SHORT_RELOCATIONS or (sort == _RELOCATIONS and target >= len(sections)):
        raise NoObject("its relocations are of another kind")
    if sort != _RELOCATIONS:
        return
    size, table = sections[target][5], _part(data, section)
    for at in range(0, len(table) - len(table) % _RELOCATION.size, _RELOCATION.size):
        place, what, _ = _RELOCATION.unpack_from(table, at)
        if place + 8 > size + 4 or what >> 32 >= symbols:  # the shortest that is written has four bytes
            raise NoObject("a relocation lies outside of its section")


def _part(data: bytes, section: tuple[int, ...]) -> bytes:
    _, sort, _, _, start, size, *_ = section
    if sort == _NO_BITS or start + size > len(data):
        raise NoObject("a section lies outside of it")
    return data[start : start + size]


def _text(names: bytes, at: int) -> str:
    end = names.find(b"\0", at, at + _MOST_NAME)
    if at > len(names) or end < 0:
        raise NoObject("a name lies outside of it")
    return names[at:end].decode("ascii", "backslashreplace")


def _unpack(what: struct.Struct, data: bytes, at: int) -> tuple[Any, ...]:
    if at + what.size > len(data):
        raise NoObject("a table lies outside of it")
    return what.unpack_from(data, at)
