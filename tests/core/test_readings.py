"""A sentence never contradicts its number, whatever was measured."""

from __future__ import annotations

from dataclasses import replace

import figure_records as records
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.model import Estimate, Measurement, Workload
from accel_core.race import Race
from accel_core.readings.crossover import crossover_reading
from accel_core.readings.fusion import fusion_reading
from accel_core.readings.fusion_claims import fusion_claims
from accel_core.readings.ladder import change_text, ladder_reading
from accel_core.readings.ratios import EVEN, FLAT
from accel_core.readings.roofline import roofline_reading
from accel_core.readings.sweep import sweep_reading
from accel_core.registry import WORKLOADS

JOB, MACHINE = records.workload(), records.machine()
CHAINS = [one for one in WORKLOADS if one.chain]
GAINS = st.floats(0.01, 100) | st.floats(0.9, 1.1)
KERNELS = [kernel for one in CHAINS for kernel in one.kernels if kernel.removes]
BLAMED = ("was the cost", "the price of new memory", "more than fewer bytes")


@given(GAINS, st.sampled_from(KERNELS), st.sampled_from(["", "rung 2"]))
def test_a_change_says_that_it_gained_only_where_it_did(gain: float, kernel, other: str) -> None:
    said = change_text(kernel, gain, other)
    assert ("faster" in said) == (gain > 1 + EVEN) and ("slower" in said) == (gain < 1 - EVEN)
    refuted = any(word in said for word in ("gains nothing here", "though", f", but {kernel.brings}"))
    assert refuted == (gain <= 1 + EVEN)


def chain(problem: Workload, times_s: list[float]) -> list[Measurement]:
    """The rungs of a chain with these times."""
    made = records.measurement("numpy", 1e9)
    shape = problem.shape(made.size)
    bytes_ = {"workload": problem.name, "flop": 10**7, "peak_alloc_bytes": 0, "shape": shape}
    return [
        replace(made, id=kernel.name, kernel=kernel.id, time_s=records.estimate(time_s), **bytes_)
        for kernel, time_s in zip(problem.chain, times_s, strict=False)
    ]


@pytest.mark.parametrize("problem", CHAINS, ids=lambda w: w.name)
@given(st.lists(st.floats(1e-4, 1) | st.floats(0.9e-2, 1.1e-2), min_size=7, max_size=7))
def test_fusion_blames_a_cost_only_where_its_removal_paid(problem: Workload, times_s: list[float]) -> None:
    measured = chain(problem, times_s)
    own = [m.time_s.median for m in measured]
    *changes, far = fusion_reading(problem, measured)
    assert len(changes) == {"gelu": 3, "attention": 1, "attention_causal": 1}.get(problem.name, 2)
    for said in changes:
        # the words before the verdict, of the last ratio alone
        head, _, reason = said.replace(", so that", ": so that").rpartition(": ")
        head = head.rpartition(";")[2]
        if any(blame in reason and "not the cost" not in reason for blame in BLAMED):
            assert "slower" not in head and "as fast" not in head
        if "cost nothing" in reason or "costs nothing" in reason:
            assert "slower" not in head and "faster" not in head
        if "not the cost here" in reason:
            assert "faster" not in head
    assert ("All changes" in far) == (min(own) == own[-1] and max(own) == own[0])
    for claim in fusion_claims(problem, measured)[1:]:
        assert not claim.holds or "faster" in claim.measured


@given(st.lists(st.floats(1e8, 1e11) | st.floats(1e9, 1.2e9), min_size=3, max_size=8))
def test_a_curve_that_dips_neither_rises_nor_falls(rates: list[float]) -> None:
    points = [
        records.measurement("compiled_tiled", rate, size=1024, parameters={"block": 8 * 2**i})
        for i, rate in enumerate(rates)
    ]
    said = sweep_reading(JOB, points, "block")
    first, last = points[0].flop_per_s, points[-1].flop_per_s
    least, most = (end(m.flop_per_s for m in points) for end in (min, max))
    ends = {"gets faster": (first, last), "gets slower": (last, first)}
    for word, (low, high) in ends.items():
        if f" {word} " in said:
            assert low < high / FLAT and low / least < FLAT and most / high < FLAT
    assert ("is equally fast throughout" in said) == (most / least < FLAT)
    kinds = (" gets faster ", " gets slower ", " is equally fast throughout", " is fastest ")
    assert sum(kind in said for kind in kinds) == 1


def test_two_points_are_a_sweep_of_threads_only() -> None:
    blocks = [records.measurement("compiled_tiled", 1e9 * i, parameters={"block": 8 * i}) for i in (1, 2)]
    assert "Fewer than three points" in sweep_reading(JOB, blocks, "block")
    threads = [records.measurement("compiled_tiled", 1e9 * i, threads=i) for i in (1, 2)]
    assert "gets faster up to 2 threads: 2.00 GFLOP/s" in sweep_reading(JOB, threads, "threads")


@given(GAINS)
def test_a_ladder_of_two_compares_them_in_good_order(gain: float) -> None:
    pair = [records.measurement("compiled_ijk", 1e9), records.measurement("compiled_tiled", gain * 1e9)]
    said, ratio = ladder_reading(JOB, pair), pair[1].flop_per_s / pair[0].flop_per_s
    assert "as fast than" not in said and ("faster than" in said or "as fast as" in said)
    assert ("None of the measured changes" in said) == (ratio <= 1 + EVEN)
    assert ("largest single step" in said) == (ratio > 1 + EVEN)


@pytest.mark.parametrize(("rate", "said"), [(1e9, "no roof holds it back"), (200e9, "lies above its roof")])
def test_a_roof_limits_only_what_is_near_it(rate: float, said: str) -> None:
    points = [records.measurement("numpy", rate)]
    assert said in roofline_reading(MACHINE, records.peaks().ceilings, points, workloads=[JOB])


def test_nobody_overtakes_where_the_samples_cannot_tell() -> None:
    def race(n: int, numpy_s: float, tie: bool) -> Race:
        times = {"numpy": Estimate(numpy_s, None, None, 9), "compiled": Estimate(1.0, None, None, 9)}
        margin = max(numpy_s, 1) / min(numpy_s, 1)
        return Race((1, n, n, n), times, Estimate(margin, 0.9 if tie else margin, margin * 1.1, 9))

    clear = {"C": [race(2, 0.5, False), race(8, 1.02, False)]}
    assert "from 8 on compiled" in crossover_reading("matmul", clear)
    tied = {"C": [race(2, 0.5, False), race(8, 1.02, True)]}
    said = crossover_reading("matmul", tied)
    assert "nobody overtakes" in said and "at 2: even" in said
