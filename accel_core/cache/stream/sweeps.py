"""The access stream of a loop nest, as sweeps: a few references that step through memory together. Compiled.

A sweep stands for `steps` times the accesses of its references in their order, each moved by its own stride at
each step: the innermost loop of a nest is one sweep, and what is read into or written from a register around it
is another. Sweeps are written into a small buffer and consumed from there, so that memory does not grow with
the length of the stream; the cursor says where to go on.

The nest adds the product to c, like the kernels in accel_core/kernels: what does not depend on the innermost
index is in a register while that loop runs (c is read before it and written after it). Elsewhere c is read,
then the other operand, then c is written.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accel_core.cache import fields as f
from accel_core.kernels.compiled import inlined

I, J, K = 0, 1, 2  # noqa: E741
A, B, C = np.int64(0), np.int64(1), np.int64(2)
NONE, ONE = np.int64(-1), np.int64(1)
READ, WRITE = np.int64(0), np.int64(1)
"""Of the type of every other number here: Numba compiles a function anew for each plain number handed over."""

# -- nest: int64 (NEST_FIELDS,) -----------------------------------------------------------------------------

EXTENT = 0
"""m, n, k: how far i, j and k run, in three columns."""
ORDER = 3
"""The three axes from the outermost loop to the innermost."""
BLOCK = 6
"""Block length of i, j and k."""
BASE = 9
"""Address of the first element of a, b and c."""
STRIDES = 12
"""Bytes that one step of i, j, k moves in a; then in b; then in c."""
TILE = 21
"""Side of the register tile, 1 where there is none."""
VISITED = 22
"""1 where the blocks of c are visited in the order of a table."""
TEXT = 23
"""Lines of the nest's text that hold: what is read before the inner loop, its body, what is written after."""
NEST_FIELDS = 26

# -- cursor: int64 (3,) -------------------------------------------------------------------------------------

AT_BLOCK, AT_OUTER, AT_MIDDLE = 0, 1, 2
"""The next block, and in it the next outer and middle iteration (counted in tiles)."""

MOST_SWEEPS = 9
"""Sweeps of one middle iteration: four rows of a tile in, the loop, four rows out."""


@inlined
def fill(nest: Any, visits: Any, cursor: Any, sweeps: Any) -> int:
    """Write the next sweeps into the rows of `sweeps` and move `cursor`; their number, 0 at the end.

    All int64: nest (NEST_FIELDS,), visits (blocks of c, 2), cursor (3,), sweeps (MOST_SWEEPS or more,
    SWEEP_FIELDS).
    """
    rows: Any = np.int64(0)  # by a literal, Numba would compile `_inner` for 0 as well
    outer, middle = nest[ORDER], nest[ORDER + 1]
    while cursor[AT_BLOCK] < blocks(nest):
        low_i, low_j, low_k, high_i, high_j, high_k = _bounds(nest, visits, cursor[AT_BLOCK])
        low, high = (low_i, low_j, low_k), (high_i, high_j, high_k)
        while low[outer] + cursor[AT_OUTER] * nest[TILE] < high[outer]:
            x = low[outer] + cursor[AT_OUTER] * nest[TILE]
            while low[middle] + cursor[AT_MIDDLE] * nest[TILE] < high[middle]:
                if rows + MOST_SWEEPS > len(sweeps):
                    return rows
                y = low[middle] + cursor[AT_MIDDLE] * nest[TILE]
                rows = _inner(nest, sweeps, rows, x, y, low, high)
                cursor[AT_MIDDLE] += 1
            cursor[AT_MIDDLE] = 0
            cursor[AT_OUTER] += 1
        cursor[AT_OUTER] = 0
        cursor[AT_BLOCK] += 1
    return rows


