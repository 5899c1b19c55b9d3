"""A matrix product in any order, triple by triple, through one cache: each triple once, and its misses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.cache.engine.running import replay
from accel_core.cache.geometry import CacheGeometry
from accel_core.cache.results import Count
from accel_core.cache.simulating import count_of, state_for
from accel_core.cache.stream.sweeps import READ, WRITE, A, B, C
from accel_core.cache.stream.traversal import AXES, NAMES, Traversal
from accel_core.kernels.compiled import outlined

GOOD, OUT_OF_RANGE, REPEATED = 0, 1, 2
_KINDS = np.array([2 * A + READ, 2 * B + READ, 2 * C + WRITE], np.uint8)


@dataclass(frozen=True)
class Fault:
    """The first triple that may not stand where it stands."""

    what: int
    """OUT_OF_RANGE or REPEATED."""
    number: int
    """How many triples came before it."""
    triple: tuple[int, int, int]


class OrderedProduct:
    """c += a b with a (m, k), b (k, n), c (m, n) in rows, as far as its triples (i, j, k) have been taken.

    A triple reads a[i, k], reads b[k, j], then reads and writes c[i, j], which is one access: what was just
    read is held. The arrays lie as those of a Traversal: without gaps, a from address 0 on, b and c each from
    the next page on.
    """

    def __init__(self, shape: tuple[int, int, int], cache: CacheGeometry, dtype: str = "float32") -> None:
        traversal = Traversal(shape, dtype=dtype)
        self.shape, self.total, self.taken = shape, prod(shape), 0
        self._itemsize = traversal.itemsize
        self._bases = np.array([operand.base for operand in traversal.operands], np.int64)
        self._seen = np.zeros(self.total, np.bool_)
        self._state = state_for(traversal, (cache,), classify=True)

    def take(self, triples: NDArray[np.int32]) -> Fault | None:
        """Go on with triples (count, 3); the first that is out of range or repeated, which ends it."""
        if not len(triples):
            return None
        addresses = np.empty((len(triples), 3), np.int64)
        good, what = _addressed(triples, *self.shape, self._bases, self._itemsize, self._seen, addresses)
        kinds, ends = np.tile(_KINDS, good), np.empty(3 * good, np.int64)
        replay(*self._state.arguments, addresses[:good].ravel(), kinds, self._itemsize, ends)
        self.taken += int(good)
        if what == GOOD:
            return None
        i, j, k = triples[good].tolist()
        return Fault(what, self.taken, (i, j, k))

    @property
    def missing(self) -> tuple[int, int, int] | None:
        """The first triple, in the order of i, j and k, that has not come; None where all have."""
        if self.taken == self.total:
            return None
        _, k, n = self.shape
        rest, at_k = divmod(int(np.argmin(self._seen)), k)
        return (*divmod(rest, n), at_k)

    @property
    def counts(self) -> dict[str, Count]:
        """Accesses and misses by operand, "A", "B" and "C"."""
        rows = self._state.counts[0]
        return {name: count_of(row, True) for name, row in zip(NAMES, rows, strict=True)}

    @property
    def misses(self) -> int:
        """Of all three operands."""
        return sum(count.misses for count in self.counts.values())


def triples_of(traversal: Traversal) -> Iterator[NDArray[np.int32]]:
    """The triples of a nest that has neither a register tile nor a `visit`, (count, 3) for each block."""
    axes = [AXES.index(axis) for axis in traversal.order]
    extents, blocks = ([lengths[axis] for axis in axes] for lengths in (traversal.extents, traversal.blocks))
    for lows in product(*map(range, (0, 0, 0), extents, blocks)):
        sides = [min(block, extent - low) for low, extent, block in zip(lows, extents, blocks, strict=True)]
        triples = np.empty((prod(sides), 3), np.int32)
        triples[:, axes] = np.indices(sides, np.int32).reshape(3, -1).T + np.array(lows, np.int32)
        yield triples


@outlined
def _addressed(
    triples: Any, m: int, k: int, n: int, bases: Any, itemsize: int, seen: Any, addresses: Any
) -> tuple[int, int]:
    """Fill addresses (count, 3) up to the first triple that is not good; how many are, and what that one is."""
    for at in range(len(triples)):
        i, j, p = np.int64(triples[at, 0]), np.int64(triples[at, 1]), np.int64(triples[at, 2])
        if i < 0 or i >= m or j < 0 or j >= n or p < 0 or p >= k:
            return at, OUT_OF_RANGE
        place = (i * n + j) * k + p
        if seen[place]:
            return at, REPEATED
        seen[place] = True
        addresses[at, 0] = bases[0] + (i * k + p) * itemsize
        addresses[at, 1] = bases[1] + (p * n + j) * itemsize
        addresses[at, 2] = bases[2] + (i * n + j) * itemsize
    return len(triples), GOOD
