"""The order in which a traversal visits the blocks of c: rows, columns, or a curve that stays near.

Morton's curve takes the bits of row and column in turns; Hilbert's (Math. Ann. 38, 1891, 459-460) goes from
each block to one beside it. Both are made for squares whose side is a power of two: for any other grid the
curve of the smallest such square is walked and what lies outside the grid is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VISITS = ("row", "column", "morton", "hilbert")


def visit_order(name: str, rows: int, columns: int) -> NDArray[np.int64]:
    """(rows * columns, 2) int64: row and column of the first block, of the second, and so on."""
    at_row, at_column = (grid.ravel() for grid in np.indices((rows, columns), np.int64))
    if name == "row":
        return np.stack((at_row, at_column), axis=1)
    if name == "column":
        return _sorted(at_row, at_column, at_column)
    bits = (max(rows, columns) - 1).bit_length()
    place = morton_place if name == "morton" else hilbert_place
    return _sorted(at_row, at_column, place(at_row, at_column, bits))


def morton_place(row: NDArray[np.int64], column: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Place on Morton's curve through a square of side 2**bits: the row's bits are the higher of each pair."""
    place = np.zeros_like(row)
    for bit in range(bits):
        place |= ((row >> bit) & 1) << (2 * bit + 1) | ((column >> bit) & 1) << (2 * bit)
    return place


def hilbert_place(row: NDArray[np.int64], column: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Place on Hilbert's curve through a square of side 2**bits, from block (0, 0) on.

    From the largest quadrants down: each is entered in its own orientation, so the coordinates inside it are
    turned back into the first one's (Warren, Hacker's Delight, 2nd ed. 2013, section 16-2).
    """
    row, column, place = row.copy(), column.copy(), np.zeros_like(row)
    for bit in reversed(range(bits)):
        down, right = (row >> bit) & 1, (column >> bit) & 1
        place += ((3 * right) ^ down) << (2 * bit)
        turned = down == 0
        mirrored = turned & (right == 1)
        row = np.where(mirrored, (1 << bit) - 1 - (row & ((1 << bit) - 1)), row & ((1 << bit) - 1))
        column = np.where(mirrored, (1 << bit) - 1 - (column & ((1 << bit) - 1)), column & ((1 << bit) - 1))
        row, column = np.where(turned, column, row), np.where(turned, row, column)
    return place


def _sorted(row: NDArray[np.int64], column: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    at = np.argsort(place, kind="stable")
    return np.stack((row[at], column[at]), axis=1)
