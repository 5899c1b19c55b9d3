"""The compiled loops over a whole stream: generate sweeps and consume them, so many accesses at a time."""

from __future__ import annotations

from typing import Any

from accel_core.cache import fields as f
from accel_core.cache.feeding import feed
from accel_core.cache.request import line_below, operand_of, request_first, request_second, request_third
from accel_core.cache.sweeps import fill
from accel_core.kernels.compiled import outlined


@outlined
def advance(
    nest: Any,
    visits: Any,
    cursor: Any,
    sweeps: Any,
    table: Any,
    cells: Any,
    marks: Any,
    counts: Any,
    size: int,
    most: int,
) -> int:
    """Simulate the next `most` accesses of a nest, or a few more; their number, 0 at the end of the stream."""
    accesses = 0
    while accesses < most:
        rows = fill(nest, visits, cursor, sweeps)
        if rows == 0:
            break
        accesses += feed(table, cells, marks, counts, sweeps, rows, size)
    return accesses


@outlined
def flush(table: Any, cells: Any, marks: Any, counts: Any, level: int, lines: Any) -> None:
    """Write those of `lines` of `level` that are dirty to the level below, in their order."""
    for line in lines:
        mark = table[level, f.MARKS] + line
        if marks[mark] & f.DIRTY:
            marks[mark] &= ~f.DIRTY
            line_bytes = 1 << table[level, f.SHIFT]
            counts[level, operand_of(table, level, line), f.BYTES_OUT] += line_bytes
            below = line_below(table, level, line)
            if level == 0:
                request_second(table, cells, marks, counts, below, 1, line_bytes)
            elif level == 1:
                request_third(table, cells, marks, counts, below, 1, line_bytes)


@outlined
def record(
    nest: Any, visits: Any, cursor: Any, sweeps: Any, place: Any, addresses: Any, kinds: Any, steps: Any
) -> int:
    """Write the next accesses of a nest out, as many steps as fit; their number, 0 at the end of the stream.

    addresses (n,) int64; kinds (n,) uint8, 2 * operand + 1 where it writes; steps (n, 4) int64, line of the
    text and i, j, k. place (3,) int64: rows in the buffer, row and step to go on at; zeros at first.
    """
    filled = 0
    while True:
        if place[1] == place[0]:
            place[0], place[1], place[2] = fill(nest, visits, cursor, sweeps), 0, 0
            if place[0] == 0:
                return filled
        sweep = sweeps[place[1]]
        while place[2] < sweep[f.STEPS]:
            if filled + sweep[f.REFERENCES] > len(addresses):
                return filled
            for number in range(sweep[f.REFERENCES]):
                at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
                addresses[filled] = sweep[at + f.ADDRESS] + place[2] * sweep[at + f.MOVE]
                kinds[filled] = sweep[at + f.KIND]
                steps[filled, 0] = sweep[f.TEXT_LINE]
                for axis in range(3):
                    moved = place[2] if sweep[f.AXIS] == axis else 0
                    steps[filled, 1 + axis] = sweep[f.INDEX + axis] + moved
                filled += 1
            place[2] += 1
        place[1] += 1
        place[2] = 0


@outlined
def replay(
    table: Any, cells: Any, marks: Any, counts: Any, addresses: Any, kinds: Any, size: int, ends: Any
) -> None:
    """Simulate recorded accesses with a log; ends (n,) int64: rows of the log after each access."""
    for at in range(len(addresses)):
        kind = kinds[at]
        counts[0, kind >> 1, f.ACCESSES] += 1
        line = addresses[at] >> table[0, f.SHIFT]
        request_first(table, cells, marks, counts, line, kind & 1, size)
        ends[at] = cells[table[0, f.LOG]]
