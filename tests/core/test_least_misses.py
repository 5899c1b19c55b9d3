"""The lower bound of misses: against every split, every order found, and the law that it tends to."""

from __future__ import annotations

from itertools import product
from math import isqrt, prod, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.roofline.least_misses import distinct_lines, least_misses, most_triples

Triple = tuple[int, int, int]


def loaded(order: list[Triple], shape: Triple, lines: int, line: int) -> int:
    """Lines that a cache of `lines` lines of `line` numbers loads which always throws out what is used last."""
    _, k, n = shape
    stream = [
        place
        for i, j, p in order
        for place in (("a", (i * k + p) // line), ("b", (p * n + j) // line), ("c", (i * n + j) // line))
    ]
    held: set[tuple[str, int]] = set()
    count = 0
    for at, wanted in enumerate(stream):
        if wanted in held:
            continue
        count += 1
        if len(held) == lines:
            ahead = stream[at + 1 :]
            held.remove(max(held, key=lambda one: ahead.index(one) if one in ahead else len(ahead)))
        held.add(wanted)
    return count


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 1, 4), (2, 5, 3)])
def test_no_split_of_the_numbers_makes_more_triples_than_said(shape: Triple) -> None:
    m, k, n = shape
    for numbers in range(3, m * k + k * n + m * n + 2):
        splits = product(range(m * k + 1), range(k * n + 1), range(m * n + 1))
        best = max(isqrt(prod(split)) for split in splits if sum(split) <= numbers)
        assert best <= most_triples(shape, numbers) <= prod(shape)
    assert most_triples(shape, 10**6) == prod(shape)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_order_misses_less_whatever_leaves(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(*[st.integers(1, 5)] * 3))
    lines, line = data.draw(st.integers(3, 6)), data.draw(st.sampled_from([1, 2]))
    blocks = data.draw(st.tuples(*[st.sampled_from([1, 2, 5])] * 3))
    axes = data.draw(st.permutations(range(3)))
    m, k, n = shape

    def place(triple: Triple) -> list[int]:
        return [triple[axis] // blocks[axis] for axis in axes] + [triple[axis] for axis in axes]

    order = sorted(product(range(m), range(n), range(k)), key=place)
    least = least_misses(shape, lines * line * 4, line * 4, 4)
    assert distinct_lines(shape, line * 4, 4) <= least <= loaded(order, shape, lines, line)


def test_one_line_and_a_product_of_one_number_are_exact() -> None:
    assert least_misses((1, 1, 1), 64, 64, 4) == 3
    assert least_misses((4, 4, 4), 1 << 20, 64, 4) == distinct_lines((4, 4, 4), 64, 4) == 3


def test_it_tends_to_the_law_of_the_best_intensity() -> None:
    shape, size, line, item = (1000, 1000, 1000), 4096, 64, 4
    numbers = size // item
    law = 2 * prod(shape) / sqrt(numbers) / (line // item)
    # a line of the cache is thrown out for the first that comes in, so a part holds one less than S
    assert law * 0.98 <= least_misses(shape, size, line, item) <= law * 1.02


def test_a_smaller_cache_needs_more_and_one_that_holds_all_the_lines_once() -> None:
    needs = [least_misses((96, 97, 95), size, 64, 4) for size in (2048, 4096, 8192, 32768, 1 << 20)]
    assert needs == sorted(needs, reverse=True)
    assert needs[0] > needs[-1] == distinct_lines((96, 97, 95), 64, 4)
