"""A level as the compiled functions see it: one tuple of whole numbers, kept as a row of a table.

As a tuple its parts are values to the compiler, not memory that a store might have changed; and where some are
constants (`common`) all that can then not happen is left out of the machine code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from accel_core.kernels.compiled import inlined


class Level(NamedTuple):
    """What a level is, and where its parts begin in `cells` and `marks` (fields.py)."""

    number: int
    """0 is nearest to the core."""
    shift: int
    """log2 of the line's bytes."""
    sets: int
    mask: int
    """sets - 1 where their number is a power of two, else -1: then the set is the remainder."""
    inverse: int
    """2**inverse_bits / sets, rounded up: a product and a shift divide by the number of sets."""
    inverse_bits: int
    ways: int
    stride: int
    """Cells from one set to the next: the ways padded to whole groups of lanes, or a list's header."""
    listed: int
    """1 where sets are linked lists (many ways), 0 where they are ordered cells."""
    fifo: int
    through: int
    """1: write-through without allocation; 0: write-back with."""
    inclusive: int
    cells: int
    """Offset in `cells` of the sets."""
    links: int
    """Offset in `cells` of the links of a listed level."""
    marks: int
    """Offset in `marks`."""
    shadow: int
    """Offset in `cells` of the header of the shadow cache, -1 where misses are not classified."""
    shadow_links: int
    capacity: int
    """Lines in all."""
    first_b: int
    """Number of the first line of the second operand."""
    first_c: int
    below: int
    """How many bits the lines of the next level are longer; 0 in the last level."""
    sure: int
    """A sweep of so many references or fewer leaves its lines held, see feeding.py."""
    log: int
    """Offset in `cells` of the log, -1 where none is kept; the same in every level."""


_NO: Any = np.int64(0)  # of the type of a table's entries, so that Numba has one type of Level
_NONE: Any = np.int64(-1)


@inlined
def level_of(table: Any, number: int) -> Level:
    """Row `number` of table (levels, fields of Level) int64."""
    row = table[number]
    return Level(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10],
        row[11], row[12], row[13], row[14], row[15], row[16], row[17], row[18], row[19], row[20],
        row[21], row[22],
    )  # fmt: skip


@inlined
def is_common(level: Level) -> bool:
    """Whether `level` is of the kind of most first levels: not too many ways, LRU, write-back."""
    return not (
        level.listed or level.fifo or level.through or level.inclusive or level.log >= 0 or level.mask < 0
    )


@inlined
def common(level: Level) -> Level:
    """A level that `is_common`, with constants for all that this says."""
    return Level(
        _NO, level.shift, level.sets, level.mask, level.inverse, level.inverse_bits, level.ways, level.stride,
        _NO, _NO, _NO, _NO, level.cells, level.links, level.marks, level.shadow, level.shadow_links,
        level.capacity, level.first_b, level.first_c, level.below, level.sure, _NONE,
    )  # fmt: skip
