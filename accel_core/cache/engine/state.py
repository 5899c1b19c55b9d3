"""The simulator's state for one hierarchy and one address space: the plain arrays of fields.py, laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_core.cache import fields
from accel_core.cache.engine import sets
from accel_core.cache.engine.lanes import EMPTY, LANES
from accel_core.cache.engine.levels import Level
from accel_core.cache.geometry import PAGE_BYTES, CacheGeometry

LISTED_WAYS = 32
"""Sets of more ways than this are lists: by then moving the cells costs more than the links."""
HOST_CELLS = 16
"""Cells in a line of 64 bytes."""
OPERANDS = 3


@dataclass(frozen=True)
class State:
    """The arrays, empty caches at first. `arguments` is how the compiled functions take them."""

    table: NDArray[np.int64]
    cells: NDArray[np.int32]
    marks: NDArray[np.uint8]
    counts: NDArray[np.int64]

    @property
    def arguments(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]:
        """The arrays, in the order in which the compiled functions take them."""
        return self.table, self.cells, self.marks, self.counts


def new_state(
    caches: Sequence[CacheGeometry],
    footprint_bytes: int,
    bases: Sequence[int],
    *,
    classify: bool,
    log_rows: int = 0,
) -> State:
    """Empty caches for addresses 0 to `footprint_bytes`, of which operands begin at `bases` (page boundaries).

    `log_rows` accesses to levels can be logged; memory grows with the footprint and the caches alone.
    """
    pages = -(-footprint_bytes // PAGE_BYTES)  # whole ones: every line of one level is whole lines of another
    rows, cells, marks = [], 1 + fields.LOG_FIELDS * log_rows, 0
    for number, cache in enumerate(caches):
        lines = pages * PAGE_BYTES // cache.line_bytes
        row = _level(number, caches, lines, cells, marks, bases)
        row = row._replace(shadow=row.shadow if classify else -1, log=0 if log_rows else -1)
        rows.append(row)
        cells = row.shadow_links + sets.LINK * lines if classify else row.shadow_links - sets.HEADER
        marks += lines
    return _empty(np.array(rows, np.int64), cells, marks, pages)


def _level(
    number: int, caches: Sequence[CacheGeometry], lines: int, cells: int, marks: int, bases: Sequence[int]
) -> Level:
    """Level `number`, with a shadow cache and a log, whose parts begin at offsets `cells` and `marks`."""
    cache, below = caches[number], caches[min(number + 1, len(caches) - 1)]
    listed = cache.ways > LISTED_WAYS
    stride = sets.HEADER if listed else -(-cache.ways // LANES) * LANES
    links = cells + cache.sets * stride
    inverse, inverse_bits = inverse_of(cache.sets)
    shadow = links + (sets.LINK * lines if listed else 0)
    return Level(
        number=number,
        shift=cache.line_bytes.bit_length() - 1,
        sets=cache.sets,
        mask=cache.sets - 1 if cache.sets & (cache.sets - 1) == 0 else -1,
        inverse=inverse,
        inverse_bits=inverse_bits,
        ways=cache.ways,
        stride=stride,
        listed=int(listed),
        fifo=int(cache.policy == "fifo"),
        through=int(cache.write == "through"),
        inclusive=int(cache.inclusive),
        cells=cells,
        links=links,
        marks=marks,
        shadow=shadow,
        shadow_links=shadow + sets.HEADER,
        capacity=cache.lines,
        first_b=bases[1] // cache.line_bytes,
        first_c=bases[2] // cache.line_bytes,
        below=(below.line_bytes // cache.line_bytes).bit_length() - 1,
        sure=cache.ways if _keeps_what_it_used(caches) else 0,
        log=0,
    )


def inverse_of(number: int) -> tuple[int, int]:
    """`inverse` and `inverse_bits` of a level of so many sets, see sets.set_of."""
    bits = sets.LINE_BITS + (number - 1).bit_length()
    return -(-(1 << bits) // number), bits


def _keeps_what_it_used(caches: Sequence[CacheGeometry]) -> bool:
    """Whether the first level surely holds the lines used last, as many as it has ways."""
    return caches[0].policy == "lru" and not any(cache.inclusive for cache in caches)


def _empty(table: NDArray[np.int64], cells: int, marks: int, pages: int) -> State:
    """Arrays of these sizes for empty caches, and a log without rows in the first cell."""
    counts = np.zeros((len(table), OPERANDS, fields.COUNTS), np.int64)
    first = Level(*table[0].tolist()).cells
    state = State(table, _empty_cells(cells, first), np.zeros(marks, np.uint8), counts)
    state.cells[0] = 0
    for row in table.tolist():
        level = Level(*row)
        _clear(state.cells, level, (pages * PAGE_BYTES) >> level.shift)
    return state


def _empty_cells(number: int, first: int) -> NDArray[np.int32]:
    """(number,): the one at `first` begins a line of the host, or every second set would lie in two lines."""
    cells = np.full(number + HOST_CELLS, EMPTY, np.int32)
    start = -(cells.ctypes.data // cells.itemsize + first) % HOST_CELLS
    return cells[start : start + number]


def _clear(cells: NDArray[np.int32], level: Level, lines: int) -> None:
    """Empty lists: every line ABSENT, headers without a newest, an oldest or a length."""
    lists = [(level.cells, level.sets, level.links)] if level.listed else []
    lists += [(level.shadow, 1, level.shadow_links)] if level.shadow >= 0 else []
    for headers, number, links in lists:
        cells[headers + sets.LENGTH : headers + sets.HEADER * number : sets.HEADER] = 0
        cells[links : links + sets.LINK * lines] = sets.ABSENT
