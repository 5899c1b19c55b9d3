"""One access to one level and all that follows from it below. Compiled; tests hold it against a plain model.

- The fetch from the level below comes first, then the line goes in (dirty if this is a write), and last the
  victim, if dirty, is written to the level below: a write there like any other, which renews the line or, on a
  miss, allocates.
- Write-through: every write goes on to the level below; one that misses allocates nothing.
- An inclusive level recalls what it evicts from all levels above. A dirty copy is written to the nearest level
  below it that still holds the line: a hit that renews nothing, because the line is leaving there too.
- A miss is compulsory where the level never saw the line, a conflict where its twin, the same cache in a single
  set, holds the line, and else due to capacity (Hill and Smith, IEEE Trans. Computers 38(12), 1989, 1612-1630).
"""

from __future__ import annotations

from typing import Any

from accel_core.cache import fields as f
from accel_core.cache import sets
from accel_core.cache.lanes import EMPTY
from accel_core.kernels.compiled import inlined, outlined


@inlined
def request_first(table: Any, cells: Any, marks: Any, counts: Any, line: int, write: int, size: int) -> None:
    """Read or write `size` bytes of `line` in the first level. Its accesses are counted by the caller."""
    held, row = _arrive(table, cells, counts, 0, line, write)
    if not held and not (write and table[0, f.THROUGH]):
        request_second(table, cells, marks, counts, line_below(table, 0, line), 0, 1 << table[0, f.SHIFT])
    written, bytes_out = _settle(table, cells, marks, counts, 0, line, write, size, held, row)
    if bytes_out:
        request_second(table, cells, marks, counts, line_below(table, 0, written), 1, bytes_out)


@outlined
def request_second(table: Any, cells: Any, marks: Any, counts: Any, line: int, write: int, size: int) -> None:
    """The same in the level below the first; the memory, which has nothing to do, where there is none.

    Level by level the same lines stand here, because Numba cannot cache a function that calls itself.
    """
    if len(table) < 2:
        return
    counts[1, operand_of(table, 1, line), f.ACCESSES] += 1
    held, row = _arrive(table, cells, counts, 1, line, write)
    if not held and not (write and table[1, f.THROUGH]):
        request_third(table, cells, marks, counts, line_below(table, 1, line), 0, 1 << table[1, f.SHIFT])
    written, bytes_out = _settle(table, cells, marks, counts, 1, line, write, size, held, row)
    if bytes_out:
        request_third(table, cells, marks, counts, line_below(table, 1, written), 1, bytes_out)


@outlined
def request_third(table: Any, cells: Any, marks: Any, counts: Any, line: int, write: int, size: int) -> None:
    """The same in the last of three levels; below it is the memory."""
    if len(table) < 3:
        return
    counts[2, operand_of(table, 2, line), f.ACCESSES] += 1
    held, row = _arrive(table, cells, counts, 2, line, write)
    _settle(table, cells, marks, counts, 2, line, write, size, held, row)


@inlined
def _arrive(table: Any, cells: Any, counts: Any, level: int, line: int, write: int) -> tuple[bool, int]:
    """Look `line` up; whether it is held, and the row of the log. If not, it is fetched next."""
    row = _log_access(table, cells, level, line, write)
    place = sets.place_of(table, cells, level, line)
    if place >= 0:
        sets.renew(table, cells, level, line, place)
    elif not (write and table[level, f.THROUGH]):
        counts[level, operand_of(table, level, line), f.BYTES_IN] += 1 << table[level, f.SHIFT]
    return place >= 0, row


@inlined
def _settle(
    table: Any,
    cells: Any,
    marks: Any,
    counts: Any,
    level: int,
    line: int,
    write: int,
    size: int,
    held: bool,
    row: int,
) -> tuple[int, int]:
    """Count the access and take the line in; the line of this level to write below and how many bytes of it."""
    operand = operand_of(table, level, line)
    through = write and table[level, f.THROUGH]
    outcome = _judge(table, cells, marks, level, line, held, not through)
    _log(table, cells, row, f.LOG_OUTCOME, outcome)
    if outcome != f.HIT:
        counts[level, operand, outcome] += 1
    if through:
        counts[level, operand, f.BYTES_OUT] += size
        return line, size
    marks[table[level, f.MARKS] + line] |= f.DIRTY * write
    if held:
        return line, 0
    victim = _take_in(table, cells, marks, counts, level, line, row)
    return victim, 0 if victim == EMPTY else 1 << table[level, f.SHIFT]


@inlined
def operand_of(table: Any, level: int, line: int) -> int:
    """0 for a line of A, 1 for B, 2 for C: each array begins with a line of its own."""
    return int(line >= table[level, f.FIRST_B]) + int(line >= table[level, f.FIRST_C])