@inlined
def blocks(nest: Any) -> int:
    """How many blocks the nest runs through; 1 where it is not blocked, 0 where an extent is 0."""
    number = 1
    for axis in range(3):
        number *= -(-nest[EXTENT + axis] // nest[BLOCK + axis])
    return number


@inlined
def _bounds(nest: Any, visits: Any, block: int) -> tuple[int, int, int, int, int, int]:
    """First i, j, k of block number `block`, and one past its last."""
    along_k = -(-nest[EXTENT + K] // nest[BLOCK + K])
    if nest[VISITED]:
        at_i, at_j = visits[block // along_k, 0], visits[block // along_k, 1]
        at_k = block % along_k
    else:
        inner = -(-nest[EXTENT + nest[ORDER + 2]] // nest[BLOCK + nest[ORDER + 2]])
        middle = -(-nest[EXTENT + nest[ORDER + 1]] // nest[BLOCK + nest[ORDER + 1]])
        at = (block // inner // middle, block // inner % middle, block % inner)
        at_i, at_j, at_k = _by_axis(nest, at[0], at[1], at[2])
    low_i, low_j, low_k = at_i * nest[BLOCK + I], at_j * nest[BLOCK + J], at_k * nest[BLOCK + K]
    high_i = min(low_i + nest[BLOCK + I], nest[EXTENT + I])
    high_j = min(low_j + nest[BLOCK + J], nest[EXTENT + J])
    high_k = min(low_k + nest[BLOCK + K], nest[EXTENT + K])
    return low_i, low_j, low_k, high_i, high_j, high_k


@inlined
def _by_axis(nest: Any, outer: int, middle: int, inner: int) -> tuple[int, int, int]:
    """The values of i, j, k out of those of the outermost, middle and innermost index."""
    i = outer if nest[ORDER] == I else (middle if nest[ORDER + 1] == I else inner)
    j = outer if nest[ORDER] == J else (middle if nest[ORDER + 1] == J else inner)
    k = outer if nest[ORDER] == K else (middle if nest[ORDER + 1] == K else inner)
    return i, j, k


@inlined
def _inner(nest: Any, sweeps: Any, rows: int, x: int, y: int, low: Any, high: Any) -> int:
    """The sweeps of the innermost loop at outer index `x` and middle index `y`; the number of rows filled."""
    axis = nest[ORDER + 2]
    i, j, k = _by_axis(nest, x, y, low[axis])
    steps = high[axis] - low[axis]
    if nest[TILE] > 1:
        tall, wide = min(nest[TILE], high[I] - i), min(nest[TILE], high[J] - j)
        rows = _tile_of_c(nest, sweeps, rows, i, j, k, tall, wide, READ)
        rows = _tile_loop(nest, sweeps, rows, i, j, k, tall, wide, steps)
        return _tile_of_c(nest, sweeps, rows, i, j, k, tall, wide, WRITE)
    if axis == K:
        _begin(sweeps, rows, ONE, nest[TEXT], NONE, i, j, k)
        _refer(nest, sweeps, rows, C, READ, i, j, k, NONE)
        _begin(sweeps, rows + 1, steps, nest[TEXT + 1], axis, i, j, k)
        _refer(nest, sweeps, rows + 1, A, READ, i, j, k, axis)
        _refer(nest, sweeps, rows + 1, B, READ, i, j, k, axis)
        _begin(sweeps, rows + 2, ONE, nest[TEXT + 2], NONE, i, j, k)
        _refer(nest, sweeps, rows + 2, C, WRITE, i, j, k, NONE)
        return rows + 3
    kept, moved = (A, B) if axis == J else (B, A)
    _begin(sweeps, rows, ONE, nest[TEXT], NONE, i, j, k)
    _refer(nest, sweeps, rows, kept, READ, i, j, k, NONE)
    _begin(sweeps, rows + 1, steps, nest[TEXT + 1], axis, i, j, k)
    _refer(nest, sweeps, rows + 1, C, READ, i, j, k, axis)
    _refer(nest, sweeps, rows + 1, moved, READ, i, j, k, axis)
    _refer(nest, sweeps, rows + 1, C, WRITE, i, j, k, axis)
    return rows + 2


@inlined
def _tile_of_c(
    nest: Any, sweeps: Any, rows: int, i: int, j: int, k: int, tall: int, wide: int, write: int
) -> int:
    """A tile of c into registers or back, row by row."""
    for row in range(tall):
        _begin(sweeps, rows, wide, nest[TEXT + 2 * write], J, i + row, j, k)
        _refer(nest, sweeps, rows, C, write, i + row, j, k, J)
        rows += 1
    return rows


@inlined
def _tile_loop(
    nest: Any, sweeps: Any, rows: int, i: int, j: int, k: int, tall: int, wide: int, steps: int
) -> int:
    """At each k a column of a, from top to bottom, and a row of b, from left to right, for a tile of c."""
    _begin(sweeps, rows, steps, nest[TEXT + 1], K, i, j, k)
    for row in range(tall):
        _refer(nest, sweeps, rows, A, READ, i + row, j, k, K)
    for column in range(wide):
        _refer(nest, sweeps, rows, B, READ, i, j + column, k, K)
    return rows + 1


@inlined
def _begin(sweeps: Any, row: int, steps: int, text: int, axis: int, i: int, j: int, k: int) -> None:
    sweeps[row, f.STEPS] = steps
    sweeps[row, f.REFERENCES] = 0
    sweeps[row, f.TEXT_LINE] = text
    sweeps[row, f.AXIS] = axis
    sweeps[row, f.INDEX + I] = i
    sweeps[row, f.INDEX + J] = j
    sweeps[row, f.INDEX + K] = k


@inlined
def _refer(
    nest: Any, sweeps: Any, row: int, operand: int, write: int, i: int, j: int, k: int, axis: int
) -> None:
    """Add the reference to the element of `operand` at i, j, k that moves along `axis` (-1: stays)."""
    at = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * sweeps[row, f.REFERENCES]
    moves = STRIDES + 3 * operand
    address = nest[BASE + operand] + i * nest[moves + I] + j * nest[moves + J] + k * nest[moves + K]
    sweeps[row, at + f.ADDRESS] = address
    sweeps[row, at + f.MOVE] = nest[moves + axis] if axis >= 0 else 0
    sweeps[row, at + f.KIND] = 2 * operand + write
    sweeps[row, f.REFERENCES] += 1
