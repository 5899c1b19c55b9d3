"""Where the blocks of a traversal begin, and, without blocks, the iterations of its outermost loop."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accel_core.cache.stream.traversal import AXES, TILE, Traversal
from accel_core.cache.stream.visits import visit_order


@dataclass(frozen=True)
class Iterations:
    """The blocks in the order in which they are run through, or the iterations of the outermost loop.

    Blocks that differ only along the innermost axis are a row. Only rows are kept: blocks of 2 at size 256 are
    two million, in 16,384 rows.
    """

    axes: tuple[int, int, int]
    """Which of i, j and k the first and the second column of `rows` and the place in a row count."""
    lengths: tuple[int, int, int]
    """How far i, j and k run in a block that is not cut off."""
    rows: NDArray[np.int64]
    """(rows, 2): which block along the two outer axes."""
    along: int
    """Blocks in a row."""
    begins: NDArray[np.int64]
    """(rows + 1,): accesses before each row, and at last all of them."""
    each: NDArray[np.int64]
    """(rows,): accesses of a block of the row; its last may be cut off and have fewer."""

    def __len__(self) -> int:
        return len(self.rows) * self.along

    def start(self, number: int) -> int:
        """Accesses before block `number`, from 0; before the one after the last, all of them."""
        row, place = divmod(number, self.along)
        return int(self.begins[row]) + (place * int(self.each[row]) if place else 0)

    def corner(self, number: int) -> tuple[int, int, int]:
        """The first i, j and k of block `number`."""
        row, place = divmod(number, self.along)
        blocks = dict(zip(self.axes, (*self.rows[row].tolist(), place), strict=True))
        i, j, k = (blocks[axis] * self.lengths[axis] for axis in range(3))
        return i, j, k

    def holding(self, access: int) -> int:
        """The number, from 0, of the one in which so many accesses have been made; the last one at the end."""
        row = min(int(np.searchsorted(self.begins, access, side="right")), len(self.rows)) - 1
        place = (access - int(self.begins[row])) // int(self.each[row])
        return row * self.along + min(place, self.along - 1)


def iterations(traversal: Traversal) -> Iterations:
    """All of them; a traversal of (2, 2, 2) without blocks has two."""
    lengths = _lengths(traversal)
    extents = np.array(traversal.extents)
    pieces = -(-extents // lengths)
    axes = _axes(traversal)
    rows = _rows(traversal, pieces, axes)
    outer = list(axes[:2])
    cut = ((rows + 1) * lengths[outer] > extents[outer]).astype(np.int64)
    counts = _accesses(traversal, lengths, extents).transpose(axes)[cut[:, 0], cut[:, 1]]
    along = int(pieces[axes[2]])
    last = counts[:, int(along * lengths[axes[2]] > extents[axes[2]])]
    begins = np.concatenate(([0], np.cumsum((along - 1) * counts[:, 0] + last)))
    i, j, k = lengths.tolist()
    return Iterations(axes, (i, j, k), rows, along, begins, counts[:, 0])


def _lengths(traversal: Traversal) -> NDArray[np.int64]:
    """How far i, j and k run in a piece that is not cut off."""
    lengths = np.array(traversal.blocks)
    if traversal.block is None:
        lengths[AXES.index(traversal.order[0])] = TILE if traversal.tile else 1
    return np.minimum(lengths, traversal.extents)


def _axes(traversal: Traversal) -> tuple[int, int, int]:
    """The axes from the outermost to the innermost, as blocks are counted along them."""
    outer, middle, inner = (AXES.index(axis) for axis in (traversal.order if traversal.visit is None else AXES))
    return outer, middle, inner


def _rows(traversal: Traversal, pieces: NDArray[np.int64], axes: tuple[int, int, int]) -> NDArray[np.int64]:
    """(rows, 2): which piece of the two outer axes, in their order."""
    outer, middle = (int(pieces[axis]) for axis in axes[:2])
    if traversal.visit is not None:
        return np.asarray(visit_order(traversal.visit, outer, middle), np.int64)
    return np.indices((outer, middle), np.int64).reshape(2, -1).T


def _accesses(
    traversal: Traversal, lengths: NDArray[np.int64], extents: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(2, 2, 2): accesses of a piece by whether i, j and k are cut off in it."""
    plain = replace(traversal, block=None, visit=None)
    runs = np.stack((lengths, extents % lengths), axis=1).tolist()
    sides = [(i, j, k) for i in runs[0] for j in runs[1] for k in runs[2]]
    counts = [replace(plain, shape=(i, k, j)).accesses if i * j * k else 0 for i, j, k in sides]
    return np.array(counts, np.int64).reshape(2, 2, 2)
