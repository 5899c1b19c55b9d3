"""One set of a cache: is a line held, make it the newest, push one in, take one out. All compiled.

Few ways lie in order in cells, newest first (lanes.py). Many ways, and the fully associative twin that tells
conflict from capacity, are doubly linked lists over line numbers: every step costs the same at any length.
The first cell of a set is its newest line in both forms, which is all that the common case looks at.
"""

from __future__ import annotations

from typing import Any

from accel_core.cache.fields import CELLS, FIFO, LINKS, LISTED, MASK, SETS, STRIDE, WAYS
from accel_core.cache.lanes import EMPTY, LANES, find8, push8
from accel_core.kernels.compiled import inlined

NEWEST = 0
"""Cells of a list's header."""
OLDEST = 1
LENGTH = 2
HEADER = 3
NEWER = 0
"""Cells of a line's links."""
OLDER = 1
LINK = 2
ABSENT = -2
"""In NEWER: the line is in no list. EMPTY there means that it is the newest."""


@inlined
def first_cell(table: Any, level: int, line: int) -> int:
    """Offset of the set that `line` belongs to."""
    mask = table[level, MASK]
    number = line & mask if mask >= 0 else line % table[level, SETS]
    return table[level, CELLS] + number * table[level, STRIDE]


@inlined
def place_of(table: Any, cells: Any, level: int, line: int) -> int:
    """How many lines of its set are newer than `line` (0 for any held line of a list), -1 where not held."""
    if table[level, LISTED]:
        return 0 if cells[table[level, LINKS] + LINK * line + NEWER] != ABSENT else -1
    start = first_cell(table, level, line)
    for group in range(0, table[level, STRIDE], LANES):
        lane: int = find8(cells, start + group, line)
        if lane < LANES:
            return group + lane
    return -1


@inlined
def renew(table: Any, cells: Any, level: int, line: int, place: int) -> None:
    """A hit: under LRU `line`, at `place`, becomes the newest of its set; FIFO does not look."""
    if table[level, FIFO]:
        return
    start = first_cell(table, level, line)
    if table[level, LISTED]:
        list_renew(cells, start, table[level, LINKS], line)
    else:
        _push(cells, start, place + 1, line)


@inlined
def insert(table: Any, cells: Any, level: int, line: int) -> int:
    """Put `line`, which is not held, in as the newest of its set; the line that left for it, EMPTY if none."""
    start, ways = first_cell(table, level, line), table[level, WAYS]
    if table[level, LISTED]:
        return list_insert(cells, start, table[level, LINKS], ways, line)
    victim = cells[start + ways - 1]
    _push(cells, start, ways, line)
    return victim


@inlined
def remove(table: Any, cells: Any, level: int, line: int) -> None:
    """Take out `line`, which is held; the older ones of its set move up."""
    start = first_cell(table, level, line)
    if table[level, LISTED]:
        list_remove(cells, start, table[level, LINKS], line)
        return
    last = start + table[level, WAYS] - 1
    for cell in range(start + place_of(table, cells, level, line), last):
        cells[cell] = cells[cell + 1]
    cells[last] = EMPTY


@inlined
def _push(cells: Any, start: int, count: int, line: int) -> None:
    """`line` in front of the first `count` cells from `start`; the last of them is lost."""
    while count > LANES:
        carried = cells[start + LANES - 1]
        push8(cells, start, LANES, line)
        line = carried
        start += LANES
        count -= LANES
    push8(cells, start, count, line)


# -- lists --------------------------------------------------------------------------------------------------


@inlined
def list_renew(cells: Any, header: int, links: int, line: int) -> None:
    """Make `line`, which is in the list, its newest."""
    if cells[header + NEWEST] != line:
        list_remove(cells, header, links, line)
        _list_push(cells, header, links, line)


@inlined
def list_insert(cells: Any, header: int, links: int, capacity: int, line: int) -> int:
    """Put `line` in as the newest; the oldest, which left because there were `capacity` lines, or EMPTY."""
    victim = EMPTY
    if cells[header + LENGTH] == capacity:
        victim = cells[header + OLDEST]
        list_remove(cells, header, links, victim)
    _list_push(cells, header, links, line)
    return victim


@inlined
def list_remove(cells: Any, header: int, links: int, line: int) -> None:
    """Take `line`, which is in it, out of the list."""
    own = links + LINK * line
    newer, older = cells[own + NEWER], cells[own + OLDER]
    if newer == EMPTY:
        cells[header + NEWEST] = older
    else:
        cells[links + LINK * newer + OLDER] = older
    if older == EMPTY:
        cells[header + OLDEST] = newer
    else:
        cells[links + LINK * older + NEWER] = newer
    cells[own + NEWER] = ABSENT
    cells[header + LENGTH] -= 1


@inlined
def _list_push(cells: Any, header: int, links: int, line: int) -> None:
    own, newest = links + LINK * line, cells[header + NEWEST]
    cells[own + NEWER] = EMPTY
    cells[own + OLDER] = newest
    if newest == EMPTY:
        cells[header + OLDEST] = line
    else:
        cells[links + LINK * newest + NEWER] = line
    cells[header + NEWEST] = line
    cells[header + LENGTH] += 1
