"""Reuse distances: how many other lines were touched since a line was touched last.

Each line's last touch has a place in time; a Fenwick tree over the places counts the lines last touched after a
given one (Bennett and Kruskal, IBM J. Res. Dev. 19(4), 1975, 353-357; Fenwick, Softw. Pract. Exper. 24(3),
1994, 327-336). When the places are used up the lines are given new ones in their order, so that memory grows
with the number of lines and not with the length of the stream.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accel_core.cache import fields as f
from accel_core.cache.results import Reuse
from accel_core.cache.stream.nest import open_nest
from accel_core.cache.stream.sweeps import fill
from accel_core.cache.stream.traversal import Traversal
from accel_core.kernels.compiled import inlined, outlined

BINS = 48
"""Distances up to 0, 1, 3, 7, ... 2**47 - 1."""


def measure_reuse(traversal: Traversal, line_bytes: int) -> Reuse:
    """The histogram over all accesses of the core, with lines of `line_bytes`."""
    lines = -(-traversal.footprint_bytes // line_bytes)
    places = 2 * lines + 2
    last = np.full(lines, -1, np.int64)
    at, tree, clock = np.full(places, -1, np.int64), np.zeros(places + 1, np.int64), np.zeros(1, np.int64)
    histogram = np.zeros(BINS + 1, np.int64)
    stream = open_nest(traversal)
    _walk(*stream.arguments, line_bytes.bit_length() - 1, last, at, tree, clock, histogram)
    counts = histogram[:BINS].tolist()
    used = max((number for number, count in enumerate(counts) if count), default=0) + 1
    at_most = tuple((1 << number) - 1 for number in range(used))
    return Reuse(line_bytes, int(histogram[BINS]), at_most, tuple(counts[:used]))


@outlined
def _walk(
    nest: Any, visits: Any, cursor: Any, sweeps: Any, shift: int, last: Any, at: Any, tree: Any, clock: Any,
    histogram: Any,
) -> None:  # fmt: skip
    """Count every access of a nest. histogram (BINS + 1,): its last cell counts first touches."""
    while True:
        rows = fill(nest, visits, cursor, sweeps)
        if rows == 0:
            return
        for row in range(rows):
            sweep = sweeps[row]
            for step in range(sweep[f.STEPS]):
                for number in range(sweep[f.REFERENCES]):
                    first = f.FIRST_REFERENCE + f.REFERENCE_FIELDS * number
                    address = sweep[first + f.ADDRESS] + step * sweep[first + f.MOVE]
                    histogram[_bin(_touch(address >> shift, last, at, tree, clock))] += 1


@inlined
def _bin(distance: int) -> int:
    """0 for distance 0, 1 for 1, 2 for 2 and 3, 3 for 4 to 7, ...; BINS for none."""
    if distance < 0:
        return BINS
    number = 0
    while distance >> number:
        number += 1
    return number


@outlined
def _touch(line: int, last: Any, at: Any, tree: Any, clock: Any) -> int:
    """Touch `line` now; its distance, -1 for the first touch.

    last (lines,): place of each line's last touch. at (places,): the line whose last touch it is, or -1. tree
    (places + 1,): sums over `at >= 0`. clock (1,): the next place.
    """
    if clock[0] == len(at):
        _renumber(last, at, tree, clock)
    distance, place = -1, last[line]
    if 0 <= place == clock[0] - 1:
        return 0
    if place >= 0:
        distance = _before(tree, clock[0]) - _before(tree, place + 1)
        at[place] = -1
        _add(tree, place, -1)
    last[line] = clock[0]
    at[clock[0]] = line
    _add(tree, clock[0], 1)
    clock[0] += 1
    return distance


@outlined
def _renumber(last: Any, at: Any, tree: Any, clock: Any) -> None:
    """Move the last touches together at the beginning, in their order."""
    used = 0
    tree[:] = 0
    for place in range(len(at)):
        line = at[place]
        at[place] = -1
        if line >= 0:
            at[used] = line
            last[line] = used
            used += 1
    for place in range(used):
        _add(tree, place, 1)
    clock[0] = used


@inlined
def _add(tree: Any, place: int, change: int) -> None:
    node = place + 1
    while node < len(tree):
        tree[node] += change
        node += node & -node


@inlined
def _before(tree: Any, place: int) -> int:
    """How many lines were touched last before `place`."""
    total, node = 0, place
    while node > 0:
        total += tree[node]
        node -= node & -node
    return total
