"""One access to one level and all that follows from it below. Compiled; tests hold it against a plain model.

- The fetch from the level below comes first, then the line goes in (dirty if this is a write), and last the
  victim, if dirty, is written to the level below: a write there like any other, which renews the line or, on a
  miss, allocates.
- Write-through: every write goes on to the level below; one that misses allocates nothing.
- An inclusive level recalls what it evicts from all levels above. A dirty copy is written to the nearest level
  below it that still holds the line: a hit that renews nothing, because the line is leaving there too.
- A miss is compulsory where the level never saw the line, a conflict where its shadow cache, of the same lines
  in a single set, holds the line, and else due to capacity (Hill and Smith, IEEE Trans. Computers 38(12), 1989,
  1612-1630).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accel_core.cache import fields as f
from accel_core.cache.engine import sets
from accel_core.cache.engine.lanes import EMPTY
from accel_core.cache.engine.levels import Level, level_of
from accel_core.kernels.compiled import inlined, outlined

READ, WRITE = np.int64(0), np.int64(1)
"""Of one type with every `write` that arrives, so that Numba compiles a function only once."""


@inlined
def request_first(
    table: Any, cells: Any, marks: Any, counts: Any, first: Level, line: int, write: int, size: int
) -> None:
    """Read or write `size` bytes of `line` in the first level. Its accesses are counted by the caller."""
    held, row = _arrive(cells, counts, first, line, write)
    if not held and not (write and first.through):
        request_second(table, cells, marks, counts, line >> first.below, READ, 1 << first.shift)
    written, bytes_out = _settle(table, cells, marks, counts, first, line, write, size, held, row)
    if bytes_out:
        request_second(table, cells, marks, counts, written >> first.below, WRITE, bytes_out)


@inlined
def request_second(table: Any, cells: Any, marks: Any, counts: Any, line: int, write: int, size: int) -> None:
    """The same in the level below the first; the memory, which has nothing to do, where there is none."""
    if len(table) > 1:
        _request_second(table, cells, marks, counts, line, write, size)


@outlined
def _request_second(table: Any, cells: Any, marks: Any, counts: Any, line: int, write: int, size: int) -> None:
    """Level by level the same lines stand here, because Numba cannot cache a function that calls itself."""
    second = level_of(table, 1)
    counts[1, operand_of(second, line), f.ACCESSES] += 1
    held, row = _arrive(cells, counts, second, line, write)
    if not held and not (write and second.through):
        request_third(table, cells, marks, counts, line >> second.below, READ, 1 << second.shift)
    written, bytes_out = _settle(table, cells, marks, counts, second, line, write, size, held, row)
    if bytes_out:
        request_third(table, cells, marks, counts, written >> second.below, WRITE, bytes_out)


@outlined
def request_third(table: Any, cells: Any, marks: Any, counts: Any, line: int, write: int, size: int) -> None:
    """The same in the last of three levels; below it is the memory."""
    if len(table) < 3:
        return
    third = level_of(table, 2)
    counts[2, operand_of(third, line), f.ACCESSES] += 1
    held, row = _arrive(cells, counts, third, line, write)
    _settle(table, cells, marks, counts, third, line, write, size, held, row)


@inlined
def operand_of(level: Level, line: int) -> int:
    """0 for a line of A, 1 for B, 2 for C: each array begins with a line of its own."""
    return int(line >= level.first_b) + int(line >= level.first_c)


@inlined
def _arrive(cells: Any, counts: Any, level: Level, line: int, write: int) -> tuple[bool, int]:
    """Look `line` up; whether it is held, and the row of the log. If not, it is fetched next."""
    row = _log_access(cells, level, line, write)
    place = sets.place_of(cells, level, line)
    if place >= 0:
        sets.renew(cells, level, line, place)
    elif not (write and level.through):
        counts[level.number, operand_of(level, line), f.BYTES_IN] += 1 << level.shift
    return place >= 0, row


@inlined
def _settle(
    table: Any, cells: Any, marks: Any, counts: Any, level: Level, line: int, write: int, size: int, held: bool,
    row: int,
) -> tuple[int, int]:  # fmt: skip
    """Count the access and take the line in; the line of this level to write below and how many bytes of it."""
    operand, mark = operand_of(level, line), level.marks + line
    through = write and level.through
    shadow_held = renew_shadow(cells, level, line, not through)
    if not held:
        kind = f.CONFLICT if shadow_held else f.CAPACITY_MISSES
        kind = kind if marks[mark] & f.SEEN else f.COMPULSORY
        counts[level.number, operand, kind] += 1
        _log(cells, row, f.LOG_OUTCOME, kind)
    if through:
        marks[mark] |= f.SEEN
        counts[level.number, operand, f.BYTES_OUT] += size
        return line, size
    marks[mark] |= f.SEEN | f.DIRTY * write
    if held:
        return line, 0
    victim = _take_in(table, cells, marks, counts, level, line, row)
    return victim, 0 if victim == EMPTY else 1 << level.shift


@inlined
def renew_shadow(cells: Any, level: Level, line: int, allocate: bool) -> bool:
    """Whether the shadow cache, where there is one, held `line` before this access, which it now sees too."""
    if level.shadow < 0:
        return False
    held = cells[level.shadow_links + sets.LINK * line + sets.NEWER] != sets.ABSENT
    if not held and allocate:
        sets.list_insert(cells, level.shadow, level.shadow_links, level.capacity, line)
    elif held and not level.fifo:
        sets.list_renew(cells, level.shadow, level.shadow_links, line)
    return held


@inlined
def _take_in(table: Any, cells: Any, marks: Any, counts: Any, level: Level, line: int, row: int) -> int:
    """Insert `line`; the victim if it has to be written below, else EMPTY."""
    victim = sets.insert(cells, level, line)
    if victim == EMPTY:
        return EMPTY
    _log(cells, row, f.LOG_EVICTED, victim)
    if level.inclusive:
        _recall(table, cells, marks, counts, level.number, victim)
    mark = level.marks + victim
    if not marks[mark] & f.DIRTY:
        return EMPTY
    marks[mark] &= ~f.DIRTY
    counts[level.number, operand_of(level, victim), f.BYTES_OUT] += 1 << level.shift
    _log(cells, row, f.LOG_DIRTY, 1)
    return victim


@outlined
def _recall(table: Any, cells: Any, marks: Any, counts: Any, number: int, victim: int) -> None:
    """Take every part of `victim`, which has left level `number`, out of those above, the nearest first."""
    for at in range(number):
        upper = level_of(table, at)
        parts = level_of(table, number).shift - upper.shift
        for line in range(victim << parts, (victim + 1) << parts):
            if upper.shadow >= 0 and cells[upper.shadow_links + sets.LINK * line + sets.NEWER] != sets.ABSENT:
                sets.list_remove(cells, upper.shadow, upper.shadow_links, line)
            if sets.place_of(cells, upper, line) < 0:
                continue
            sets.remove(cells, upper, line)
            mark = upper.marks + line
            if marks[mark] & f.DIRTY:
                marks[mark] &= ~f.DIRTY
                counts[at, operand_of(upper, line), f.BYTES_OUT] += 1 << upper.shift
                _leave_with(table, cells, marks, counts, upper, line, number)


@inlined
def _leave_with(table: Any, cells: Any, marks: Any, counts: Any, upper: Level, line: int, number: int) -> None:
    """Write the recalled `line` of `upper` to the nearest level below that holds it, `number` at the latest."""
    for at in range(upper.number + 1, number + 1):
        lower = level_of(table, at)
        part_of = line >> (lower.shift - upper.shift)
        if at == number or sets.place_of(cells, lower, part_of) >= 0:
            counts[at, operand_of(lower, part_of), f.ACCESSES] += 1
            marks[lower.marks + part_of] |= f.DIRTY
            return


# -- the log, kept for a trace only ---------------------------------------------------------------------------


@inlined
def _log_access(cells: Any, level: Level, line: int, write: int) -> int:
    """Begin a row of the log and return where it lies; -1 where no log is kept. Its first cell counts rows."""
    if level.log < 0:
        return -1
    row = level.log + 1 + f.LOG_FIELDS * cells[level.log]
    cells[level.log] += 1
    cells[row + f.LOG_LEVEL] = level.number
    cells[row + f.LOG_LINE] = line
    cells[row + f.LOG_WRITE] = write
    cells[row + f.LOG_OUTCOME] = f.HIT
    cells[row + f.LOG_EVICTED] = EMPTY
    cells[row + f.LOG_DIRTY] = 0
    return row


@inlined
def _log(cells: Any, row: int, field: int, value: int) -> None:
    if row >= 0:
        cells[row + field] = value
