"""Medians and their intervals: laws over all samples, published ranks, and the coverage they promise."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import BadInput
from accel_core.model import Estimate
from accel_core.stats import (
    LEAST_SAMPLES,
    median_interval,
    quotient_interval,
    ratio_interval,
    relative_half_width,
    shift_interval,
)

times = st.floats(min_value=1e-9, max_value=1e6)
samples = st.lists(times, min_size=1, max_size=60)


@given(samples)
def test_interval_contains_the_median_and_lies_within_the_samples(xs):
    estimate = median_interval(xs)
    assert min(xs) <= estimate.median <= max(xs)
    assert estimate.n == len(xs)
    if estimate.low is not None:
        assert estimate.low <= estimate.median <= estimate.high
        assert estimate.low in xs
        assert estimate.high in xs


@given(samples)
def test_there_is_an_interval_from_the_least_number_of_samples_on(xs):
    estimate = median_interval(xs)
    assert (estimate.low is None) == (estimate.high is None) == (len(xs) < LEAST_SAMPLES)


@given(samples, st.integers(-20, 20))
def test_scaling_the_samples_scales_the_interval(xs, power):
    scale = 2.0**power
    plain, scaled = median_interval(xs), median_interval([x * scale for x in xs])
    assert scaled.median == plain.median * scale
    if plain.low is not None:
        assert (scaled.low, scaled.high) == (plain.low * scale, plain.high * scale)


@given(st.lists(times, min_size=6, max_size=60), st.randoms())
def test_the_order_of_the_samples_does_not_matter(xs, shuffler):
    mixed = list(xs)
    shuffler.shuffle(mixed)
    assert median_interval(mixed) == median_interval(xs)


@given(st.lists(times, min_size=8, max_size=80))
def test_more_confidence_never_gives_a_narrower_interval(xs):
    wide, narrow = median_interval(xs, 0.99), median_interval(xs, 0.90)
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high


@pytest.mark.parametrize(
    ("n", "low_rank", "high_rank"),
    [(6, 1, 6), (7, 1, 7), (9, 2, 8), (10, 2, 9), (12, 3, 10), (15, 4, 12), (17, 5, 13), (20, 6, 15)],
)
def test_ranks_are_those_of_the_printed_tables(n, low_rank, high_rank):
    """Table of order-statistic intervals for the median, as in Le Boudec 2010, appendix A."""
    estimate = median_interval([float(i) for i in range(1, n + 1)])
    assert (estimate.low, estimate.high) == (low_rank, high_rank)


@pytest.mark.parametrize("n", [6, 11, 50, 101, 1000])
def test_ranks_are_the_narrowest_that_keep_the_confidence(n):
    estimate = median_interval([float(i) for i in range(1, n + 1)])
    rank = int(estimate.low)
    assert estimate.high == n + 1 - rank

    def coverage(low_rank: int) -> Fraction:
        return 1 - Fraction(2 * sum(comb(n, i) for i in range(low_rank)), 2**n)

    assert coverage(rank) >= Fraction(0.95) > coverage(rank + 1)


@pytest.mark.parametrize("n", [6, 15, 40])
def test_the_95_percent_interval_covers_the_true_median_about_95_times_in_100(n):
    """Skewed samples (log-normal, true median 1), 4,000 seeded trials; the exact coverage is known."""
    draw = random.Random(n)
    trials = 4000
    hits = 0
    for _ in range(trials):
        estimate = median_interval([draw.lognormvariate(0, 1) for _ in range(n)])
        hits += estimate.low <= 1.0 <= estimate.high
    rank = int(median_interval([float(i) for i in range(1, n + 1)]).low)
    exact = 1 - 2 * sum(comb(n, i) for i in range(rank)) / 2**n
    assert 0.95 <= exact < 0.98
    assert hits / trials == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / trials))


def test_ten_thousand_samples_are_no_trouble():
    estimate = median_interval(range(10_000))
    assert estimate.low == pytest.approx(5000 - 1.96 * 50, abs=2)
    assert estimate.high == pytest.approx(5000 + 1.96 * 50, abs=2)


@pytest.mark.parametrize("xs", [[], [1.0, math.nan], [math.inf, 1.0, 2.0]])
def test_samples_without_a_median_are_refused(xs):
    with pytest.raises(BadInput):
        median_interval(xs)


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95, math.nan])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(BadInput, match=r"0\.95"):
        median_interval([1.0] * 10, confidence)


def test_ratio_is_the_speed_of_a_over_the_speed_of_b():
    estimate = ratio_interval([(1.0, 2.0)] * 6)
    assert (estimate.median, estimate.low, estimate.high, estimate.n) == (2.0, 2.0, 2.0, 6)


def test_a_drift_that_both_share_cancels_in_the_ratio():
    pairs = [(1.0 * drift, 3.0 * drift) for drift in (1.0, 1.5, 2.0, 4.0, 8.0, 16.0, 32.0)]
    assert ratio_interval(pairs).high == ratio_interval(pairs).low == 3.0


@given(st.lists(st.tuples(times, times), min_size=7, max_size=41).filter(lambda p: len(p) % 2))
def test_swapping_a_and_b_inverts_the_ratio(pairs):
    forth, back = ratio_interval(pairs), ratio_interval([(b, a) for a, b in pairs])
    assert back.median == pytest.approx(1 / forth.median, rel=1e-12)
    assert back.low == pytest.approx(1 / forth.high, rel=1e-12)


@pytest.mark.parametrize("pair", [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (math.nan, 1.0), (1.0, math.inf)])
def test_a_pair_without_a_ratio_is_refused(pair):
    with pytest.raises(BadInput, match="positive"):
        ratio_interval([pair])


def test_half_width_is_the_farther_side_as_a_share_of_the_median():
    assert relative_half_width(Estimate(100.0, 99.0, 105.0, 9)) == 0.05
    assert relative_half_width(Estimate(100.0, 90.0, 105.0, 9)) == 0.10
    assert relative_half_width(Estimate(100.0, 100.0, 100.0, 9)) == 0.0


def test_an_unknown_interval_is_never_narrow_enough():
    assert relative_half_width(Estimate(100.0, None, None, 3)) == math.inf
    assert relative_half_width(Estimate(0.0, -1.0, 1.0, 9)) == math.inf


@given(st.lists(times, min_size=7, max_size=41), st.lists(times, min_size=7, max_size=41))
def test_a_quotient_of_medians_lies_within_its_interval_and_turns_over(over, under):
    quotient, turned = quotient_interval(over, under), quotient_interval(under, over)
    assert quotient.low <= quotient.median * (1 + 1e-12) and quotient.median <= quotient.high * (1 + 1e-12)
    assert quotient.median * turned.median == pytest.approx(1)
    assert quotient.low * turned.high == pytest.approx(1)
    assert quotient.n == min(len(over), len(under))


def test_the_interval_of_a_quotient_is_wider_than_that_of_its_only_restless_median():
    restless = [1 + 0.01 * ((8 * i) % 21) for i in range(21)]
    quotient, alone = quotient_interval(restless, [1.0] * 21), median_interval(restless)
    assert quotient.low < alone.low and quotient.high > alone.high


def test_a_quotient_of_six_samples_has_no_interval_and_of_none_above_zero_is_refused():
    assert quotient_interval([2.0] * 6, [1.0] * 21) == Estimate(2.0, None, None, 6)
    for bad in (([0.0], [1.0]), ([1.0], [-1.0]), ([], [1.0])):
        with pytest.raises(BadInput):
            quotient_interval(*bad)


@pytest.mark.parametrize(
    ("m", "n", "critical"), [(3, 4, None), (3, 5, 0), (4, 4, 0), (4, 5, 1), (5, 5, 2), (6, 6, 5), (10, 10, 23)]
)
def test_a_shift_leaves_out_as_many_ratios_as_the_published_table_of_the_rank_test(m, n, critical):
    """Two-sided, 5 %: H. B. Mann and D. R. Whitney's test as in any table of it."""
    before, after = [2.0**-i for i in range(m)], [2.0 ** (m * j) for j in range(n)]
    ratios = sorted(late / early for early in before for late in after)
    found = shift_interval(before, after)
    wanted = (None, None) if critical is None else (ratios[critical], ratios[-1 - critical])
    assert (found.low, found.high) == wanted and found.n == m


@given(st.lists(times, min_size=4, max_size=12), st.lists(times, min_size=4, max_size=12))
def test_a_shift_turns_round_with_its_samples(before, after):
    there, back = shift_interval(before, after), shift_interval(after, before)
    assert there.low <= there.median <= there.high
    assert back.low == pytest.approx(1 / there.high) and back.high == pytest.approx(1 / there.low)


def test_a_shift_covers_the_truth_as_often_as_it_says():
    draw = random.Random(7)
    covered = 0
    for _ in range(2000):
        before = [draw.lognormvariate(0, 0.1) for _ in range(5)]
        after = [1.1 * draw.lognormvariate(0, 0.1) for _ in range(5)]
        found = shift_interval(before, after)
        covered += found.low <= 1.1 <= found.high
    assert 0.95 < covered / 2000 < 0.985  # 96.8 % by the exact count


@pytest.mark.parametrize(("before", "after"), [([], [1.0]), ([1.0], []), ([0.0], [1.0]), ([1.0], [math.inf])])
def test_a_shift_of_nothing_or_to_nothing_is_refused(before, after):
    with pytest.raises(BadInput):
        shift_interval(before, after)
