"""A product in any order, through a cache: against plain lists, and what is said of a triple that is wrong."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.cache import CacheGeometry, Traversal
from accel_core.cache.ordered import OUT_OF_RANGE, REPEATED, Fault, OrderedProduct, triples_of

Triple = tuple[int, int, int]


def plain_misses(order: list[Triple], shape: Triple, cache: CacheGeometry) -> dict[str, int]:
    """Misses of a, b and c by lists that hold the newest line last."""
    m, k, n = shape
    bases = [0]
    for numbers in (m * k, k * n):
        bases.append(bases[-1] + -(-4 * numbers // 4096) * 4096)
    sets: list[list[int]] = [[] for _ in range(cache.sets)]
    misses = dict.fromkeys("ABC", 0)
    for i, j, p in order:
        for name, base, place in zip("ABC", bases, (i * k + p, p * n + j, i * n + j), strict=True):
            line = (base + 4 * place) // cache.line_bytes
            held = sets[line % cache.sets]
            misses[name] += line not in held
            held[:] = [*(one for one in held if one != line), line][-cache.ways :]
    return misses


def taken(order: list[Triple], shape: Triple, cache: CacheGeometry, cuts: list[int]) -> OrderedProduct:
    found = OrderedProduct(shape, cache)
    for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        assert found.take(np.array(order[start:end], np.int32).reshape(-1, 3)) is None
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_misses_are_those_of_plain_lists_however_the_order_is_cut(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    ways, sets = data.draw(st.sampled_from([1, 2, 8])), data.draw(st.sampled_from([1, 2, 3, 8]))
    cache = CacheGeometry(ways * sets * 16, ways, 16)
    m, k, n = shape
    order = list(product(range(m), range(n), range(k)))
    data.draw(st.randoms(use_true_random=False)).shuffle(order)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    found = taken(order, shape, cache, cuts)
    assert {name: count.misses for name, count in found.counts.items()} == plain_misses(order, shape, cache)
    assert found.missing is None and found.taken == found.total == len(order)
    assert all(count.accesses == len(order) for count in found.counts.values())


WRONG: list[tuple[Any, int]] = [
    ((2, 0, 0), OUT_OF_RANGE),
    ((0, 3, 0), OUT_OF_RANGE),
    ((0, 0, 4), OUT_OF_RANGE),
    ((-1, 0, 0), OUT_OF_RANGE),
    ((0, -1, 0), OUT_OF_RANGE),
    ((0, 0, -1), OUT_OF_RANGE),
    ((-(2**31), 2**31 - 1, 0), OUT_OF_RANGE),
    ((0, 0, 1), REPEATED),
]


@pytest.mark.parametrize(("wrong", "what"), WRONG)
@pytest.mark.parametrize("apart", [False, True])
def test_the_first_triple_that_is_wrong_is_told_and_none_after_it_counts(
    wrong: Triple, what: int, apart: bool
) -> None:
    found = OrderedProduct((2, 4, 3), CacheGeometry(256, 2, 16))
    first, then = [(0, 0, 0), (0, 0, 1)], [(1, 0, 0), wrong, (9, 9, 9)]
    parts = [first, then] if apart else [first + then]
    faults = [found.take(np.array(part, np.int32)) for part in parts]
    assert faults[-1] == Fault(what, 3, wrong) and faults[:-1] == [None] * (len(parts) - 1)
    assert found.taken == 3 and found.counts["C"].accesses == 3


def test_the_first_triple_that_never_came_is_told() -> None:
    shape = (2, 4, 3)
    order = [triple for triple in product(range(2), range(3), range(4)) if triple not in ((1, 0, 2), (1, 2, 1))]
    found = taken(order[::-1], shape, CacheGeometry(256, 2, 16), [])
    assert found.missing == (1, 0, 2)


@pytest.mark.parametrize("order", ["ijk", "ikj", "kji"])
@pytest.mark.parametrize("block", [None, (2, 3, 2)])
def test_the_triples_of_a_nest_are_all_of_them_in_its_order(order: str, block: Triple | None) -> None:
    traversal = Traversal((3, 5, 4), order, block)
    triples = [tuple(triple) for part in triples_of(traversal) for triple in part.tolist()]
    at = {"i": 0, "j": 1, "k": 2}
    lengths = block or (9, 9, 9)

    def place(triple: tuple[int, ...]) -> list[int]:
        axes = [at[axis] for axis in order]
        return [triple[axis] // lengths[axis] for axis in axes] + [triple[axis] for axis in axes]

    assert triples == sorted(product(range(3), range(4), range(5)), key=place)
