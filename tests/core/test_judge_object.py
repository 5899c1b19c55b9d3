"""Object files: what their tables say, and that no made-up one gets past them."""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from functools import cache

import pytest
from llvmlite import binding as llvm

from accel_core.judge.allowed import TEAM, why_not_called
from accel_core.judge.elf import MOST_BYTES, NoObject, read_object

PLAIN = """
declare float @expf(float)
@table = constant [4 x i64] [i64 1, i64 2, i64 3, i64 4]
define float @entry(float %x) { %y = call float @expf(float %x) ret float %y }
"""
BEFORE = """
define void @start() { ret void }
@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }]
    [{ i32, ptr, ptr } { i32 65535, ptr @start, ptr null }]
"""
OWN = "@of_thread = thread_local global i32 7\ndefine ptr @entry() { ret ptr @of_thread }"
INDIRECT = "@entry = ifunc void (), ptr @choose\ndefine ptr @choose() { ret ptr null }"


@cache
def made(text: str) -> bytes:
    """The object file of a module, for a system of this kind whatever the tests run on."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple("x86_64-unknown-linux-gnu")
    machine = target.create_target_machine(codemodel="large", reloc="static")
    return machine.emit_object(llvm.parse_assembly(f'target triple = "x86_64-unknown-linux-gnu"\n{text}'))


def test_the_tables_name_what_is_there_and_what_is_taken_from_elsewhere() -> None:
    found = read_object(made(PLAIN))
    assert found.undefined == ("expf",)
    assert {"entry", "table"} <= found.defined
    assert 0 < found.code_bytes < 4096 and found.data_bytes >= 32


@pytest.mark.parametrize(
    ("text", "says"),
    [(BEFORE, "would run when it is loaded"), (OWN, "to a thread"), (INDIRECT, "would run when")],
)
def test_what_would_run_before_it_is_called_is_no_object(text: str, says: str) -> None:
    with pytest.raises(NoObject, match=says):
        read_object(made(text))


def test_no_damaged_file_does_more_than_be_refused() -> None:
    data, chance = made(PLAIN), random.Random(14)
    for length in range(0, len(data), 7):
        with pytest.raises(NoObject):
            read_object(data[:length])
    for _ in range(3000):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(changed))
            changed[at] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
        with suppress(NoObject):
            read_object(bytes(changed))
    with pytest.raises(NoObject, match="bytes"):
        read_object(data + bytes(MOST_BYTES))


def test_a_relocation_outside_of_its_section_is_refused() -> None:
    data = bytearray(made(PLAIN))
    at = relocation(data)
    struct.pack_into("<Q", data, at, 1 << 40)
    with pytest.raises(NoObject, match="relocation"):
        read_object(bytes(data))


def test_tables_and_names_that_lie_over_one_another_are_not_read_for_hours() -> None:
    shown = 2 * 64 * 1000, 24 * 1000  # a thousand sections behind the header, then a thousand symbols
    for sort in (2, 4):  # symbols, relocations
        tables = [(0, sort, 0, 0, *shown, 1, 0, 8, 24)] * 1000
        with pytest.raises(NoObject, match="over one another"):
            read_object(made_up(tables, bytes(shown[0])))
    name = b"x" * 16_000 + b"\0"
    table = b"".join(struct.pack("<IBBHQQ", at, 0, 0, 0, 0, 0) for at in range(1000))
    start = 64 + 64 * 3
    rows = [
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (len(name) - 1, 3, 0, 0, start, len(name), 0, 0, 1, 0),
        (len(name) - 1, 2, 0, 0, start + len(name), len(table), 1, 0, 8, 24),
    ]
    with pytest.raises(NoObject, match="names take more"):
        read_object(made_up(rows, name + table))
    row = (0, 3, 0, 0, 64 + 64 * 600, len(name), 0, 0, 1, 0)
    with pytest.raises(NoObject, match="names of its sections lie over one another"):
        read_object(made_up([row] * 600, name))


def test_a_symbol_of_a_section_that_is_not_there_is_refused() -> None:
    """A loader would look for it elsewhere."""
    data = bytearray(made(PLAIN))
    table, count = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<H", data, 60)[0]
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + 64 * i) for i in range(count)]
    start, size = next(section[4:6] for section in sections if section[1] == 2)
    places = [at + 6 for at in range(start, start + size, 24)]
    at = next(at for at in places if data[at : at + 2] == b"\0\0" and at > start + 6)
    struct.pack_into("<H", data, at, 0xFF20)
    with pytest.raises(NoObject, match="in no section"):
        read_object(bytes(data))


def made_up(sections: list[tuple[int, ...]], rest: bytes) -> bytes:
    """A file of these sections, whose names are in the second, and the bytes behind them."""
    head = struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 64, 0, 64, 0, 0, 64, len(sections), 1)
    rows = b"".join(struct.pack("<IIQQQQIIQQ", *section) for section in sections)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + head + rows + rest


def relocation(data: bytearray) -> int:
    """Where the first relocation lies."""
    table, count = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<H", data, 60)[0]
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + 64 * i) for i in range(count)]
    return int(next(section[4] for section in sections if section[1] == 4))


def test_mathematics_and_memory_may_be_called_and_a_library_may_not() -> None:
    assert why_not_called(["memset", "expf", "tanh", "NRT_Allocate"], threads=False) == ""
    assert "It calls cblas_sgemm" in why_not_called(["memset", "cblas_sgemm"], threads=True)
    assert "write the loops yourself" in why_not_called(["numba_xxgemm"], threads=True)
    assert "It calls system" in why_not_called(["system"], threads=True)
    assert "It calls Python" in why_not_called(["PyObject_CallObject"], threads=True)
    for name in TEAM:
        assert why_not_called([name], threads=True) == ""
        assert "It starts threads" in why_not_called([name], threads=False)


def test_a_name_is_cut_and_cleaned_before_it_is_shown() -> None:
    sentence = why_not_called(["\x1b[31mred\u202e" + "x" * 1000], threads=False)
    assert len(sentence) < 300 and sentence.isprintable()
