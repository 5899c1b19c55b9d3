"""Scores: laws of the mean, its interval, the quarantine, and the curve."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.arena import scoring
from accel_core.arena.event import CurvePoint
from accel_core.arena.files import event
from accel_core.model import BaselineTime, Estimate, SizeResult

EVENT = event("matmul-one")


def size(score: float, spread: float = 0.0, side: int = 512, **more: object) -> SizeResult:
    """A size whose roof allows a millisecond; its time has an interval of `spread` to either side."""
    median = 1e-3 / score
    time = Estimate(median, median * (1 - spread), median * (1 + spread), 9)
    made = SizeResult((side, side, side), False, 1, 1, time_s=time, roof_s=1e-3, score=1e-3 / median)
    return replace(made, **more)  # type: ignore[arg-type]


def test_an_entry_scores_a_hundred_times_the_geometric_mean() -> None:
    found = scoring.score_of([size(0.25, side=3), size(0.64), size(0.5)], EVENT)
    assert found.score == pytest.approx(100 * (0.25 * 0.64 * 0.5) ** (1 / 3))
    assert found.worst is not None and found.worst.shape == (3, 3, 3)
    assert (found.quarantined, found.reason) == ((), "")


SCORES = st.lists(st.floats(1e-12, 1.05), min_size=1, max_size=12)


@given(SCORES)
def test_the_mean_lies_between_the_worst_and_the_best_and_above_the_floor(scores: list[float]) -> None:
    mean = scoring.mean_score(scores, EVENT.floor)
    low, high = (max(end, EVENT.floor) for end in (min(scores), max(scores)))
    assert 100 * low * (1 - 1e-9) <= mean <= 100 * high * (1 + 1e-9)


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_the_sizes_changes_nothing(scores: list[float], random: object) -> None:
    sizes = [size(score) for score in scores if score <= 1]
    mixed = sizes.copy()
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert scoring.score_of(mixed, EVENT).score == scoring.score_of(sizes, EVENT).score


def test_one_size_at_zero_does_not_drive_the_score_to_zero() -> None:
    found = scoring.score_of([size(0.5)] * 9 + [size(1e-30, side=7)], EVENT)
    assert found.score == pytest.approx(100 * (0.5**9 * EVENT.floor) ** 0.1)
    assert found.worst is not None and found.worst.shape == (7, 7, 7)


def test_a_size_faster_than_its_roof_is_named_and_never_clipped() -> None:
    found = scoring.score_of([size(0.5), size(1.2, side=640), size(1.31, side=513, ranked=False)], EVENT)
    assert (found.score, found.low, found.high) == (None, None, None)
    assert [one.shape[0] for one in found.quarantined] == [513, 640]
    assert found.reason.startswith(
        "Size 513 x 513 x 513 was 1.31 times as fast as the roof of this machine allows"
    )
    assert "either our roof or your answer is wrong" in found.reason
    at_limit = scoring.score_of([size(0.5), replace(size(1), score=scoring.FASTEST)], EVENT)
    assert at_limit.score == pytest.approx(100 * math.sqrt(0.5 * 1.05))


def test_without_a_ranked_size_there_is_a_reason_and_no_score() -> None:
    short = scoring.score_of([size(0.5, ranked=False)], EVENT)
    assert short.score is None and "100 times as long as an empty kernel" in short.reason
    roofless = scoring.score_of([replace(size(0.5), roof_s=None, score=None)], EVENT)
    assert roofless.score is None and "no roof of this machine is known" in roofless.reason
    assert scoring.score_of([], EVENT).score is None
    assert scoring.is_ranked(1e-3, 1e-5) and not scoring.is_ranked(0.99e-3, 1e-5)


def test_a_size_that_is_not_ranked_does_not_count() -> None:
    both = scoring.score_of([size(0.5), size(0.01, ranked=False)], EVENT)
    assert both.score == pytest.approx(50) and both.worst is not None and both.worst.score == pytest.approx(0.5)


@given(st.lists(st.tuples(st.floats(1e-3, 1), st.floats(0, 0.5)), min_size=1, max_size=9))
def test_the_interval_holds_the_score_and_grows_with_those_of_the_sizes(
    pairs: list[tuple[float, float]],
) -> None:
    found = scoring.score_of([size(score, spread) for score, spread in pairs], EVENT)
    assert found.score is not None and found.low is not None and found.high is not None
    assert found.low <= found.score * (1 + 1e-12) and found.score <= found.high * (1 + 1e-12)
    wider = scoring.score_of([size(score, spread + 0.1) for score, spread in pairs], EVENT)
    assert wider.low is not None and wider.high is not None
    assert wider.low < found.low and wider.high > found.high


def test_one_spread_at_all_sizes_is_that_of_the_score() -> None:
    found = scoring.score_of([size(0.2, 0.1), size(0.8, 0.1)], EVENT)
    assert (found.low, found.high) == (pytest.approx(40 / 1.1), pytest.approx(40 / 0.9))


def test_without_an_interval_of_a_size_there_is_none_of_the_score() -> None:
    few = size(0.5, time_s=Estimate(2e-3, None, None, 3))
    found = scoring.score_of([size(0.5, 0.1), few], EVENT)
    assert found.score == pytest.approx(50) and (found.low, found.high) == (None, None)


def test_a_drift_is_that_of_the_later_half_and_needs_six_times() -> None:
    found = scoring.drift([1.0, 1.0, 1.0, 9.0, 1.2, 1.2, 1.2])
    assert found is not None and (found.median, found.low, found.n) == (1.2, None, 3)
    assert scoring.drift([1.0] * 5) is None


def test_of_a_drift_counts_what_noise_cannot_explain() -> None:
    def least(*times: float) -> float:
        return scoring.least_drift(scoring.drift(times))

    assert least(*[1.0, 1.01, 1.0, 0.99, 1.0] * 2) == 0
    assert least(1.0, 1.0, 1.0, 1.0, 1.0, 7.0, 1.1, 1.2, 1.12, 1.1, 1.1) == pytest.approx(0.1)
    assert least(1.1, 1.2, 1.12, 1.1, 1.1, 7.0, 1.0, 1.0, 1.0, 1.0, 1.0) == pytest.approx(1 / 1.1 - 1)
    # three of the later calls were late, by 15 % and more: the medians differ, and so may those of one machine
    assert least(1.0, 1.0, 1.2, 1.0, 1.3, 7.0, 1.16, 1.0, 1.3, 1.15, 1.0) == 0
    assert least(1.0, 1.0, 1.0, 9.0, 9.0, 9.0) == 0  # too few for an interval


# -- the curve -----------------------------------------------------------------------------------------------


def timed(**scores: float) -> tuple[BaselineTime, ...]:
    return tuple(
        BaselineTime(f"matmul/{name}", Estimate(1e-3 / s, None, None, 1)) for name, s in scores.items()
    )


CURVE = (
    CurvePoint(0, 0),
    CurvePoint(40, None, "matmul/compiled_ijk"),
    CurvePoint(80, None, "matmul/compiled_ikj"),
    CurvePoint(100, None, "matmul/numpy"),
)
CURVED = replace(EVENT, curve=CURVE)


def bends(ijk: float, ikj: float, numpy: float) -> tuple[tuple[float, float], ...]:
    sizes = [size(0.3, baselines=timed(compiled_ijk=ijk, compiled_ikj=ikj, numpy=numpy))] * 2
    found = scoring.anchors(sizes, CURVED)
    assert found is not None
    return found


def test_the_curve_bends_at_the_baselines_of_the_same_job() -> None:
    found = bends(0.01, 0.2, 0.8)
    assert [points for _, points in found] == [0, 40, 80, 100]
    assert [score for score, _ in found] == pytest.approx([0, 1, 20, 80])
    assert scoring.points_of(20, found) == pytest.approx(80)
    assert scoring.points_of(50, found) == pytest.approx(90)
    assert scoring.points_of(99, found) == 100


def test_a_baseline_that_is_no_faster_than_an_easier_one_takes_its_place() -> None:
    assert [points for _, points in bends(0.3, 0.2, 0.8)] == [0, 80, 100]
    assert [points for _, points in bends(0.2, 0.202, 0.8)] == [0, 80, 100]
    assert [points for _, points in bends(0.3, 0.2, 0.1)] == [0, 100]


@given(st.tuples(*[st.floats(1e-4, 1)] * 3), st.lists(st.floats(0, 105), min_size=2, max_size=20))
def test_the_curve_never_falls_and_never_jumps(
    baselines: tuple[float, float, float], scores: list[float]
) -> None:
    found = bends(*baselines)
    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(found))
    points = [scoring.points_of(score, found) for score in sorted(scores)]
    assert points == sorted(points) and points[0] >= 0 and points[-1] <= 100
    for score, reached in found:
        assert scoring.points_of(score, found) == reached
        for beside in (score * (1 - 1e-6), score * (1 + 1e-6)):
            assert abs(scoring.points_of(beside, found) - reached) <= 100 * 1e-6 / 0.0199


def test_without_a_curve_or_a_time_of_its_baseline_there_are_no_points() -> None:
    assert scoring.anchors([size(0.5)], replace(EVENT, curve=())) is None
    assert scoring.anchors([size(0.5)], CURVED) is None
    apart = [size(0.5, baselines=timed(numpy=0.5)), size(0.5)]
    assert scoring.baseline_score("matmul/numpy", apart, EVENT) is None
    unranked = [apart[0], replace(apart[1], ranked=False)]
    assert scoring.baseline_score("matmul/numpy", unranked, EVENT) == pytest.approx(50)
