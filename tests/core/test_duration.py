"""How long a case will take: by records, by the registry, and by this core's pace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from figure_records import ENVIRONMENT
from test_bench import FakeTime

from accel_core import registry
from accel_core.bench import Clocks
from accel_core.bench.duration import Experience, case_of
from accel_core.bench.pace import LOOPS as RULER
from accel_core.bench.pace import SORT_S, TRIES, measure_pace
from accel_core.bench.smaller import stand_in
from accel_core.model import Case, Estimate, Measurement
from accel_core.model.pace import Pace

LOOPS = Case("matmul/python_loops", 128, shape=(128, 128, 128))
FAST = Case("matmul/numpy", 512, shape=(512, 512, 512))
LIMIT_S = 10.0


def record(case: Case, call_s: float, n: int = 40, spread: float = 0.01, **changes: Any) -> Measurement:
    """What `case` left on record: `n` samples, of which the interval reaches `spread` to either side."""
    workload, _ = registry.kernel(case.kernel)
    interval = (call_s * (1 - spread), call_s * (1 + spread)) if n >= 6 else (None, None)
    plain: dict[str, Any] = {
        "workload": workload.name,
        "kernel": case.kernel,
        "size": case.size,
        "shape": case.shape or workload.shape(case.size),
        "dtype": case.dtype,
        "threads": case.threads,
        "parameters": case.parameters,
        "time_s": Estimate(call_s, *interval, n),
        "samples_s": (call_s,) * n,
        "repetitions": 1,
        "stopped": "interval",
        "flop": workload.flop(case.shape or workload.shape(case.size)),
        "least_bytes": 1,
        "peak_alloc_bytes": None,
        "compile_s": 0.0,
        "verified": True,
        "max_relative_error": 0.0,
        "cpu_s": n * call_s,
        "wall_s": n * call_s,
        "steal_fraction": None,
        "disturbed": False,
        "disturbed_reason": "",
        "fingerprint": "f",
        "environment": ENVIRONMENT,
        "created": "2026-05-04T10:00:00+00:00",
        "id": "1",
    }
    return Measurement(**{**plain, **changes})


def test_a_case_on_record_is_expected_to_take_what_it_took() -> None:
    took = record(FAST, 0.01, n=50, took_s=0.9, compile_s=0.2)  # 0.5 s of samples
    expected_s = Experience([took]).case_s(FAST, 1.0, LIMIT_S)
    assert expected_s == pytest.approx(0.9 - 0.2 + 0.3, abs=0.01)  # and half a call


def test_of_several_records_the_median_of_the_newest_three_counts() -> None:
    seen = [record(FAST, call_s) for call_s in (0.010, 0.050, 0.011, 1.0, 1.0)]
    assert Experience(seen).call_s(FAST) == pytest.approx(0.011)


def test_a_call_longer_than_the_budget_is_its_own_only_sample() -> None:
    took = record(LOOPS, 3.0, n=1, took_s=3.2)
    assert Experience([took]).case_s(LOOPS, 1.0, LIMIT_S) == pytest.approx(3.2)
    longer = Experience([took]).case_s(LOOPS, 5.0, LIMIT_S)  # now it is called to be checked, and then sampled
    assert longer == pytest.approx(0.2 + 3.0 + 5.0 + 1.5)


def test_another_size_is_expected_from_the_nearest_record_by_what_is_predicted() -> None:
    seen = [record(replace(LOOPS, size=n, shape=(n, n, n)), call_s) for n, call_s in ((64, 0.5), (16, 9.9))]
    assert Experience(seen).call_s(LOOPS) == pytest.approx(8 * 0.5)


def test_what_one_interpreted_rung_shows_holds_for_the_others_and_not_for_compiled_ones() -> None:
    slow = record(LOOPS, 3 * registry.predicted_s(LOOPS))
    known, other = Experience([slow]), Case("softmax/python_loops", 100)
    assert known.call_s(other) == pytest.approx(3 * registry.predicted_s(other))
    assert known.call_s(FAST) == pytest.approx(registry.predicted_s(FAST))


@pytest.mark.parametrize(("case", "pace"), [(LOOPS, 2.0), (FAST, 1.5)], ids=["interpreted", "compiled"])
def test_without_a_record_the_registry_speaks_at_the_pace_of_this_core(case: Case, pace: float) -> None:
    told_s = Experience(core_pace=Pace(2.0, 1.5)).call_s(case)
    assert told_s == pytest.approx(pace * registry.predicted_s(case))


def test_samples_take_four_fifths_of_their_budget_and_of_the_rest_as_much_as_records_used() -> None:
    def sampling_s(*stopped: str, call_s: float = 1e-5) -> float:
        others = [record(replace(FAST, kernel="matmul/packed"), 0.01, stopped=one) for one in stopped]
        return Experience([record(FAST, call_s, n=3), *others]).sampling_s(FAST, 2.0)

    def known_s(budget_s: float) -> float:
        return Experience([record(FAST, 1e-5, n=3)]).sampling_s(FAST, budget_s)

    assert sampling_s("interval", "interval") == pytest.approx(1.6, rel=1e-3)
    assert sampling_s("interval", "budget") == pytest.approx(1.8, rel=1e-3)
    assert sampling_s("budget", "budget") == pytest.approx(2.0, rel=1e-3)
    assert sampling_s() == pytest.approx(1.8, rel=1e-3)  # nothing is known
    assert sampling_s("interval", call_s=0.3) == pytest.approx(6 * 0.3 + 0.3 / 2)  # for an interval
    assert known_s(600.0) == pytest.approx(10_000 * 1e-3, rel=0.1)  # there are no more samples
    assert sampling_s("interval", call_s=0.9) == pytest.approx(2.0 + 0.9 / 2)


def test_the_interpreter_s_share_of_a_call_keeps_its_own_pace() -> None:
    tiles = Case("matmul/numpy_tiled", 512, parameters={"block": 64}, shape=(512, 512, 512))
    small = replace(tiles, parameters={"block": 4})
    waits_s = registry.interpreter_s(tiles)
    seen = record(tiles, waits_s + 0.2 * (registry.predicted_s(tiles) - waits_s))  # a fast library
    assert Experience([seen]).call_s(small) == pytest.approx(registry.predicted_s(small), rel=0.01)


def test_a_case_refused_for_its_time_takes_what_its_stand_in_takes() -> None:
    large = Case("matmul/python_loops", 1024)
    assert registry.predicted_s(large) > LIMIT_S
    smaller = stand_in(large, 1.0)
    assert smaller is not None
    known = Experience()
    assert known.case_s(large, 1.0, LIMIT_S) == pytest.approx(known.case_s(smaller, 1.0, LIMIT_S))
    assert known.case_s(large, 1.0, LIMIT_S) < 10 < registry.predicted_s(large)


def test_inputs_and_reference_take_another_rung_as_long_as_they_took_one() -> None:
    gelu = Case("gelu/in_place", 4000, shape=(4000, 4000))
    seen = record(gelu, 0.05, n=10, took_s=0.5 + 0.05 + 1.7)
    other = Experience([seen]).around_s(replace(gelu, kernel="gelu/fused"), 1.0)
    assert 1.7 < other < 2.0
    small = record(Case("matmul/packed", 64, shape=(64, 64, 64)), 1e-4, n=100, took_s=0.11)  # the fixed part
    assert Experience([seen, small]).around_s(Case("gelu/fused", 2000), 1.0) == pytest.approx(
        0.1 + 1.6 / 4, rel=0.1
    )


def test_a_record_from_before_durations_were_kept_still_tells_the_call() -> None:
    old = record(LOOPS, 2.0, n=1)
    assert old.took_s is None
    stripped = {name: value for name, value in old.to_dict().items() if name != "took_s"}
    again = Measurement.from_dict(stripped)
    assert again == old
    assert Experience([again]).call_s(case_of(again)) == 2.0
    assert Experience([again]).case_s(LOOPS, 1.0, LIMIT_S) == pytest.approx(2.0, rel=0.1)


def test_a_comparison_shares_its_inputs_and_waits_for_threads() -> None:
    pair, known = (FAST, replace(FAST, kernel="matmul/packed")), Experience()
    alone = sum(known.case_s(case, 1.0, LIMIT_S) for case in pair)
    assert known.pair_s(pair, 1.0, LIMIT_S) < alone
    threaded = [replace(case, threads=2) for case in pair]
    assert known.pair_s(threaded, 1.0, LIMIT_S) > 2.0


def test_a_rung_that_is_no_more_is_no_reason_to_fail() -> None:
    gone = replace(record(FAST, 0.01), kernel="matmul/gone")
    assert Experience([gone]).call_s(FAST) == pytest.approx(registry.predicted_s(FAST))


def test_every_button_s_case_has_a_duration_at_every_size() -> None:
    known = Experience()
    for workload in registry.WORKLOADS:
        for kernel in workload.kernels:
            for size in workload.sizes:
                took_s = known.case_s(Case(kernel.id, size), 1.0, LIMIT_S)
                assert 0 <= took_s < 100, (kernel.name, size)


def test_the_pace_is_how_many_times_as_long_as_predicted_the_rulers_take() -> None:
    time = FakeTime()
    sorts = (1.5 * SORT_S,) * TRIES
    calls = iter([9.0, *(2 * registry.predicted_s(RULER),) * (TRIES - 1), *sorts])
    readings = iter(range(1000))
    now_s = [0.0]

    def wall() -> float:  # every second reading ends a call
        if next(readings) % 2:
            now_s[0] += next(calls)
        return now_s[0]

    clocks = Clocks(wall, time.clocks().cpu, time.clocks().host)
    assert measure_pace(clocks) == pytest.approx((2.0, 1.5))
