"""Medians with confidence intervals, from the samples alone: no distribution is assumed, no clock is read.

The interval lies between two order statistics. A sample falls below the true median with probability 1/2, so
the number of samples below it is binomial(n, 1/2) and P(x[l] <= median <= x[n+1-l]) is
1 - 2 P(binomial(n, 1/2) < l), whatever the distribution of the samples (H. A. David and H. N. Nagaraja, Order
Statistics, 3rd edition, Wiley 2003, section 7.1; J.-Y. Le Boudec, Performance Evaluation of Computer and
Communication Systems, EPFL Press 2010, chapter 2). It holds for independent samples; why run times, which are
skewed, ask for it is said by T. Hoefler and R. Belli, Scientific Benchmarking of Parallel Computing Systems,
SC 2015.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from statistics import median

from accel_core.errors import BadInput
from accel_core.model import Estimate

LEAST_SAMPLES = 6
"""Under so many a median has no 95 % interval: of five, all lie on one side of it once in 16 times."""


def median_interval(samples: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Median of `samples` (any order, any unit) and the interval that covers the true median with `confidence`.

    `low` and `high` are samples themselves; both are None where there are too few (LEAST_SAMPLES for 0.95).
    Raises BadInput for no samples, a sample that is not a finite number, or a confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise BadInput(
            f"A confidence of {confidence} is not possible: give a number between 0 and 1, such as 0.95."
        )
    if len(samples) == 0:
        raise BadInput("There are no samples, so there is no median: measure at least once.")
    bad = next((x for x in samples if not math.isfinite(x)), None)
    if bad is not None:
        raise BadInput(f"A sample is {bad}: every sample must be a finite number, so measure again.")
    ordered = sorted(map(float, samples))
    n = len(ordered)
    rank = _interval_rank(n, confidence)
    low, high = (ordered[rank - 1], ordered[n - rank]) if rank else (None, None)
    return Estimate(median(ordered), low, high, n)


def ratio_interval(pairs: Sequence[tuple[float, float]], confidence: float = 0.95) -> Estimate:
    """Speed of a / speed of b from times taken in turns: `pairs` of (time_a, time_b) in seconds.

    The median of the pairwise ratios time_b / time_a, so that a slow drift of the machine, which both times of
    a pair share, cancels. Raises BadInput where a time is not a positive finite number.
    """
    for a, b in pairs:
        if not (0 < a < math.inf and 0 < b < math.inf):
            raise BadInput(f"The pair of times ({a}, {b}) s has no ratio: both must be positive and finite.")
    return median_interval([b / a for a, b in pairs], confidence)


def quotient_interval(over: Sequence[float], under: Sequence[float], confidence: float = 0.95) -> Estimate:
    """median(over) / median(under) of positive samples taken apart, and its interval; n is the smaller count.

    The interval of each median may miss with half the allowed probability, so both hold together with
    `confidence` (Bonferroni's inequality), and the quotient then lies between those of their opposite ends.
    Both ends are None where one median has no interval (under seven samples for 0.95). Raises BadInput as
    `median_interval` does, and for a sample that is not above 0.
    """
    if any(sample <= 0 for sample in (*over, *under)):
        raise BadInput("A sample is not above 0, so there is no quotient: measure again.")
    top, bottom = (median_interval(samples, (1 + confidence) / 2) for samples in (over, under))
    low = None if top.low is None or bottom.high is None else top.low / bottom.high
    high = None if top.high is None or bottom.low is None else top.high / bottom.low
    if low is None or high is None:
        low = high = None
    return Estimate(top.median / bottom.median, low, high, min(top.n, bottom.n))


def shift_interval(before: Sequence[float], after: Sequence[float], confidence: float = 0.95) -> Estimate:
    """By what factor positive samples of one thing changed from `before` to `after`; n is the smaller count.

    The median of the ratios of every later sample to every earlier one (J. L. Hodges and E. L. Lehmann, Annals
    of Mathematical Statistics 34(2), 1963) and the interval of those factors that the rank test does not refute
    (H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18(1), 1947), whatever the distribution.
    It asks for fewer samples than two medians do: four of each for 0.95; both ends are None under that. Raises
    BadInput where there are none, and for a sample that is not a positive finite number.
    """
    if not before or not after or any(not 0 < one < math.inf for one in (*before, *after)):
        raise BadInput("Samples before and after are needed, each positive and finite: measure again.")
    ratios = sorted(late / early for early in before for late in after)
    rank = _shift_rank(len(before), len(after), confidence)
    low, high = (ratios[rank - 1], ratios[-rank]) if rank else (None, None)
    return Estimate(median(ratios), low, high, min(len(before), len(after)))


def inverse(rate: Estimate) -> Estimate:
    """The estimate of 1 / rate: order statistics turn round, so low and high change places."""
    low = None if rate.high is None else 1 / rate.high
    high = None if rate.low is None else 1 / rate.low
    return Estimate(1 / rate.median, low, high, rate.n)


def relative_half_width(estimate: Estimate) -> float:
    """Distance from the median to the farther end of its interval, as a fraction of the median.

    Infinite where there is no interval, so that `relative_half_width(e) <= 0.01` asks for a known, narrow one.
    """
    if estimate.low is None or estimate.high is None:
        return math.inf
    reach = max(estimate.median - estimate.low, estimate.high - estimate.median)
    if reach == 0:
        return 0.0
    return reach / abs(estimate.median) if estimate.median else math.inf


@lru_cache(maxsize=4096)
def _interval_rank(n: int, confidence: float) -> int:
    """Greatest l with 1 - 2 P(binomial(n, 1/2) < l) >= confidence, by whole numbers; 0 where there is none."""
    allowed = (1 - Fraction(confidence)) / 2 * 2**n  # of the 2**n equally likely sides, those in one tail
    tail, ways, rank = 0, 1, 0
    while 2 * rank < n:
        tail += ways  # ways = n choose rank
        if tail > allowed:
            break
        ways = ways * (n - rank) // (rank + 1)
        rank += 1
    return rank


@lru_cache(maxsize=256)
def _shift_rank(m: int, n: int, confidence: float) -> int:
    """Greatest l with 1 - 2 P(U < l) >= confidence, U the count of Mann and Whitney; 0 where there is none."""
    ways = _orders(m, n)
    allowed, tail = (1 - Fraction(confidence)) / 2 * sum(ways), 0
    for rank, count in enumerate(ways):
        tail += count
        if tail > allowed:
            return rank
    return 0


@lru_cache(maxsize=4096)
def _orders(m: int, n: int) -> tuple[int, ...]:
    """Of the orders of m and n samples, those in which u pairs stand the wrong way round, for u = 0 … m n."""
    if not m or not n:
        return (1,)
    last = [0] * n + list(_orders(m - 1, n))
    first = _orders(m, n - 1)
    return tuple((first[u] if u < len(first) else 0) + last[u] for u in range(m * n + 1))
