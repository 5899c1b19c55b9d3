"""Cases in turns: one round after another, on the same inputs, with a record of each."""

from __future__ import annotations

from typing import Any

import pytest
from test_bench import MACHINE, FakeTime, Listed, a_kernel, listed, off_by_one_entry

from accel_core.bench import run_in_turns, turns
from accel_core.errors import BadInput
from accel_core.model import Case, Measurement, Refusal

__all__ = ["listed"]  # the fixture
ONE, TWO, WRONG = (Case(f"sum/{name}", 64) for name in ("one", "two", "wrong"))


def names_in_order(listed: Listed, time: FakeTime, *names: str) -> list[str]:
    """Put rungs on the list that say who was called."""
    order: list[str] = []

    def adding(name: str) -> Any:
        return lambda a, b: (order.append(name), a + b)[1]

    listed(*(a_kernel(time, name, adding(name)) for name in names))
    return order


def test_all_take_turns_and_who_is_first_moves_on(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 0.02 if shape == (64, 64) else 1e-3)
    order = names_in_order(listed, time, "one", "two")
    results = run_in_turns([ONE, TWO], MACHINE, budget_s=0.39, clocks=time.clocks())
    tail = order[-42:-2]  # the last two look at the memory
    assert tail[:4] in (["one", "two", "two", "one"], ["two", "one", "one", "two"])
    assert [type(result) for result in results] == [Measurement] * 2
    assert {len(result.samples_s) for result in results if isinstance(result, Measurement)} == {20}


def test_a_drift_of_the_machine_meets_both(listed: Listed) -> None:
    """The host becomes three times as slow half-way: the ratio of the medians stays what it is."""
    time = FakeTime()
    time.cost_s = lambda shape, call: 0.01 * (1 if time.now_s < 101.0 else 3)
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    one, two = run_in_turns([ONE, TWO], MACHINE, budget_s=1.0, clocks=time.clocks())
    assert isinstance(one, Measurement) and isinstance(two, Measurement)
    assert one.time_s.median == pytest.approx(two.time_s.median, rel=0.1)
    assert max(one.samples_s) == pytest.approx(3 * min(one.samples_s))


def test_events_tell_of_each_case_and_of_the_rounds(listed: Listed) -> None:
    time, events = FakeTime(), list[dict[str, Any]]()
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    results = run_in_turns([ONE, TWO], MACHINE, budget_s=0.1, emit=events.append, clocks=time.clocks())
    assert [(e["event"], e.get("done"), e.get("total")) for e in events] == [
        ("step", 0, 3),
        ("step", 1, 3),
        ("step", 2, 3),
        ("result", None, None),
        ("result", None, None),
    ]
    assert [Measurement.from_dict(e["data"]) for e in events[3:]] == results


def test_a_wrong_result_is_refused_and_never_sampled_while_the_others_go_on(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "wrong", off_by_one_entry), a_kernel(time, "two"))
    good, bad = run_in_turns([WRONG, TWO], MACHINE, budget_s=0.1, clocks=time.clocks())
    assert isinstance(good, Measurement) and good.kernel == "sum/two"
    assert isinstance(bad, Refusal) and bad.fault


def test_where_nobody_can_run_there_are_only_refusals(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "wrong", off_by_one_entry))
    (only,) = run_in_turns([WRONG], MACHINE, budget_s=0.1, clocks=time.clocks())
    assert isinstance(only, Refusal)


def test_a_call_longer_than_all_the_time_is_sampled_once(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 3.0 if shape == (64, 64) else 1e-3)
    listed(a_kernel(time, "one"))
    (one,) = run_in_turns([ONE], MACHINE, budget_s=0.5, clocks=time.clocks())
    assert isinstance(one, Measurement) and one.time_s.n == 1 and one.time_s.low is None


def test_a_record_says_that_it_took_turns_and_not_what_all_of_it_took(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    for made in run_in_turns([ONE, TWO], MACHINE, budget_s=0.1, clocks=time.clocks()):
        assert isinstance(made, Measurement)
        assert (made.stopped, made.took_s, made.disturbed) == ("turns", None, False)
        assert made.wall_s == pytest.approx(sum(made.samples_s)) and made.wall_s < 0.15


def test_who_disturbs_the_rounds_is_said_in_every_record(listed: Listed) -> None:
    time = FakeTime(steal_share=0.3)
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    made = run_in_turns([ONE, TWO], MACHINE, budget_s=0.1, clocks=time.clocks())
    reasons = {one.disturbed_reason for one in made if isinstance(one, Measurement)}
    assert len(made) == 2 and len(reasons) == 1 and "hypervisor" in reasons.pop()


def test_without_memory_for_the_inputs_all_are_refused(listed: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    def pose(*words: Any) -> None:
        raise MemoryError

    time = FakeTime()
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    monkeypatch.setattr(turns, "pose", pose)
    made = run_in_turns([ONE, TWO], MACHINE, budget_s=0.1, clocks=time.clocks())
    assert [type(one) for one in made] == [Refusal, Refusal] and not time.shapes


@pytest.mark.parametrize("other", [Case("sum/two", 32), Case("sum/two", 64, "float64")])
def test_cases_of_two_problems_do_not_take_turns(listed: Listed, other: Case) -> None:
    time = FakeTime()
    listed(a_kernel(time, "one"), a_kernel(time, "two"))
    with pytest.raises(BadInput, match="one problem"):
        run_in_turns([ONE, other], MACHINE, clocks=time.clocks())
    assert not time.shapes
