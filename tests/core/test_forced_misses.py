"""Misses that sets force: against the best of all orders of a tiny product, and where nothing is forced."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from accel_core.cache import CacheGeometry
from accel_core.cache.forced import forced_misses
from accel_core.cache.ordered import OrderedProduct

Triple = tuple[int, int, int]
SHAPES: list[Triple] = [(1, 3, 2), (3, 1, 2), (2, 1, 3), (2, 3, 1)]


def fewest(shape: Triple, cache: CacheGeometry) -> int:
    """The misses of the best of all orders."""
    m, k, n = shape
    best = 3 * m * k * n
    for order in permutations(product(range(m), range(n), range(k))):
        found = OrderedProduct(shape, cache)
        found.take(np.array(order, np.int32))
        best = min(best, found.misses)
    return best


@pytest.mark.parametrize("shape", SHAPES)
def test_no_order_of_a_tiny_product_misses_less(shape: Triple) -> None:
    for ways, sets in ((1, 2), (2, 1), (1, 4)):
        cache = CacheGeometry(ways * sets * 8, ways, 8)
        assert forced_misses(shape, cache) <= fewest(shape, cache), cache


@pytest.mark.parametrize("shape", [*SHAPES, (5, 7, 4)])
def test_in_a_cache_of_one_line_everything_misses(shape: Triple) -> None:
    assert forced_misses(shape, CacheGeometry(8, 1, 8)) == 3 * np.prod(shape)


def test_of_two_ways_a_and_c_miss_where_all_three_meet_and_b_once_a_line() -> None:
    assert forced_misses((5, 7, 4), CacheGeometry(16, 2, 8)) == 2 * 5 * 7 * 4 + 7 * 4 / 2


def test_more_ways_force_no_more_than_each_line_once() -> None:
    assert forced_misses((4, 4, 4), CacheGeometry(512, 4, 64)) == 3
    assert forced_misses((4, 4, 4), CacheGeometry(64, 1, 64, policy="fifo")) == 3
