"""Where the blocks of a traversal begin, and, without blocks, the rounds of its outermost loop."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accel_core.cache.traversal import AXES, TILE, Traversal
from accel_core.cache.visits import visit_order


@dataclass(frozen=True)
class Rounds:
    """The blocks in the order in which they are run through, or the rounds of the outermost loop."""

    start: NDArray[np.int64]
    """(n + 1,): accesses before each, and at last all of them."""
    corner: NDArray[np.int64]
    """(n, 3): the first i, j and k of each."""

    def __len__(self) -> int:
        return len(self.corner)

    def holding(self, access: int) -> int:
        """The number, from 0, of the one in which so many accesses have been made; the last one at the end."""
        return min(int(np.searchsorted(self.start, access, side="right")) - 1, len(self) - 1)


def rounds(traversal: Traversal) -> Rounds:
    """All of them; a traversal of (2, 2, 2) without blocks has two."""
    lengths = _lengths(traversal)
    extents = np.array(traversal.extents)
    corner = _grid(traversal, -(-extents // lengths)) * lengths
    cut = (corner + lengths > extents).astype(np.int64)
    counts = _accesses(traversal, lengths, extents)[cut[:, 0], cut[:, 1], cut[:, 2]]
    return Rounds(np.concatenate(([0], np.cumsum(counts))), corner)


def _lengths(traversal: Traversal) -> NDArray[np.int64]:
    """How far i, j and k run in a piece that is not cut off."""
    lengths = np.array(traversal.blocks)
    if traversal.block is None:
        lengths[AXES.index(traversal.order[0])] = TILE if traversal.tile else 1
    return np.minimum(lengths, traversal.extents)


def _grid(traversal: Traversal, pieces: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, 3): which piece of i, j and k, in their order."""
    if traversal.visit is not None:
        visited = visit_order(traversal.visit, int(pieces[0]), int(pieces[1]))
        along_k = np.tile(np.arange(pieces[2]), len(visited))
        return np.column_stack((np.repeat(visited, pieces[2], axis=0), along_k))
    order = [AXES.index(axis) for axis in traversal.order]
    found = np.empty((int(np.prod(pieces)), 3), np.int64)
    found[:, order] = np.indices(pieces[order].tolist()).reshape(3, -1).T
    return found


def _accesses(
    traversal: Traversal, lengths: NDArray[np.int64], extents: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(2, 2, 2): accesses of a piece by whether i, j and k are cut off in it."""
    plain = replace(traversal, block=None, visit=None)
    runs = np.stack((lengths, extents % lengths), axis=1).tolist()
    sides = [(i, j, k) for i in runs[0] for j in runs[1] for k in runs[2]]
    counts = [replace(plain, shape=(i, k, j)).accesses if i * j * k else 0 for i, j, k in sides]
    return np.array(counts, np.int64).reshape(2, 2, 2)
