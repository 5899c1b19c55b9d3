"""Records say when each sample began, and of which result they are."""

from __future__ import annotations

import numpy as np
import pytest
from test_bench import MACHINE, FakeTime, Listed, a_kernel, listed

from accel_core.bench import compare, run_in_turns
from accel_core.bench.measuring import measure
from accel_core.bench.verify import DIGESTED_BYTES, digest
from accel_core.homework.shared import nanoseconds, starts
from accel_core.model import Case, Comparison, Measurement
from accel_core.model.packed import unpacked
from accel_core.stats import ratio_interval

__all__ = ["listed"]  # the fixture


def test_a_sample_begins_where_the_gap_after_the_one_before_it_ends(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 2e-3 if call % 2 else 3e-3)
    listed(a_kernel(time))
    found = measure(Case("sum/plain", 64), MACHINE, budget_s=0.1, clocks=time.clocks())
    began, took = starts(found), nanoseconds(found)
    assert found.start_ns is not None and len(began) == len(took) == len(found.samples_s) > 6
    assert {2_000_000, 3_000_000} == set(took)
    assert all(b - a == ns for a, b, ns in zip(began, began[1:], took, strict=False))  # the clock stands still


def test_a_call_that_outlasts_its_budget_says_when_it_began(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 1.0)
    listed(a_kernel(time))
    found = measure(Case("sum/plain", 64), MACHINE, budget_s=0.5, clocks=time.clocks())
    assert len(found.samples_s) == 1 and found.start_ns is not None and found.start_ns > 0


def test_cases_in_turns_have_starts_that_alternate(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 2e-3)
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    found = run_in_turns(
        [Case("sum/one", 64), Case("sum/two", 64)], MACHINE, budget_s=0.05, clocks=time.clocks()
    )
    one, two = (starts(m) for m in found if isinstance(m, Measurement))
    assert len(one) > 6 and len(set(one) | set(two)) == len(one) + len(two)


def test_a_comparison_keeps_the_samples_that_its_ratio_is_made_of(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 2e-3 + 1e-4 * (call % 5))
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    (found,) = compare(
        [(Case("sum/one", 64), Case("sum/two", 64))], MACHINE, budget_s=0.1, clocks=time.clocks()
    )
    assert isinstance(found, Comparison) and Comparison.from_dict(found.to_dict()) == found
    a, b = ([ns * 1e-9 / one.repetitions for ns in unpacked(one.samples)] for one in found.series)
    again = ratio_interval(list(zip(a, b, strict=True)))
    assert (again.median, again.n) == (pytest.approx(found.ratio.median), found.ratio.n)
    assert all(gap > 0 for one in found.series for gap in unpacked(one.starts))


def test_a_digest_is_of_what_a_result_begins_with() -> None:
    ones = np.ones(8, np.float32)
    other = ones.copy()
    other[7] = np.nextafter(np.float32(1), np.float32(2))
    assert digest(ones) == digest(ones.copy()) != digest(other)
    long = np.zeros(DIGESTED_BYTES // 4 + 1, np.float32)
    assert digest(long) == digest(long[:-1]) and len(digest(2.5)) == 16
