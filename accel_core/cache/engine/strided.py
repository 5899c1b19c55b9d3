"""Sweeps whose steps reach other lines, through a level that stands alone. Compiled.

Nothing can be skipped in such a sweep: each step misses or changes the order of a set. What makes it fast is
that a single level of few ways, LRU and write-back, whose misses are not classified, needs little: a set is one
vector, there is nobody to ask or to tell, and all that is the same at every step stays in registers.

The matrix product has two such sweeps: two reads, and an update, which reads an element of c, reads an element
of a or b, and writes that element of c. Any other sweep is run through reference by reference.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from accel_core.cache import fields as f
from accel_core.cache.engine.lanes import EMPTY, LANES, find8, push8
from accel_core.cache.engine.levels import Level, level_of
from accel_core.cache.engine.request import WRITE, operand_of
from accel_core.cache.engine.sets import first_cell
from accel_core.kernels.compiled import inlined, outlined

_at = np.uint64
"""Makes an index of a number: of a signed one Numba would ask first whether it counts from the end."""
_FIRST, _SECOND, _THIRD = np.int64(0), np.int64(1), np.int64(2)
"""Of the type of every other number of a reference: Numba compiles a function anew for each plain number."""


class _Reference(NamedTuple):
    """What a sweep says of one reference."""

    address: int
    move: int
    operand: int
    write: int


@inlined
def is_alone(table: Any, level: Level) -> bool:
    """Whether `stride` may be used for the first level, `level`."""
    return len(table) == 1 and not (
        level.stride != LANES
        or level.listed
        or level.fifo
        or level.through
        or level.inclusive
        or level.shadow >= 0
        or level.log >= 0
    )


@outlined
def stride(table: Any, cells: Any, marks: Any, counts: Any, sweep: Any) -> None:
    """Simulate sweep (SWEEP_FIELDS,) in a level that `is_alone`. Its accesses are counted by the caller."""
    level = level_of(table, 0)
    if level.mask >= 0:  # each call has machine code of its own: here the compiler knows how a set is found
        _stride(cells, marks, counts, level, sweep)
    else:
        _stride(cells, marks, counts, level, sweep)


@inlined
def _stride(cells: Any, marks: Any, counts: Any, level: Level, sweep: Any) -> None:
    one, two, three = _reference(sweep, _FIRST), _reference(sweep, _SECOND), _reference(sweep, _THIRD)
    references = sweep[f.REFERENCES]
    if references == 2:
        _pairs(cells, marks, counts, level, sweep[f.STEPS], one, two)
    elif references == 3 and _is_update(level, one, three):
        _updates(cells, marks, counts, level, sweep[f.STEPS], one, two)
    else:
        for step in range(sweep[f.STEPS]):
            for number in range(references):
                any_one = _reference(sweep, number)
                address = any_one.address + step * any_one.move
                missed = _touch(cells, marks, counts, level, address, any_one.operand, any_one.write)
                _count(counts, level, any_one.operand, f.CAPACITY_MISSES, missed)


@inlined
def _reference(sweep: Any, number: int) -> _Reference:
    at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
    kind = sweep[_at(at + f.KIND)]
    return _Reference(sweep[_at(at + f.ADDRESS)], sweep[_at(at + f.MOVE)], kind >> 1, kind & 1)


@inlined
def _is_update(level: Level, one: _Reference, three: _Reference) -> bool:
    """Whether the third of three references writes what the first touched, and still finds it held."""
    return bool(level.ways > 1 and three.write and one.address == three.address and one.move == three.move)


@inlined
def _pairs(
    cells: Any, marks: Any, counts: Any, level: Level, steps: int, one: _Reference, two: _Reference
) -> None:
    """At each step `one`, then `two`."""
    first, second = one.address, two.address
    missed_first = missed_second = 0
    for _ in range(steps):
        missed_first += _touch(cells, marks, counts, level, first, one.operand, one.write)
        missed_second += _touch(cells, marks, counts, level, second, two.operand, two.write)
        first += one.move
        second += two.move
    _count(counts, level, one.operand, f.CAPACITY_MISSES, missed_first)
    _count(counts, level, two.operand, f.CAPACITY_MISSES, missed_second)


@inlined
def _updates(
    cells: Any, marks: Any, counts: Any, level: Level, steps: int, one: _Reference, two: _Reference
) -> None:
    """At each step `one`, then `two`, then a write where `one` is.

    Only one line comes between, so `one` is still held then: it can be marked as written from the first.
    """
    first, second = one.address, two.address
    missed_first = missed_second = 0
    for _ in range(steps):
        missed_first += _touch(cells, marks, counts, level, first, one.operand, WRITE)
        missed_second += _touch(cells, marks, counts, level, second, two.operand, two.write)
        line = first >> level.shift
        start = first_cell(level, line)
        if cells[_at(start)] != line:
            push8(cells, start, find8(cells, start, line) + 1, line)
        first += one.move
        second += two.move
    _count(counts, level, one.operand, f.CAPACITY_MISSES, missed_first)
    _count(counts, level, two.operand, f.CAPACITY_MISSES, missed_second)


@inlined
def _touch(cells: Any, marks: Any, counts: Any, level: Level, address: int, operand: int, write: int) -> int:
    """One access; 1 where it misses a line that was there before, 0 for a hit and a compulsory miss."""
    line = address >> level.shift
    start = first_cell(level, line)
    held = cells[_at(start)] == line
    if not held:
        lane: int = find8(cells, start, line)
        if lane < LANES:
            held = True
            push8(cells, start, lane + 1, line)
    if held:
        if write:
            marks[_at(line)] |= f.DIRTY
        return 0
    victim = cells[_at(start + level.ways - 1)]
    push8(cells, start, level.ways, line)
    if victim != EMPTY:
        _leave(marks, counts, level, victim)
    mark = marks[_at(line)]
    marks[_at(line)] = mark | f.SEEN | f.DIRTY * write
    if mark & f.SEEN:
        return 1
    _count(counts, level, operand, f.COMPULSORY, 1)
    return 0


@inlined
def _leave(marks: Any, counts: Any, level: Level, victim: int) -> None:
    """Write `victim`, which has left, back if it is dirty."""
    mark = marks[_at(victim)]
    if mark & f.DIRTY:
        marks[_at(victim)] = mark & ~f.DIRTY
        counts[_at(0), _at(operand_of(level, victim)), _at(f.BYTES_OUT)] += 1 << level.shift


@inlined
def _count(counts: Any, level: Level, operand: int, kind: int, misses: int) -> None:
    """Each miss brings a line in."""
    counts[_at(0), _at(operand), _at(kind)] += misses
    counts[_at(0), _at(operand), _at(f.BYTES_IN)] += misses << level.shift
