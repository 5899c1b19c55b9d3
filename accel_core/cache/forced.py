"""Misses that the layout forces on a matrix product in every order: lines of a triple that displace each other.

A triple takes a[i, k], then b[k, j], then c[i, j]. In a direct-mapped cache, of lines that share a set only the
last one stays:

- a is displaced in a triple where b or c shares its set. Between two such triples of one line of a it has to be
  loaded, so that line misses at least as often as there are such triples;
- b misses in a triple where a shares its set, and is displaced in one where c does;
- c misses in a triple where a or b shares its set.

Of two ways under LRU, where all three share a set, c misses and displaces a. Every line misses once at least.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_core.cache.geometry import CacheGeometry
from accel_core.cache.stream.traversal import Operand, Traversal


def forced_misses(shape: tuple[int, int, int], cache: CacheGeometry, dtype: str = "float32") -> int:
    """Misses that no order of the triples of `shape` (m, k, n) undercuts in `cache`, by its sets alone."""
    m, k, n = shape
    operands = Traversal(shape, dtype=dtype).operands
    of_a, of_b, of_c = (_lines(operand, cache) % cache.sets for operand in operands)
    a_leaves = np.zeros((m, k), np.int64)
    b_misses, b_leaves = np.zeros((k, n), np.int64), np.zeros((k, n), np.int64)
    c_misses = np.zeros((m, n), np.int64)
    for p in range(k if cache.ways <= 2 and cache.policy == "lru" else 0):
        a, b = of_a[:, p, None], of_b[None, p]
        if cache.ways == 1:
            a_leaves[:, p] = ((a == b) | (a == of_c)).sum(axis=1)
            b_misses[p], b_leaves[p] = (a == b).sum(axis=0), (b == of_c).sum(axis=0)
            c_misses += (a == of_c) | (b == of_c)
        else:
            together = (a == b) & (b == of_c)
            a_leaves[:, p] = together.sum(axis=1)
            c_misses += together
    counted = ((a_leaves,), (b_misses, b_leaves), (c_misses,))
    return sum(_least(operand, cache, counts) for operand, counts in zip(operands, counted, strict=True))


def _lines(operand: Operand, cache: CacheGeometry) -> NDArray[np.int64]:
    """(rows, columns): the line of each element."""
    places = np.arange(operand.rows * operand.columns).reshape(operand.rows, operand.columns)
    return (operand.base + places * operand.itemsize) // cache.line_bytes


def _least(operand: Operand, cache: CacheGeometry, counts: tuple[NDArray[np.int64], ...]) -> int:
    """The misses of all lines: of each the largest of what `counts` by element come to in it, and 1."""
    lines = _lines(operand, cache).ravel()
    by_line = [np.bincount(lines - lines[0], count.ravel()) for count in counts]
    return int(np.maximum(1, np.max(by_line, axis=0)).sum())
