"""Ladders and comparisons on a clock that only moves when a kernel works."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_bench import MACHINE, FakeTime, Listed, a_kernel, add, listed, off_by_one_entry

from accel_core.bench import compare, run_cases
from accel_core.bench.clocks import Clocks, Span
from accel_core.bench.comparing import MOST_PAUSES, settle, take_turns, undisturbed
from accel_core.bench.levels import Levels
from accel_core.bench.measuring import Ready
from accel_core.bench.sentinel import Lookout, Reading
from accel_core.bench.smaller import smaller_sizes
from accel_core.errors import BadInput
from accel_core.machine import CpuTimes
from accel_core.model import Case, Comparison, Measurement, Refusal

__all__ = ["listed"]  # the fixture


def test_cases_run_in_order_and_tell_of_each_step_and_result(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    events: list[dict[str, Any]] = []
    results = run_cases(
        [Case("sum/one", 64), Case("sum/two", 32)],
        MACHINE,
        budget_s=1.0,
        emit=events.append,
        clocks=time.clocks(),
    )
    assert [(e["event"], e.get("name"), e.get("done"), e.get("total")) for e in events] == [
        ("step", "sum/one N=64", 0, 2),
        ("result", None, None, None),
        ("step", "sum/two N=32", 1, 2),
        ("result", None, None, None),
    ]
    first_s, second_s = (e["expected_s"] for e in events if e["event"] == "step")
    assert first_s > second_s > 0
    emitted = [Measurement.from_dict(e["data"]) for e in events if e["event"] == "result"]
    assert emitted == results and events[1]["type"] == "measurement"


def test_bad_input_stops_a_job_before_anything_runs(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "one"))
    with pytest.raises(BadInput):
        run_cases([Case("sum/one", 64), Case("sum/one", 0)], MACHINE, clocks=time.clocks())
    assert time.shapes == []


def test_a_wrong_kernel_is_refused_with_a_warning_and_the_others_go_on(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "wrong", off_by_one_entry), a_kernel(time, "right"))
    events: list[dict[str, Any]] = []
    wrong, right = run_cases(
        [Case("sum/wrong", 64), Case("sum/right", 64)], MACHINE, emit=events.append, clocks=time.clocks()
    )
    assert isinstance(wrong, Refusal) and isinstance(right, Measurement)
    assert wrong.reason.startswith("sum/wrong gives a wrong result") and wrong.extrapolated_s is None
    assert wrong.fault and Refusal.from_dict(wrong.to_dict()) == wrong
    assert [e["message"] for e in events if e["event"] == "warning"] == [wrong.reason]


def test_a_case_that_takes_too_long_is_extrapolated_by_work_from_a_smaller_one(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: shape[0] * shape[1] * 1e-6)
    listed(a_kernel(time, typical_flop_per_s=1e3))
    (refused,) = run_cases(
        [Case("sum/plain", 1000)], MACHINE, budget_s=10.0, limit_s=10.0, clocks=time.clocks()
    )
    assert isinstance(refused, Refusal) and refused.reason
    assert refused.extrapolated_from == 48  # 48 x 48 is predicted to take 2.3 s, 64 x 64 would take 4.1 s
    assert refused.extrapolated_s == pytest.approx(1.0)  # a million elements at a microsecond
    assert max(time.shapes) == (48, 48)
    assert Refusal.from_dict(refused.to_dict()) == refused


def test_a_case_that_lacks_an_instruction_is_refused_without_a_guess(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, needs=("avx512f",)))
    (refused,) = run_cases([Case("sum/plain", 64)], MACHINE, clocks=time.clocks())
    assert isinstance(refused, Refusal) and "avx512f" in refused.reason
    assert refused.extrapolated_s is None and time.shapes == []


def test_a_case_that_lacks_memory_is_refused_without_a_guess(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time))
    small = replace(MACHINE, memory_bytes=150_000)  # enough for size 48, not for 64
    (refused,) = run_cases([Case("sum/plain", 64)], small, clocks=time.clocks())
    assert isinstance(refused, Refusal) and "memory" in refused.reason
    assert refused.extrapolated_s is None and time.shapes == [] and not refused.fault


def test_too_little_memory_refuses_that_case_alone(listed: Listed) -> None:
    def starve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        raise MemoryError

    time = FakeTime()
    listed(a_kernel(time, "hungry", starve), a_kernel(time, "right"))
    hungry, right = run_cases([Case("sum/hungry", 64), Case("sum/right", 64)], MACHINE, clocks=time.clocks())
    assert isinstance(hungry, Refusal) and "memory" in hungry.reason and isinstance(right, Measurement)
    assert hungry.fault


@given(st.integers(0, 10_000))
def test_smaller_sizes_fall_in_half_steps_down_to_one(size: int) -> None:
    sizes = list(smaller_sizes(size))
    assert sizes == sorted(set(sizes), reverse=True) and all(0 < s < size for s in sizes)
    assert size <= 1 or sizes[-1] == 1
    assert all(larger <= 2 * smaller for larger, smaller in pairwise(sizes))


# -- compare -------------------------------------------------------------------------------------------------


def test_a_comparison_takes_turns_on_the_same_inputs(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 1e-2)
    calls: list[tuple[str, bytes]] = []

    def noting(name: str) -> Any:
        def answer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            if a.shape == (64, 64):
                calls.append((name, a.tobytes()))
            return add(a, b)

        return answer

    listed(a_kernel(time, "one", noting("a")), a_kernel(time, "two", noting("b")))
    (result,) = compare([(Case("sum/one", 64), Case("sum/two", 64))], MACHINE, clocks=time.clocks())
    assert isinstance(result, Comparison)
    order = "".join(name for name, _ in calls)
    assert order.startswith("ab" + "abba" * 3)  # the two checked calls, then turns
    assert len({inputs for _, inputs in calls}) == 1


class Spinning:
    """Clocks of a process whose threads spin for some pauses after each call."""

    def __init__(self, pauses: int) -> None:
        self.now_s = self.cpu_s = 0.0
        self.pauses, self.left, self.slept = pauses, 0, 0

    def call(self) -> None:
        self.now_s, self.cpu_s, self.left = self.now_s + 0.02, self.cpu_s + 0.04, self.pauses

    def sleep(self, pause_s: float) -> None:
        self.slept += 1
        self.now_s += pause_s
        self.cpu_s += pause_s if self.left > 0 else 0.0
        self.left -= 1

    def clocks(self) -> Clocks:
        host = CpuTimes(0.0, 0.0, 0.0, 0.0, 1)
        return Clocks(lambda: self.now_s, lambda: self.cpu_s, lambda: host, self.sleep)


def test_a_comparison_waits_until_spinning_threads_are_still() -> None:
    spinning = Spinning(7)
    spinning.call()
    settle(spinning.clocks())
    assert spinning.slept == 8
    endless = Spinning(10**9)
    endless.call()
    settle(endless.clocks())
    assert endless.slept == MOST_PAUSES


@pytest.mark.parametrize(("threads", "uncounted"), [(1, 0), (2, 1)])
def test_a_turn_on_several_threads_begins_with_a_call_that_does_not_count(threads: int, uncounted: int) -> None:
    spinning = Spinning(3)
    made: list[str] = []

    def ready(name: str) -> Ready:
        def call() -> None:
            made.append(name)
            spinning.call()

        return Ready(call, 0.0, 0.0, Span(0.02, 0.04, 0.0))

    turns = take_turns(ready("a"), ready("b"), 1.0, spinning.clocks(), threads)
    assert all(times == pytest.approx((0.02, 0.02)) for times in turns.times_s)
    a, b = "a" * (1 + uncounted), "b" * (1 + uncounted)
    assert "".join(made).endswith((a + b + b + a, b + a + a + b))
    assert (spinning.slept > 0) == (threads > 1)


def test_pairs_that_agree_go_on_for_four_fifths_of_the_time() -> None:
    time = FakeTime(lambda shape, call: 1e-2)
    ready = Ready(lambda: time.work(()), 0.0, 0.0, Span(0.01, 0.01, 0.0))
    start_s = time.now_s
    take_turns(ready, ready, 4.0, time.clocks())
    assert 3.2 <= time.now_s - start_s < 3.5


def test_the_ratio_is_speed_of_a_over_speed_of_b(listed: Listed) -> None:
    quick, slow = FakeTime(lambda shape, call: 1e-2), FakeTime(lambda shape, call: 3e-2)
    slow.work = lambda shape: [quick.work(shape) for _ in range(3)]  # type: ignore[method-assign, assignment]
    listed(a_kernel(quick, "quick"), a_kernel(slow, "slow"))
    events: list[dict[str, Any]] = []
    pair = (Case("sum/quick", 64), Case("sum/slow", 64))
    (result,) = compare([pair], MACHINE, emit=events.append, clocks=quick.clocks())
    assert isinstance(result, Comparison)
    assert result.ratio.median == pytest.approx(3.0) and result.ratio.low == pytest.approx(3.0)
    assert (result.time_s_a, result.time_s_b) == (pytest.approx(0.01), pytest.approx(0.03))
    assert (result.a, result.b, result.disturbed) == ("sum/quick", "sum/slow", False)
    assert [e["event"] for e in events] == ["step", "result"]
    assert Comparison.from_dict(events[1]["data"]) == result


def test_calls_longer_than_the_budget_are_one_pair(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 3.0 if shape == (64, 64) else 1e-3)
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    (result,) = compare(
        [(Case("sum/one", 64), Case("sum/two", 64))], MACHINE, budget_s=2.0, clocks=time.clocks()
    )
    assert isinstance(result, Comparison) and result.ratio.n == 1 and result.ratio.low is None
    assert time.shapes.count((64, 64)) == 2


def test_a_comparison_is_disturbed_where_its_core_was_lost(listed: Listed) -> None:
    time = FakeTime(cpu_share=0.5)
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    (result,) = compare([(Case("sum/one", 64), Case("sum/two", 64))], MACHINE, clocks=time.clocks())
    assert isinstance(result, Comparison) and result.disturbed
    assert "something else was running" in result.disturbed_reason


@pytest.mark.parametrize(
    ("crowded", "kept"),
    [
        (set(), [0, 1, 2, 3, 4, 5, 6, 7]),
        ({3}, [0, 1, 2, 5, 6, 7]),  # before pairs 3 and 4, after pair 2's end and pair 3
        ({2, 3}, [0, 1, 2, 3, 4, 5, 6, 7]),  # too few would be left
    ],
)
def test_pairs_beside_a_look_that_saw_a_neighbour_are_left_out(crowded: set[int], kept: list[int]) -> None:
    times = [(float(1 + pair), 1.0) for pair in range(8)]
    looked = [1, 1, 2, 3, 4, 5, 5, 5]
    assert undisturbed(times, looked, crowded) == [times[pair] for pair in kept]


class Neighboured(FakeTime):
    """A clock and a sentinel, on a machine to which a neighbour comes from one moment to another."""

    def __init__(self, comes_s: float, goes_s: float) -> None:
        super().__init__(lambda shape, call: 0.02)
        self.comes_s, self.goes_s = comes_s, goes_s

    def there(self) -> bool:
        return self.comes_s <= self.now_s - 100.0 < self.goes_s

    def clocks(self) -> Clocks:
        levels = Levels(None)
        levels.add("core", 0.25)
        probe = lambda: Reading(0.35 if self.there() else 0.25, 4e-10)  # noqa: E731
        return replace(super().clocks(), lookout=Lookout(probe, levels, "core", lambda: self.now_s))


def compared(time: Neighboured, listed: Listed) -> Comparison:
    """`two` takes twice as long as `one`, and three times beside a neighbour."""
    slow = FakeTime()
    slow.work = lambda shape: [time.work(shape) for _ in range(3 if time.there() else 2)]  # type: ignore[method-assign, assignment]
    listed(a_kernel(time, "one"), a_kernel(slow, "two"))
    pair = (Case("sum/one", 64), Case("sum/two", 64))
    (result,) = compare([pair], MACHINE, budget_s=1.0, clocks=time.clocks())
    assert isinstance(result, Comparison)
    return result


def test_a_neighbour_that_comes_and_goes_does_not_change_the_ratio(listed: Listed) -> None:
    result = compared(Neighboured(0.0, 1.2), listed)
    assert result.left_out > 6 and not result.disturbed
    assert (result.ratio.low, result.ratio.high) == (pytest.approx(2.0), pytest.approx(2.0))
    assert Comparison.from_dict(result.to_dict()) == result


def test_calls_that_outlast_the_budget_are_marked_where_somebody_shared_the_core(listed: Listed) -> None:
    time = Neighboured(0.0, 1e9)
    time.cost_s = lambda shape, call: 3.0 if shape == (64, 64) else 1e-3
    assert "additions took 40 % longer" in compared(time, listed).disturbed_reason


def test_a_comparison_beside_a_neighbour_that_stays_is_marked_with_the_figure(listed: Listed) -> None:
    result = compared(Neighboured(0.0, 1e9), listed)
    assert result.left_out == 0 and result.ratio.median == pytest.approx(3.0)
    assert result.disturbed and "additions took 40 % longer" in result.disturbed_reason


def test_what_is_compiled_at_the_measured_size_only_is_no_sample(listed: Listed) -> None:
    """A kernel may go another way where its arrays are large, and is compiled for it by the checked call."""
    time = FakeTime(lambda shape, call: 1e-3)
    went: list[Any] = []

    def answer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if a.shape == (64, 64) and not went:
            went.append(numba.njit(lambda x: x + 1)(1))
            time.now_s, time.cpu_s = time.now_s + 3.0, time.cpu_s + 3.0
        return add(a, b)

    listed(a_kernel(time, "one", answer))
    (result,) = run_cases([Case("sum/one", 64)], MACHINE, budget_s=2.0, clocks=time.clocks())
    assert isinstance(result, Measurement) and went
    assert result.time_s.median == pytest.approx(1e-3) and result.time_s.n > 1
    assert result.compile_s == pytest.approx(3.0)


def test_two_problems_cannot_be_compared(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    with pytest.raises(BadInput, match="not the same problem"):
        compare([(Case("sum/one", 64), Case("sum/two", 32))], MACHINE, clocks=time.clocks())
    assert time.shapes == []


def test_a_wrong_kernel_is_not_compared(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "right"), a_kernel(time, "wrong", off_by_one_entry))
    (result,) = compare([(Case("sum/right", 64), Case("sum/wrong", 64))], MACHINE, clocks=time.clocks())
    assert isinstance(result, Refusal) and result.case.kernel == "sum/wrong" and result.fault


def test_a_kernel_that_cannot_run_is_not_compared(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "one"), a_kernel(time, "two", needs=("avx512f",)))
    (result,) = compare([(Case("sum/one", 64), Case("sum/two", 64))], MACHINE, clocks=time.clocks())
    assert isinstance(result, Refusal) and result.case.kernel == "sum/two" and time.shapes == []
