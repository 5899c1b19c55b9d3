"""How far judgings of one code differ decides how wide an interval on a board is at the least."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.arena.repeatability import FEWEST, spread, widened

SCORES = st.floats(0.01, 105)


def drawn(pick: random.Random, sd: float, count: int) -> list[tuple[float, float]]:
    """Pairs of scores of codes between 1 and 100, each score off by a factor of its own."""
    codes = [pick.uniform(1, 100) for _ in range(count)]
    return [(code * pick.lognormvariate(0, sd), code * pick.lognormvariate(0, sd)) for code in codes]


@pytest.mark.parametrize("sd", [0.003, 0.02, 0.09])
def test_the_spread_is_that_of_one_judging(sd: float) -> None:
    assert spread(drawn(random.Random(1), sd, 20_000)) == pytest.approx(sd, rel=0.03)


@pytest.mark.parametrize("sd", [0.003, 0.1])
def test_nineteen_of_twenty_pairs_of_the_same_code_overlap(sd: float) -> None:
    pairs = drawn(random.Random(2), sd, 20_000)
    ends = [[widened(score, None, None, sd) for score in pair] for pair in pairs]
    overlap = sum(a[0] <= b[1] and b[0] <= a[1] for a, b in ends if None not in (*a, *b))  # type: ignore[operator]
    assert overlap / len(pairs) == pytest.approx(0.95, abs=0.005)


def test_whatever_judgings_say_no_board_becomes_one_rank() -> None:
    low, high = widened(50.0, None, None, spread([(1.0, 9.9)] * 99))
    assert low == pytest.approx(50 / 1.149, rel=1e-3) and high == pytest.approx(50 * 1.149, rel=1e-3)


def test_with_few_entries_nothing_is_known() -> None:
    few = [(50.0, 60.0)] * (FEWEST - 1)
    assert spread(few) == 0 and spread([*few, (50.0, 60.0)]) > 0
    assert spread([*few, (0.0, 60.0)]) == 0  # a score of nothing has no logarithm
    assert widened(50.0, 49.0, None, 0.0) == (49.0, None)


@given(st.lists(st.tuples(SCORES, SCORES), min_size=FEWEST), SCORES, SCORES)
def test_whoever_makes_judgings_differ_cannot_pass_what_those_of_others_do(
    pairs: list[tuple[float, float]], one: float, other: float
) -> None:
    apart = sorted(abs(math.log(a / b)) for a, b in pairs)
    most = apart[len(apart) // 2 + 1] if len(apart) > 2 else apart[-1]
    assert spread([*pairs, (one, other)]) <= most / (math.sqrt(2) * 0.6745) * (1 + 1e-9)


@given(SCORES, st.none() | SCORES, st.none() | SCORES, st.floats(0, 0.5))
def test_an_interval_only_ever_grows_and_holds_its_score(
    score: float, low: float | None, high: float | None, differ: float
) -> None:
    below, above = widened(score, low, high, differ)
    if differ:
        assert below is not None and above is not None and below <= score <= above
    assert low is None or (below is not None and below <= low)
    assert high is None or (above is not None and above >= high)
