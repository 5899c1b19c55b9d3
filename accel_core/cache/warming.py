"""The caches as the first accesses of a traversal leave them: where a window of its trace begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_core.cache import fields, progress
from accel_core.cache.engine import sets
from accel_core.cache.engine.lanes import EMPTY
from accel_core.cache.engine.levels import Level
from accel_core.cache.engine.running import advance, collect, replay
from accel_core.cache.engine.state import State
from accel_core.cache.progress import Emit, ignore, step_event
from accel_core.cache.stream.nest import BUFFER_SWEEPS, open_nest
from accel_core.cache.stream.traversal import TILE, Traversal


@dataclass(frozen=True)
class Held:
    """What one level holds."""

    line: NDArray[np.int32]
    """(n,): set by set, in each set the newest first; in a set of many ways by rising number."""
    dirty: NDArray[np.bool_]
    """(n,): written to since the line came in."""


@dataclass(frozen=True)
class Window:
    """The accesses of a traversal from one on, and the caches before them."""

    address: NDArray[np.int64]
    kind: NDArray[np.uint8]
    """2 * operand + 1 where it writes."""
    step: NDArray[np.int64]
    """(n, 4): line of the nest's text, and i, j, k."""
    held: tuple[Held, ...]
    """By level."""
    before: NDArray[np.int64]
    """(levels, operands, 4): hits, compulsory, capacity and conflict misses before the window."""


def open_window(traversal: Traversal, state: State, start: int, count: int, emit: Emit = ignore) -> Window:
    """Simulate the first `start` accesses in `state`, without its log, and write the next `count` out.

    `state` is one of empty caches that classifies misses; afterwards it is ready for the window's own accesses.
    The accesses before the window are generated and consumed, never stored, but for those in the last buffer.
    """
    stream, quiet = open_nest(traversal), _without_log(state)
    done, bulk = 0, start - _in_a_buffer(traversal)
    while done < bulk:
        emit(step_event(traversal, done, bulk))
        part = min(progress.PART, bulk - done)
        done += int(advance(*stream.arguments, *quiet.arguments, traversal.itemsize, part))
    lead = start - done
    room = lead + count + fields.MOST_REFERENCES
    address, kind, step = np.empty(room, np.int64), np.empty(room, np.uint8), np.empty((room, 4), np.int64)
    filled = int(collect(*stream.arguments, np.zeros(3, np.int64), address, kind, step))
    replay(*quiet.arguments, address[:lead], kind[:lead], traversal.itemsize, np.empty(lead, np.int64))
    window = slice(lead, min(filled, lead + count))
    held = tuple(_held(state, Level(*row)) for row in state.table.tolist())
    own = address[window].copy(), kind[window].copy(), step[window].copy()  # the lead is let go of
    return Window(*own, held, _before(state))


def _in_a_buffer(traversal: Traversal) -> int:
    """Accesses that `advance` may go too far: those of a whole buffer of sweeps."""
    references = 2 * TILE if traversal.tile else 3
    return BUFFER_SWEEPS * references * max(traversal.blocks)


def _without_log(state: State) -> State:
    table = state.table.copy()
    table[:, Level._fields.index("log")] = -1
    return State(table, state.cells, state.marks, state.counts)


def _held(state: State, level: Level) -> Held:
    if level.listed:
        newer = state.cells[level.links : level.shadow : sets.LINK]  # the shadow cache lies behind the links
        line = np.flatnonzero(newer != sets.ABSENT).astype(np.int32)
    else:
        cells = state.cells[level.cells : level.cells + level.sets * level.stride]
        line = cells[cells != EMPTY]
    return Held(line, (state.marks[level.marks + line] & fields.DIRTY) > 0)


def _before(state: State) -> NDArray[np.int64]:
    misses = state.counts[:, :, fields.COMPULSORY : fields.CONFLICT + 1]
    hits = state.counts[:, :, fields.ACCESSES : fields.ACCESSES + 1] - misses.sum(axis=2, keepdims=True)
    return np.concatenate((hits, misses), axis=2)
