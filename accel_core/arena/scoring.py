"""The score of an entry, its interval, and the points of an instructor's curve: sums of what was measured.

The score of a size is the time that the roof allows over the median time that it took. That of an entry is 100
times the geometric mean, which is the one mean of ratios that does not depend on what they are held against
(P. J. Fleming and J. J. Wallace, How not to lie with statistics: the correct way to summarize benchmark
results, Communications of the ACM 29(3), 1986). One factor of 0 would make it 0, so each is floored first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from accel_core.arena.event import CurvePoint, Event
from accel_core.arena.ranking import WITHIN
from accel_core.model import Estimate, SizeResult
from accel_core.model.arena import ACCEPTED, QUARANTINED, UNSETTLED
from accel_core.stats import shift_interval
from accel_core.units import format_number

FASTEST = 1.05
"""A size that scores more was faster than its roof by more than roofs are off: no such time is believed."""
RIGHT = "It is right at every size, in every call that was timed."
DOUBT = "The score may be too high, because the roof may be too low: "
"""How the reason of a score goes on where the roofs are in doubt."""
DOUBTED = "The roof is in doubt: "
"""The same of no score."""
LEAST_ROUND_TRIPS = 100
"""A time of fewer round trips of an empty kernel is not ranked: more than 1 % of it would be the way there."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What the sizes of one judging come to."""

    score: float | None
    """None where a size is faster than its roof, and where no size is ranked."""
    low: float | None
    high: float | None
    worst: SizeResult | None
    """The ranked size of the lowest score."""
    quarantined: tuple[SizeResult, ...]
    """Those that are faster than their roof allows, ranked or not; the first is the fastest."""
    reason: str
    """Why there is no score, in a sentence; empty where there is one."""


def size_score(roof_s: float, median_s: float) -> float:
    """The score of a size: roof_s over the median time, neither clipped nor floored."""
    return roof_s / median_s


def is_ranked(median_s: float, null_s: float) -> bool:
    """Whether a time is long enough to be told from the round trip of an empty kernel."""
    return median_s >= LEAST_ROUND_TRIPS * null_s


def drift(series: Sequence[float]) -> Estimate | None:
    """By what factor the later half of times in a row differs from the earlier one, and the interval of that.

    None under six; the interval asks for eight.
    """
    half = len(series) // 2
    return None if half < 3 else shift_interval(series[:half], series[-half:])


def least_drift(factor: Estimate | None) -> float:
    """The least change that an interval of `drift` leaves possible, as a share with its sign; 0 without one."""
    if factor is None or factor.low is None or factor.high is None:
        return 0.0
    return max(factor.low - 1, 0.0) or min(factor.high - 1, 0.0)


def score_of(sizes: Sequence[SizeResult], event: Event) -> Scored:
    """The score of the `sizes` of one judging, its interval and worst size, or why there is none."""
    scored = [size for size in sizes if size.score is not None]
    counted = [size for size in scored if size.ranked]
    worst = min(counted, key=_score, default=None)
    fast = tuple(sorted((size for size in scored if _score(size) > FASTEST), key=_score, reverse=True))
    if fast:
        return Scored(None, None, None, worst, fast, too_fast(fast[0]))
    if not counted:
        return Scored(None, None, None, None, (), _unranked(sizes))
    low, high = _ends(counted, event.floor)
    return Scored(mean_score(map(_score, counted), event.floor), low, high, worst, (), "")


def mean_score(scores: Iterable[float], floor: float) -> float:
    """100 times the geometric mean of the scores of sizes, none of which counts less than `floor`."""
    logarithms = [math.log(max(score, floor)) for score in scores]
    return 100 * math.exp(math.fsum(logarithms) / len(logarithms))


def size_interval(size: SizeResult) -> tuple[float, float] | None:
    """The interval of a size's score, which is that of its median time turned round; None without one."""
    time = size.time_s
    if size.score is None or time is None or time.low is None or time.high is None:
        return None
    return size.score * time.median / time.high, size.score * time.median / time.low


