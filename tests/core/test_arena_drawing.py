"""Drawn sizes: the same for a seed anywhere, inside their bands, all of them reached."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.arena.drawing import drawn_shapes, ends, within, words
from accel_core.arena.event import Band
from accel_core.arena.files import event
from accel_core.errors import BadInput

EVENT = event("matmul-one")
SEEDS = st.integers(0, 2**63 - 1)


def test_the_generator_is_the_published_one() -> None:
    # the values that Vigna's splitmix64.c gives from this state, as Rosetta Code lists them
    assert list(islice(words(1234567), 3)) == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_seed_gives_the_same_shapes_for_good() -> None:
    drawn = (Band((640, 640, 640)), Band((800, 400, 800)), Band((350, 1500, 500)))
    shapes = drawn_shapes(replace(EVENT, drawn=drawn), 2**62 + 12345)
    assert shapes == drawn_shapes(replace(EVENT, drawn=drawn), 2**62 + 12345)
    assert shapes == ((661, 635, 636), (791, 386, 761), (350, 1459, 476))


@given(
    SEEDS,
    st.lists(st.tuples(st.tuples(*[st.integers(1, 5000)] * 3), st.floats(0, 0.5)), min_size=1, max_size=4),
)
def test_drawn_lengths_lie_inside_their_bands(
    seed: int, bands: list[tuple[tuple[int, int, int], float]]
) -> None:
    drawn = tuple(Band(shape, spread) for shape, spread in bands)
    shapes = drawn_shapes(replace(EVENT, drawn=drawn), seed)
    assert len(shapes) == len(drawn)
    for band, shape in zip(drawn, shapes, strict=True):
        for length, middle, (low, high) in zip(shape, band.shape, ends(band), strict=True):
            assert 1 <= low <= length <= high
            assert abs(length - middle) <= middle * band.spread + 1e-6


def test_every_length_of_a_band_is_drawn_about_as_often() -> None:
    band = Band((40, 1, 9), 0.1)
    assert ends(band) == ((36, 44), (1, 1), (9, 9))
    drawn = [drawn_shapes(replace(EVENT, drawn=(band,)), seed)[0][0] for seed in range(900)]
    assert all(70 <= drawn.count(length) <= 130 for length in range(36, 45))


def test_no_length_is_likelier_for_being_at_the_end() -> None:
    # of 2^64 words, the last one has no two others to make a whole three with
    assert within(10, 12, iter([2**64 - 1, 5])) == 12
    assert within(10, 12, iter([2**64 - 2, 5])) == 10 + (2**64 - 2) % 3


@given(SEEDS)
def test_another_seed_is_another_draw(seed: int) -> None:
    other = (seed + 1) % 2**63
    assert drawn_shapes(EVENT, seed) != drawn_shapes(EVENT, other)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "7", None])
def test_a_seed_that_is_none_is_refused(seed: Any) -> None:
    with pytest.raises(BadInput, match=r"The seed is .*; a whole number from 0 to 2\^63 - 1 is allowed"):
        drawn_shapes(EVENT, seed)
