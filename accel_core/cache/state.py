"""The simulator's state for one hierarchy and one address space: the plain arrays of fields.py, laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_core.cache import fields, sets
from accel_core.cache.geometry import PAGE_BYTES, CacheGeometry
from accel_core.cache.lanes import EMPTY, LANES

LISTED_WAYS = 32
"""Sets of more ways than this are lists: by then moving the cells costs more than the links."""
OPERANDS = 3


@dataclass(frozen=True)
class State:
    """The arrays, empty caches at first. `arguments` is how the compiled functions take them."""

    table: NDArray[np.int64]
    cells: NDArray[np.int32]
    marks: NDArray[np.uint8]
    counts: NDArray[np.int64]

    @property
    def arguments(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]:
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
    table = np.zeros((len(caches), fields.LEVEL_FIELDS), np.int64)
    cells = marks = 0
    pages = -(-footprint_bytes // PAGE_BYTES)  # whole ones: every line of one level is whole lines of another
    for row, cache in zip(table, caches, strict=True):
        lines = pages * PAGE_BYTES // cache.line_bytes
        _describe(row, cache, bases)
        row[fields.CELLS], cells = cells, cells + cache.sets * int(row[fields.STRIDE])
        row[fields.LINKS], cells = cells, cells + (sets.LINK * lines if row[fields.LISTED] else 0)
        row[fields.SHADOW] = cells if classify else -1
        row[fields.SHADOW_LINKS] = cells + sets.HEADER
        cells += sets.HEADER + sets.LINK * lines if classify else 0
        row[fields.MARKS], marks = marks, marks + lines
    table[0, fields.LOG] = cells if log_rows else -1
    cells += 1 + fields.LOG_FIELDS * log_rows
    if caches[0].policy == "lru" and not any(cache.inclusive for cache in caches):
        table[0, fields.SURE] = caches[0].ways
    state = State(
        table,
        np.full(cells, EMPTY, np.int32),
        np.zeros(marks, np.uint8),
        np.zeros((len(caches), OPERANDS, fields.COUNTS), np.int64),
    )
    for level, cache in enumerate(caches):
        _clear(state, level, pages * PAGE_BYTES // cache.line_bytes)
    state.cells[cells - 1 - fields.LOG_FIELDS * log_rows] = 0
    return state


def _describe(row: NDArray[np.int64], cache: CacheGeometry, bases: Sequence[int]) -> None:
    listed = cache.ways > LISTED_WAYS
    row[fields.SHIFT] = cache.line_bytes.bit_length() - 1
    row[fields.SETS] = cache.sets
    row[fields.MASK] = cache.sets - 1 if cache.sets & (cache.sets - 1) == 0 else -1
    row[fields.WAYS] = cache.ways
    row[fields.STRIDE] = sets.HEADER if listed else -(-cache.ways // LANES) * LANES
    row[fields.LISTED] = listed
    row[fields.FIFO] = cache.policy == "fifo"
    row[fields.THROUGH] = cache.write == "through"
    row[fields.INCLUSIVE] = cache.inclusive
    row[fields.CAPACITY] = cache.lines
    row[fields.FIRST_B], row[fields.FIRST_C] = (base // cache.line_bytes for base in bases[1:])


def _clear(state: State, level: int, lines: int) -> None:
    """Empty lists: every line ABSENT, headers without a newest, an oldest or a length."""
    row, cells = state.table[level], state.cells
    lists = []
    if row[fields.LISTED]:
        lists.append((row[fields.CELLS], row[fields.SETS], row[fields.LINKS]))
    if row[fields.SHADOW] >= 0:
        lists.append((row[fields.SHADOW], 1, row[fields.SHADOW_LINKS]))
    for headers, number, links in lists:
        cells[headers + sets.LENGTH : headers + sets.HEADER * number : sets.HEADER] = 0
        cells[links : links + sets.LINK * lines] = sets.ABSENT
