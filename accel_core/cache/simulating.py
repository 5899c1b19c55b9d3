"""`simulate`: a whole traversal through a hierarchy of caches, with progress."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from accel_core.cache import fields, progress
from accel_core.cache.engine.levels import Level
from accel_core.cache.engine.running import advance, flush
from accel_core.cache.engine.state import State, new_state
from accel_core.cache.geometry import CacheGeometry, checked
from accel_core.cache.progress import Emit, ignore, step_event
from accel_core.cache.results import Count, LevelCount, Reuse, Simulation
from accel_core.cache.reuse import measure_reuse
from accel_core.cache.stream.nest import open_nest
from accel_core.cache.stream.traversal import NAMES, Traversal
from accel_core.errors import BadInput

MOST_ACCESSES = 200_000_000_000
"""About an hour."""


def simulate(
    traversal: Traversal,
    caches: Sequence[CacheGeometry],
    *,
    classify: bool = True,
    reuse: bool = False,
    emit: Emit = ignore,
) -> Simulation:
    """The misses of `traversal` in `caches`, nearest to the core first, which are flushed at its end.

    `classify` tells conflict from capacity misses, at about twice the time; `reuse` adds the histogram of reuse
    distances, at ten times the time. `emit` gets the step events of a job. BadInput where it would take hours.
    """
    caches = checked(caches)
    check_length(traversal)
    stream, state = open_nest(traversal), state_for(traversal, caches, classify=classify)
    began, done, total = time.monotonic(), 0, traversal.accesses
    while True:
        elapsed_s = time.monotonic() - began
        expected_s = elapsed_s * (total - done) / done if done else None
        emit(step_event(traversal, done, total, expected_s))
        accesses = int(advance(*stream.arguments, *state.arguments, traversal.itemsize, progress.PART))
        if accesses == 0:
            break
        done += accesses
    flush_all(state)
    histogram = measure_reuse(traversal, caches[0].line_bytes) if reuse else None
    return _simulation(traversal, caches, state, done, classify, histogram)


def check_length(traversal: Traversal) -> None:
    """BadInput where the stream is too long to be simulated."""
    if traversal.accesses > MOST_ACCESSES:
        raise BadInput(
            f"{traversal.accesses:,} accesses would take more than an hour to simulate: "
            f"choose a smaller size (at most {MOST_ACCESSES:,} accesses, a size of about 4000)."
        )


def state_for(
    traversal: Traversal, caches: Sequence[CacheGeometry], *, classify: bool, log_rows: int = 0
) -> State:
    """Empty caches for the arrays of `traversal`."""
    bases = [operand.base for operand in traversal.operands]
    return new_state(caches, traversal.footprint_bytes, bases, classify=classify, log_rows=log_rows)


def flush_all(state: State) -> None:
    """Write every dirty line to the level below, from the nearest level on, in rising order of address."""
    offsets = [*(Level(*row).marks for row in state.table.tolist()), len(state.marks)]
    for number, (start, end) in enumerate(pairwise(offsets)):
        flush(*state.arguments, number, np.flatnonzero(state.marks[start:end] & fields.DIRTY))


def count_of(row: NDArray[np.int64], classify: bool) -> Count:
    """row (COUNTS,) of `counts`, or a sum of such rows."""
    accesses, compulsory, capacity, conflict, bytes_in, bytes_out = row.tolist()
    misses = compulsory + capacity + conflict
    return Count(
        accesses,
        accesses - misses,
        misses,
        compulsory,
        capacity if classify else None,
        conflict if classify else None,
        bytes_in,
        bytes_out,
    )


def _simulation(
    traversal: Traversal,
    caches: Sequence[CacheGeometry],
    state: State,
    accesses: int,
    classify: bool,
    reuse: Reuse | None,
) -> Simulation:
    levels = []
    for number, (cache, rows) in enumerate(zip(caches, state.counts, strict=True), start=1):
        operands = {name: count_of(row, classify) for name, row in zip(NAMES, rows, strict=True)}
        levels.append(LevelCount(f"L{number}", cache, count_of(rows.sum(axis=0), classify), operands))
    return Simulation(traversal, accesses, tuple(levels), reuse)
