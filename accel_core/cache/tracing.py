"""Some steps of a traversal, one by one: what is touched and what that does in each level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_core.cache import fields
from accel_core.cache.engine.running import replay
from accel_core.cache.engine.state import State
from accel_core.cache.geometry import CacheGeometry, checked
from accel_core.cache.progress import Emit, ignore
from accel_core.cache.simulating import state_for
from accel_core.cache.stream.text import nest_text
from accel_core.cache.stream.traversal import NAMES, Operand, Traversal
from accel_core.cache.warming import Held, Window, open_window
from accel_core.errors import BadInput, is_whole, quoted

OUTCOMES = ("hit", "compulsory", "capacity", "conflict")
"""Names of the outcomes 0 to 3."""
NOT_REACHED = -1
MOST_STEPS = 200_000
LOGGED = 16
"""Accesses to levels that one access of the core can lead to: 1 + 2 + 4 in three levels, and room."""


@dataclass(frozen=True)
class Trace:
    """`n` accesses of the core from one on; arrays are (n,), or (levels, n) for what differs by level."""

    traversal: Traversal
    caches: tuple[CacheGeometry, ...]
    nest: tuple[str, ...]
    """Text of the loop nest."""
    total: int
    """Accesses of the whole traversal."""
    start: int
    """How many of them came before these."""
    held: tuple[Held, ...]
    """What each level holds before these."""
    before: NDArray[np.int64]
    """(levels, operands, 4): hits, compulsory, capacity and conflict misses before these, write-backs too."""
    operand: NDArray[np.uint8]
    """0 A, 1 B, 2 C."""
    element: NDArray[np.int32]
    """(n, 2): row and column."""
    address: NDArray[np.int64]
    is_write: NDArray[np.bool_]
    text_line: NDArray[np.int32]
    """Line of `nest` that is at work."""
    index: NDArray[np.int32]
    """(n, 3): i, j and k; with a register tile, those of its first element."""
    line: NDArray[np.int32]
    """(levels, n): number of the line in that level, address // line_bytes; its set is the line modulo sets."""
    outcome: NDArray[np.int8]
    """(levels, n): NOT_REACHED, or a place in OUTCOMES. What is written back by the way is not in it."""
    evicted: NDArray[np.int32]
    """(levels, n): the line that had to leave that level for this one, -1 where none did."""
    written_back: NDArray[np.bool_]
    """(levels, n): whether that line was dirty."""
    events: NDArray[np.int32]
    """(rows, 6): every access to a level in its order, write-backs too: level, line, whether it writes,
    outcome, the line that had to leave (-1: none), whether that was dirty. Replayed, they
    give the content of each level, where none is inclusive (recalls are no accesses and not among them)."""
    ends: NDArray[np.int64]
    """How many of the events there are after each access of the core."""

    def __len__(self) -> int:
        return len(self.address)


def trace(
    traversal: Traversal,
    caches: Sequence[CacheGeometry],
    first: int = 5000,
    start: int = 0,
    *,
    emit: Emit = ignore,
) -> Trace:
    """`first` accesses of `traversal`, at most MOST_STEPS, after the first `start` through empty `caches`.

    `emit` gets the step events of the accesses before them.
    """
    caches = checked(caches)
    _check_whole(first, 1, MOST_STEPS, "steps cannot be traced")
    _check_whole(start, 0, traversal.accesses, "accesses cannot come before a trace")
    state = state_for(traversal, caches, classify=True, log_rows=LOGGED * first)
    window = open_window(traversal, state, start, first, emit)
    log, ends = _replayed(state, window, traversal.itemsize)
    outcome, evicted, written_back = _by_level(log, ends, len(caches))
    operand = window.kind // np.uint8(2)
    shifts = np.array([[cache.line_bytes.bit_length() - 1] for cache in caches])
    return Trace(
        traversal=traversal,
        caches=caches,
        nest=nest_text(traversal),
        total=traversal.accesses,
        start=start,
        held=window.held,
        before=window.before,
        operand=operand,
        element=_elements(traversal, operand, window.address),
        address=window.address,
        is_write=(window.kind & 1) == 1,
        text_line=window.step[:, 0].astype(np.int32),
        index=window.step[:, 1:].astype(np.int32),
        line=(window.address[None, :] >> shifts).astype(np.int32),
        outcome=outcome,
        evicted=evicted,
        written_back=written_back,
        events=log,
        ends=ends,
    )


