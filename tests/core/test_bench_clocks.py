"""Who disturbed a measurement, from what the counters say, and what is no disturbance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accel_core.bench.clocks import Span
from accel_core.machine import CpuTimes

ONE = Span(
    wall_s=10.0, cpu_s=10.0, steal_fraction=0.0, waited_fraction=0.0, throttled_s=0.0, switches=0, processors=4
)


def reason(threads: int = 1, **changes: Any) -> str:
    return replace(ONE, **changes).disturbed_reason(threads)


def note(threads: int = 1, **changes: Any) -> str:
    return replace(ONE, **changes).waiting(threads)


def test_threads_that_wait_for_one_another_are_no_disturbance_and_are_said_to_wait() -> None:
    team = {"cpu_s": 0.62 * 10 * 16, "processors": 16}
    assert reason(16, **team) == ""
    assert note(16, **team) == "16 threads worked 0.62 of the time: the rest is waiting for one another."


@pytest.mark.parametrize(("waited", "disturbed"), [(0.02, False), (0.04, True)])
@pytest.mark.parametrize("threads", [1, 4])
def test_a_thread_that_was_ready_and_had_no_processor_was_disturbed(
    waited: float, disturbed: bool, threads: int
) -> None:
    said = reason(threads, waited_fraction=waited, cpu_s=9.6 * threads, processors=8)
    assert ("something else was running" in said.lower()) is disturbed
    assert ("4.0 %" in said) is disturbed


def test_more_threads_than_processors_wait_for_one_another_and_not_for_somebody_else() -> None:
    crowd = {"waited_fraction": 0.5, "cpu_s": 20.0, "processors": 2}
    assert reason(4, **crowd) == ""
    assert "4 threads worked 0.50 of the time" in note(4, **crowd)
    assert "Something else" in reason(4, **{**crowd, "cpu_s": 18.0})


def test_a_quota_is_named_as_what_throttles() -> None:
    said = reason(cpu_s=5.1, waited_fraction=0.48, throttled_s=4.9)
    assert "quota throttled it" in said and "49 %" in said and "running" not in said
    assert "24 %" in reason(2, cpu_s=15.0, throttled_s=4.8)  # summed over processors


def test_a_quota_that_stops_between_samples_is_named_too() -> None:
    """A thread may be stopped on its way back from the kernel, as from reading the clock (seen: Linux 6.18)."""
    assert "quota throttled it" in reason(waited_fraction=0.48, throttled_s=4.9, processors=1)


def test_a_quota_that_stopped_others_of_the_group_is_not_ours() -> None:
    assert reason(throttled_s=7.0) == ""


def test_stolen_time_comes_before_what_follows_from_it() -> None:
    assert "steal time" in reason(steal_fraction=0.2, waited_fraction=0.2, cpu_s=8.0)


@pytest.mark.parametrize(
    ("first", "then", "absent", "span"),
    [
        (
            "A quota throttled it: its control group was kept from the processors for 50 %",
            "; the hypervisor gave 2.0 %",
            "omething else",
            {"steal_fraction": 0.02, "cpu_s": 5.0, "throttled_s": 5.0, "waited_fraction": 0.5},
        ),
        (
            "The hypervisor gave 40 %",
            "; a quota throttled it: its control group was kept from the processors for 3.0 %",
            "omething else",
            {"steal_fraction": 0.4, "cpu_s": 5.7, "throttled_s": 0.3, "waited_fraction": 0.03},
        ),
        (
            "Something else was running: it was ready to run and had no processor for 40 %",
            "; the hypervisor gave 2.0 %",
            "quota",
            {"steal_fraction": 0.02, "cpu_s": 5.8, "waited_fraction": 0.4},
        ),
        (
            "Something else was running: it was ready to run and had no processor for 40 %",
            "; a quota throttled it: its control group was kept from the processors for 4.0 %",
            "hypervisor",
            {"cpu_s": 6.0, "throttled_s": 0.4, "waited_fraction": 0.4},
        ),
        (
            "It had a processor for only 60 %",
            "; the hypervisor gave 2.0 %",
            "quota",
            {"steal_fraction": 0.02, "cpu_s": 6.0, "waited_fraction": None, "switches": 100},
        ),
    ],
)
def test_the_greatest_cause_comes_first_and_the_others_follow_in_the_same_sentence(
    first: str, then: str, absent: str, span: dict[str, Any]
) -> None:
    said = reason(**span)
    assert said.startswith(first) and then in said and absent not in said
    assert said.endswith(".") and said.count(". ") == 0


def test_a_team_that_a_quota_stops_unevenly_was_not_kept_waiting_by_somebody_else() -> None:
    stopped = reason(4, cpu_s=32.0, throttled_s=8.0, waited_fraction=0.3)
    assert "quota throttled it" in stopped and "omething else" not in stopped


def test_three_causes_stay_one_sentence() -> None:
    said = reason(steal_fraction=0.1, throttled_s=2.0, waited_fraction=0.7, cpu_s=3.0)
    parts = ["Something else was running", "; a quota throttled it", "; the hypervisor gave 10 %"]
    places = [said.index(part) for part in parts]
    assert places == sorted(places) and said.count(".") == said.count(". ") + 1


def test_a_thread_that_slept_is_said_to_have_slept() -> None:
    assert reason(cpu_s=4.0) == ""
    assert note(cpu_s=4.0) == (
        "The thread worked 0.40 of the time: the rest it slept, and nobody took its processor."
    )
    assert note() == ""
    assert "slept, or had no processor" in note(cpu_s=4.0, steal_fraction=None)


def test_what_others_took_below_the_mark_is_not_said_to_be_sleep() -> None:
    assert note(cpu_s=9.65, waited_fraction=0.025, steal_fraction=0.008) == ""


def test_what_disturbs_is_not_said_twice() -> None:
    assert note(cpu_s=5.0, waited_fraction=0.5) == ""


# -- systems that do not count the time waited -----------------------------------------------------------------


@pytest.mark.parametrize(("switches", "disturbed"), [(0, False), (10, False), (200, True)])
@pytest.mark.parametrize("threads", [1, 4])
def test_elsewhere_lost_time_is_somebody_elses_as_far_as_lost_processors_explain_it(
    switches: int, disturbed: bool, threads: int
) -> None:
    said = reason(threads, waited_fraction=None, cpu_s=6.2 * threads, switches=switches, processors=0)
    assert ("something else was running" in said) is disturbed
    assert ("62 %" in said) is disturbed


def test_a_switch_that_cost_nothing_is_no_disturbance() -> None:
    assert reason(waited_fraction=None, cpu_s=9.9, switches=10_000) == ""


def test_where_nothing_is_counted_one_thread_is_judged_by_its_cpu_time_and_a_team_is_not() -> None:
    silent = {"waited_fraction": None, "switches": None, "throttled_s": None}
    assert "something else was running" in reason(cpu_s=9.6, **silent)
    assert reason(2, cpu_s=12.0, **silent) == ""
    assert "for one another or for a processor" in note(2, cpu_s=12.0, **silent)


def test_no_time_is_no_disturbance() -> None:
    nothing = Span(0.0, 0.0, None)
    assert nothing.disturbed_reason(2) == nothing.waiting(2) == ""


# -- from counters to a span --------------------------------------------------------------------------------


def counters(**changes: Any) -> CpuTimes:
    return replace(CpuTimes(100.0, 50.0, 1.0, 5.0, 2), **changes)


def test_a_span_is_what_the_counters_grew_by() -> None:
    before = counters(threads={1: (5.0, 0.0)}, throttled_s={"/a": 1.0, "/": 3.0}, switches=7)
    after = counters(
        total_s=104.0,
        steal_s=1.2,
        threads={1: (8.0, 1.0)},
        throttled_s={"/a": 1.5, "/": 3.1},
        switches=9,
    )
    span = Span.between(before, after, 3.5, 3.0, threads=1)
    assert span == Span(3.5, 3.0, pytest.approx(0.05), pytest.approx(0.25), pytest.approx(0.5), 2, 2)


def test_what_is_not_counted_is_unknown() -> None:
    assert Span.between(counters(), counters(steal_s=None), 1.0, 1.0, 1) == Span(1.0, 1.0, None, processors=2)


def test_two_spans_are_joined() -> None:
    joined = ONE.joined(replace(ONE, steal_fraction=0.3, waited_fraction=0.1, switches=4, throttled_s=None))
    assert joined == Span(20.0, 20.0, 0.3, 0.1, None, 4, 4)
    assert ONE.joined(Span(1.0, 1.0, None)).steal_fraction == 0.0