def _ends(sizes: Sequence[SizeResult], floor: float) -> tuple[float | None, float | None]:
    """The interval of the mean: from the mean of the low ends to that of the high ends, in logarithms.

    So the distances of the ends from the score are the means of the sizes' distances, as for errors that all
    go one way (Evaluation of measurement data: Guide to the expression of uncertainty in measurement,
    JCGM 100:2008, 5.2.2, note 1). That holds however they hang together: the standard deviation of a sum is at
    most the sum of the standard deviations. The sizes of one judging share the machine and the minute, so that
    the narrower interval of independent errors would claim too much. How well the roofs are known is not in
    it: all entries of a board are held against the same roofs.
    """
    ends = [size_interval(size) for size in sizes]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        return None, None
    return mean_score((low for low, _ in known), floor), mean_score((high for _, high in known), floor)


def outcome(scored: Scored, noise: str, tried: bool, right: str, doubt: str) -> tuple[str, str]:
    """(verdict, reason) on sizes whose answers were right.

    `noise` is the sentence on who disturbed their times, `right` the reason of a verdict that is accepted, and
    `doubt` the sentence on why the roofs may be too low; each is empty where there is none.
    """
    if scored.quarantined:
        return QUARANTINED, f"{scored.reason} {DOUBTED}{doubt}" if doubt else scored.reason
    if noise and not tried:
        return UNSETTLED, f"{noise.rstrip('.')}: it is not scored, and is judged again."
    said = scored.reason or right or RIGHT
    return ACCEPTED, f"{said} {DOUBT}{doubt}" if doubt and scored.score is not None else said


def too_fast(size: SizeResult) -> str:
    """The sentence that a size gets which is faster than its roof."""
    return (
        f"Size {shape_text(size)} was {format_number(_score(size))} times as fast as the roof of this machine "
        f"allows ({FASTEST:g} passes): faster than the machine, so either our roof or your answer is wrong."
    )


def _unranked(sizes: Sequence[SizeResult]) -> str:
    if any(size.ranked and size.time_s for size in sizes):
        return "There is no score: no roof of this machine is known for this type and number of threads."
    return (
        f"There is no score: at no size did it take {LEAST_ROUND_TRIPS} times as long as an empty kernel, "
        "which is the least time that is ranked."
    )


def shape_text(size: SizeResult) -> str:
    """ "512 x 513 x 64"."""
    return " x ".join(map(str, size.shape))


def _score(size: SizeResult) -> float:
    assert size.score is not None
    return size.score


# -- the instructor's curve ----------------------------------------------------------------------------------


def baseline_score(kernel: str, sizes: Sequence[SizeResult], event: Event) -> float | None:
    """The score that a baseline reached in the same job, at the sizes that count for the entry.

    None where it was not timed, and its misses were not counted, at one of them.
    """
    scores = []
    for size in sizes:
        if not size.ranked or size.score is None:
            continue
        if size.misses is not None:
            if kernel not in size.baseline_misses or not size.least_misses:
                return None
            scores.append(size.least_misses / size.baseline_misses[kernel])
        else:
            times = [one.time_s.median for one in size.baselines if one.kernel == kernel]
            if not times or size.roof_s is None:
                return None
            scores.append(size_score(size.roof_s, times[0]))
    return mean_score(scores, event.floor) if scores else None


def anchors(sizes: Sequence[SizeResult], event: Event) -> tuple[tuple[float, float], ...] | None:
    """(score, points) where the curve bends, both rising; None without a curve, or where a baseline of it has
    no score.

    Where a baseline turned out no faster than one of fewer points, or by less than 2 %, the one of fewer points
    is left out: so the curve never falls, noise makes no cliff of it, and nobody loses.
    """
    found: list[tuple[float, float]] = []
    for point in event.curve:
        score = _anchor(point, sizes, event)
        if score is None:
            return None
        while found and found[-1][0] >= (1 - WITHIN) * score:
            found.pop()
        found.append((score, point.points))
    return tuple(found) or None


def points_of(score: float, bends: Sequence[tuple[float, float]]) -> float:
    """The points of a score: straight between two `anchors`, and level outside of all."""
    for (left, low), (right, high) in pairwise(bends):
        if left <= score < right:
            return low + (high - low) * (score - left) / (right - left)
    return bends[0][1] if score < bends[0][0] else bends[-1][1]


def _anchor(point: CurvePoint, sizes: Sequence[SizeResult], event: Event) -> float | None:
    return point.score if point.score is not None else baseline_score(point.kernel, sizes, event)