def _check_whole(value: int, low: int, high: int, why: str) -> None:
    if not is_whole(value, low, high):
        raise BadInput(f"{quoted(value)} {why}: give a whole number from {low} to {high}.")


def sentence(trace: Trace, step: int) -> str:
    """What happens at `step`: "B[3,5]: miss, conflict; evicts the line of B[0,4..7]"."""
    name = NAMES[trace.operand[step]]
    row, column = trace.element[step]
    verb = " written" if trace.is_write[step] else ""
    parts = [_at_level(trace, level, step) for level in range(len(trace.caches))]
    return f"{name}[{row},{column}]{verb}: " + "; ".join(part for part in parts if part)


def line_text(traversal: Traversal, line: int, line_bytes: int) -> str:
    """The elements that lie in a line: "B[0,4..7]", or "B[0,6] to B[1,1]" where it holds parts of two rows."""
    start = line * line_bytes
    operand = next(o for o in reversed(traversal.operands) if o.base <= start)
    addresses = range(start, start + line_bytes, operand.itemsize)
    held = [at for at in map(operand.element, addresses) if at is not None]
    if not held:
        return f"padding of {operand.name}"
    return f"{operand.name}{_span(operand, held[0], held[-1])}"


def _span(operand: Operand, first: tuple[int, int], last: tuple[int, int]) -> str:
    if first == last:
        return f"[{first[0]},{first[1]}]"
    if first[0] == last[0]:
        return f"[{first[0]},{first[1]}..{last[1]}]"
    if first[1] == last[1]:
        return f"[{first[0]}..{last[0]},{first[1]}]"
    return f"[{first[0]},{first[1]}] to {operand.name}[{last[0]},{last[1]}]"


def _at_level(trace: Trace, level: int, step: int) -> str:
    """`L1 miss, conflict; evicts the line of B[0,4..7]`; nothing for a level that was not asked."""
    outcome = int(trace.outcome[level, step])
    if outcome == NOT_REACHED:
        return ""
    where = f"L{level + 1} " if len(trace.caches) > 1 else ""
    said = f"{where}hit" if outcome == fields.HIT else f"{where}miss, {OUTCOMES[outcome]}"
    evicted = int(trace.evicted[level, step])
    if evicted < 0:
        return said
    back = " and writes it back" if trace.written_back[level, step] else ""
    elements = line_text(trace.traversal, evicted, trace.caches[level].line_bytes)
    return f"{said}; evicts the line of {elements}{back}"


def _replayed(state: State, window: Window, itemsize: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(rows, LOG_FIELDS): the log of all levels; (n,): how many of its rows there are after each access."""
    ends = np.empty(len(window.address), np.int64)
    replay(*state.arguments, window.address, window.kind, itemsize, ends)
    log = state.cells[1 : 1 + fields.LOG_FIELDS * int(state.cells[0])]
    return log.reshape(-1, fields.LOG_FIELDS).copy(), ends


def _by_level(
    log: NDArray[np.int32], ends: NDArray[np.int64], levels: int
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.bool_]]:
    """outcome, evicted, written_back by level, of the accesses that the element itself asked for.

    Those come first in a step, one level after the other: the first row is of L1, the second of L2. A later row
    of a level belongs to a line that is written back.
    """
    outcome = np.full((levels, len(ends)), NOT_REACHED, np.int8)
    evicted = np.full((levels, len(ends)), -1, np.int32)
    written_back = np.zeros((levels, len(ends)), np.bool_)
    rows = np.arange(len(log))
    step = np.searchsorted(ends, rows, side="right")
    begins = np.concatenate(([0], ends))[step]
    own = log[:, fields.LOG_LEVEL] == rows - begins
    at = log[own, fields.LOG_LEVEL], step[own]
    outcome[at] = log[own, fields.LOG_OUTCOME]
    evicted[at] = log[own, fields.LOG_EVICTED]
    written_back[at] = log[own, fields.LOG_DIRTY] == 1
    return outcome, evicted, written_back


def _elements(
    traversal: Traversal, operand: NDArray[np.uint8], address: NDArray[np.int64]
) -> NDArray[np.int32]:
    """(n, 2): row and column of the element at each address."""
    bases = np.array([o.base for o in traversal.operands])
    leading = np.array([o.leading for o in traversal.operands])
    major, minor = np.divmod((address - bases[operand]) // traversal.itemsize, leading[operand])
    pair = (major, minor) if traversal.layout == "row" else (minor, major)
    return np.stack(pair, axis=1).astype(np.int32)