@inlined
def line_below(table: Any, level: int, line: int) -> int:
    """The line of the next level that holds `line` of this one."""
    return line >> (table[level + 1, f.SHIFT] - table[level, f.SHIFT]) if level + 1 < len(table) else 0


@inlined
def _judge(table: Any, cells: Any, marks: Any, level: int, line: int, held: bool, allocate: bool) -> int:
    """What this access is: HIT or a kind of miss. The twin sees every access, hit or miss."""
    twin_held = False
    if table[level, f.SHADOW] >= 0:
        twin_held = _twin(table, cells, level, line, allocate)
    mark = table[level, f.MARKS] + line
    seen = marks[mark] & f.SEEN
    marks[mark] |= f.SEEN
    if held:
        return f.HIT
    if not seen:
        return f.COMPULSORY
    return f.CONFLICT if twin_held else f.CAPACITY_MISSES


@inlined
def _twin(table: Any, cells: Any, level: int, line: int, allocate: bool) -> bool:
    """Whether the twin held `line` when this access came, which it now sees like the level itself."""
    header, links = table[level, f.SHADOW], table[level, f.SHADOW_LINKS]
    held = cells[links + sets.LINK * line + sets.NEWER] != sets.ABSENT
    if not held and allocate:
        sets.list_insert(cells, header, links, table[level, f.CAPACITY], line)
    elif held and not table[level, f.FIFO]:
        sets.list_renew(cells, header, links, line)
    return held


@inlined
def _take_in(table: Any, cells: Any, marks: Any, counts: Any, level: int, line: int, row: int) -> int:
    """Insert `line`; the victim if it has to be written below, else EMPTY."""
    victim = sets.insert(table, cells, level, line)
    if victim == EMPTY:
        return EMPTY
    _log(table, cells, row, f.LOG_EVICTED, victim)
    if table[level, f.INCLUSIVE]:
        _recall(table, cells, marks, counts, level, victim)
    mark = table[level, f.MARKS] + victim
    if not marks[mark] & f.DIRTY:
        return EMPTY
    marks[mark] &= ~f.DIRTY
    counts[level, operand_of(table, level, victim), f.BYTES_OUT] += 1 << table[level, f.SHIFT]
    _log(table, cells, row, f.LOG_DIRTY, 1)
    return victim


@inlined
def _recall(table: Any, cells: Any, marks: Any, counts: Any, level: int, victim: int) -> None:
    """Take every part of `victim`, which has left `level`, out of the levels above, nearest the core first."""
    for upper in range(level):
        parts = table[level, f.SHIFT] - table[upper, f.SHIFT]
        for line in range(victim << parts, (victim + 1) << parts):
            links = table[upper, f.SHADOW_LINKS] + sets.LINK * line
            if table[upper, f.SHADOW] >= 0 and cells[links + sets.NEWER] != sets.ABSENT:
                sets.list_remove(cells, table[upper, f.SHADOW], table[upper, f.SHADOW_LINKS], line)
            if sets.place_of(table, cells, upper, line) < 0:
                continue
            sets.remove(table, cells, upper, line)
            mark = table[upper, f.MARKS] + line
            if marks[mark] & f.DIRTY:
                marks[mark] &= ~f.DIRTY
                counts[upper, operand_of(table, upper, line), f.BYTES_OUT] += 1 << table[upper, f.SHIFT]
                _leave_with(table, cells, marks, counts, upper, line, level)


@inlined
def _leave_with(table: Any, cells: Any, marks: Any, counts: Any, upper: int, line: int, level: int) -> None:
    """Write the recalled `line` of `upper` to the nearest level below that holds it, `level` at the latest."""
    for lower in range(upper + 1, level + 1):
        held = line >> (table[lower, f.SHIFT] - table[upper, f.SHIFT])
        if lower == level or sets.place_of(table, cells, lower, held) >= 0:
            counts[lower, operand_of(table, lower, held), f.ACCESSES] += 1
            marks[table[lower, f.MARKS] + held] |= f.DIRTY
            return


# -- the log, kept for a trace only ---------------------------------------------------------------------------


@inlined
def _log_access(table: Any, cells: Any, level: int, line: int, write: int) -> int:
    """Begin a row of the log and return where it lies; -1 where no log is kept. Its first cell counts rows."""
    log = table[0, f.LOG]
    if log < 0:
        return -1
    row = log + 1 + f.LOG_FIELDS * cells[log]
    cells[log] += 1
    cells[row + f.LOG_LEVEL] = level
    cells[row + f.LOG_LINE] = line
    cells[row + f.LOG_WRITE] = write
    cells[row + f.LOG_EVICTED] = EMPTY
    cells[row + f.LOG_DIRTY] = 0
    return row


@inlined
def _log(table: Any, cells: Any, row: int, field: int, value: int) -> None:
    if row >= 0:
        cells[row + field] = value
