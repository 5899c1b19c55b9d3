"""Sweeps of the access stream into the first level: the inner loop of the simulator. Compiled.

Three shortcuts make it fast, and each leaves every count and every state as one request after the other would:

1. An access to the newest line of its set is a hit that changes no order: under LRU the line stays the newest,
   FIFO ignores hits. Only the shadow cache has to see it, and the dirty mark is set.
2. While no reference of a sweep leaves its line, the first step is done in full. If afterwards all those lines
   are held, by the level and by its shadow cache, every further such step is all hits: hits evict nothing, so
   by induction the lines stay. Under LRU these lines were the last ones used, in the order of the references,
   and a further step uses them in that order again: the order at its end is what it was. So those steps are
   counted and skipped. What they write is dirty: in the step that was done, a written line may have been
   evicted and loaded again by a read.
3. Under LRU, with no more references than ways and no inclusive level that could recall a line, a step leaves
   its lines held (fewer other lines came than a set has ways), which saves looking in 2.

Where a step reaches other lines none of this saves much: see strided.py for levels that stand alone.
A level that writes through passes on every write, so sweeps that write to one are done in full.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accel_core.cache import fields as f
from accel_core.cache.engine.levels import Level
from accel_core.cache.engine.request import renew_shadow, request_first
from accel_core.cache.engine.sets import ABSENT, LINK, NEWER, first_cell, place_of
from accel_core.cache.engine.strided import is_alone, stride
from accel_core.kernels.compiled import inlined


@inlined
def feed(
    table: Any, cells: Any, marks: Any, counts: Any, first: Level, sweeps: Any, rows: int, size: int
) -> int:
    """Simulate `rows` sweeps of elements of `size` bytes, `first` being the first level; how many accesses."""
    accesses = 0
    for row in range(rows):
        sweep = sweeps[row]
        steps, references = sweep[f.STEPS], sweep[f.REFERENCES]
        slow = _moves_far(first, sweep)
        step: Any = np.int64(0)  # by a literal, Numba would compile `_access` for 0 as well
        if slow and is_alone(table, first):
            stride(table, cells, marks, counts, sweep)
            step = steps
        while step < steps:
            for number in range(references):
                _access(table, cells, marks, counts, first, sweep, number, step, size)
            step += 1
            if not slow:
                alike = min(_steps_alike(first, sweep, step - 1), steps - step)
                if alike > 0 and _all_held(cells, first, sweep, step - 1):
                    _mark_written(marks, first, sweep, step - 1)
                    step += alike
        for number in range(references):
            kind = sweep[f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number + f.KIND]
            counts[0, kind >> 1, f.ACCESSES] += steps
        accesses += steps * references
    return accesses


@inlined
def _access(
    table: Any, cells: Any, marks: Any, counts: Any, first: Level, sweep: Any, number: int, step: int, size: int
) -> None:
    """The access of one reference at one step."""
    at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
    write = sweep[at + f.KIND] & 1
    line = (sweep[at + f.ADDRESS] + step * sweep[at + f.MOVE]) >> first.shift
    if cells[first_cell(first, line)] != line or (write and first.through):
        request_first(table, cells, marks, counts, first, line, write, size)
    else:
        renew_shadow(cells, first, line, True)
        if write:
            marks[first.marks + line] |= f.DIRTY


@inlined
def _moves_far(first: Level, sweep: Any) -> bool:
    """Whether a step of some reference always reaches another line, or a write always goes through."""
    for number in range(sweep[f.REFERENCES]):
        at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
        if sweep[at + f.MOVE] >= 1 << first.shift or (sweep[at + f.KIND] & 1 and first.through):
            return True
    return False


@inlined
def _steps_alike(first: Level, sweep: Any, step: int) -> int:
    """How many steps after `step` stay in the lines that it touches (moves are not negative)."""
    line_bytes = 1 << first.shift
    alike = sweep[f.STEPS]
    for number in range(sweep[f.REFERENCES]):
        at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
        move = sweep[at + f.MOVE]
        if move > 0:
            offset = (sweep[at + f.ADDRESS] + step * move) & (line_bytes - 1)
            alike = min(alike, (line_bytes - 1 - offset) // move)
    return alike


@inlined
def _mark_written(marks: Any, first: Level, sweep: Any, step: int) -> None:
    """Mark the lines that `step` writes, all of which the first level holds, as dirty."""
    if first.sure >= sweep[f.REFERENCES]:  # nothing was evicted in the step, so they are marked
        return
    for number in range(sweep[f.REFERENCES]):
        at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
        if sweep[at + f.KIND] & 1:
            line = (sweep[at + f.ADDRESS] + step * sweep[at + f.MOVE]) >> first.shift
            marks[first.marks + line] |= f.DIRTY


@inlined
def _all_held(cells: Any, first: Level, sweep: Any, step: int) -> bool:
    """Whether the first level and its shadow cache hold every line that `step` touches."""
    if first.sure >= sweep[f.REFERENCES]:
        return True
    for number in range(sweep[f.REFERENCES]):
        at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
        line = (sweep[at + f.ADDRESS] + step * sweep[at + f.MOVE]) >> first.shift
        if place_of(cells, first, line) < 0:
            return False
        if first.shadow >= 0 and cells[first.shadow_links + LINK * line + NEWER] == ABSENT:
            return False
    return True
