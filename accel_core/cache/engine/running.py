"""The compiled loops over a whole stream: generate sweeps and consume them, so many accesses at a time."""

from __future__ import annotations

from typing import Any

from accel_core.cache import fields as f
from accel_core.cache.engine.feeding import feed
from accel_core.cache.engine.levels import Level, common, is_common, level_of
from accel_core.cache.engine.request import WRITE, operand_of, request_first, request_second, request_third
from accel_core.cache.stream.sweeps import fill
from accel_core.kernels.compiled import inlined, outlined


@outlined
def advance(
    nest: Any, visits: Any, cursor: Any, sweeps: Any, table: Any, cells: Any, marks: Any, counts: Any,
    size: int, most: int,
) -> int:  # fmt: skip
    """Simulate the next `most` accesses of a nest, or a few more; their number, 0 at the end of the stream."""
    first = level_of(table, 0)
    if is_common(first):
        first = common(first)
        return _advance(nest, visits, cursor, sweeps, table, cells, marks, counts, first, size, most)
    return _advance(nest, visits, cursor, sweeps, table, cells, marks, counts, first, size, most)


@inlined
def _advance(
    nest: Any, visits: Any, cursor: Any, sweeps: Any, table: Any, cells: Any, marks: Any, counts: Any,
    first: Level, size: int, most: int,
) -> int:  # fmt: skip
    """`advance` for what is known of the first level at the call: each call has machine code of its own."""
    accesses = 0
    while accesses < most:
        rows = fill(nest, visits, cursor, sweeps)
        if rows == 0:
            break
        accesses += feed(table, cells, marks, counts, first, sweeps, rows, size)
    return accesses


@outlined
def replay_sweeps(table: Any, cells: Any, marks: Any, counts: Any, sweeps: Any, size: int) -> int:
    """Simulate sweeps (rows, SWEEP_FIELDS) of any origin; the number of accesses."""
    first = level_of(table, 0)
    if is_common(first):
        return feed(table, cells, marks, counts, common(first), sweeps, len(sweeps), size)
    return feed(table, cells, marks, counts, first, sweeps, len(sweeps), size)


@outlined
def flush(table: Any, cells: Any, marks: Any, counts: Any, number: int, lines: Any) -> None:
    """Write those of `lines` of level `number` that are dirty to the level below, in their order."""
    level = level_of(table, number)
    for line in lines:
        mark = level.marks + line
        if marks[mark] & f.DIRTY:
            marks[mark] &= ~f.DIRTY
            line_bytes = 1 << level.shift
            counts[number, operand_of(level, line), f.BYTES_OUT] += line_bytes
            if number == 0:
                request_second(table, cells, marks, counts, line >> level.below, WRITE, line_bytes)
            elif number == 1:
                request_third(table, cells, marks, counts, line >> level.below, WRITE, line_bytes)


@outlined
def collect(
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
    """Simulate collected accesses; ends (n,) int64: rows of the log, where one is kept, after each access."""
    first = level_of(table, 0)
    for at in range(len(addresses)):
        kind = kinds[at]
        counts[0, kind >> 1, f.ACCESSES] += 1
        request_first(table, cells, marks, counts, first, addresses[at] >> first.shift, kind & 1, size)
        ends[at] = cells[first.log] if first.log >= 0 else 0
