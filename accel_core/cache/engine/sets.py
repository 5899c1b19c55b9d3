"""One set of a cache: is a line held, make it the newest, push one in, take one out. All compiled.

Few ways lie in order in cells, newest first (lanes.py). Many ways, and the shadow cache, which is fully
associative, are doubly linked lists over line numbers: every step costs the same at any length. The first cell
of a set is its newest line in both forms, which is all that the common case looks at.
"""

from __future__ import annotations

from typing import Any

from accel_core.cache.engine.lanes import EMPTY, LANES, find8, push8
from accel_core.cache.engine.levels import Level
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
LINE_BITS = 31
"""Lines are numbered in cells of 32 bits, none of them negative."""
ABSENT = -2
"""In NEWER: the line is in no list. EMPTY there means that it is the newest."""


@inlined
def first_cell(level: Level, line: int) -> int:
    """Offset of the set that `line` belongs to."""
    return level.cells + set_of(level, line) * level.stride


@inlined
def set_of(level: Level, line: int) -> int:
    """The remainder of `line` by the number of sets.

    A product and a shift take the place of the division, which is exact for lines below 2**LINE_BITS (Granlund
    and Montgomery, PLDI 1994, 61-72, theorem 4.2).
    """
    if level.mask >= 0:
        return line & level.mask
    return line - (line * level.inverse >> level.inverse_bits) * level.sets


@inlined
def place_of(cells: Any, level: Level, line: int) -> int:
    """How many lines of its set are newer than `line` (0 for any held line of a list), -1 where not held."""
    if level.listed:
        return 0 if cells[level.links + LINK * line + NEWER] != ABSENT else -1
    start = first_cell(level, line)
    for group in range(0, level.stride, LANES):
        lane: int = find8(cells, start + group, line)
        if lane < LANES:
            return group + lane
    return -1


@inlined
def renew(cells: Any, level: Level, line: int, place: int) -> None:
    """A hit: under LRU `line`, at `place`, becomes the newest of its set; FIFO does not look."""
    if level.fifo:
        return
    start = first_cell(level, line)
    if level.listed:
        list_renew(cells, start, level.links, line)
    else:
        _push(cells, start, place + 1, line)


@inlined
def insert(cells: Any, level: Level, line: int) -> int:
    """Put `line`, which is not held, in as the newest of its set; the line that left for it, EMPTY if none."""
    start, ways = first_cell(level, line), level.ways
    if level.listed:
        return list_insert(cells, start, level.links, ways, line)
    victim = cells[start + ways - 1]
    _push(cells, start, ways, line)
    return victim


@inlined
def remove(cells: Any, level: Level, line: int) -> None:
    """Take out `line`, which is held; the older ones of its set move up."""
    start = first_cell(level, line)
    if level.listed:
        list_remove(cells, start, level.links, line)
        return
    last = start + level.ways - 1
    for cell in range(start + place_of(cells, level, line), last):
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
