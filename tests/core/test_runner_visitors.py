"""What visitors of the pages may leave waiting, and whether anybody still waits: no process is started."""

from __future__ import annotations

import itertools

import pytest

from accel_core.errors import BadInput, QueueFull
from accel_core.limits import WAITING, WAITING_PER_ADDRESS
from accel_core.runner import job as jobs
from accel_core.runner.job import Job
from accel_core.runner.submitting import Jobs
from accel_core.runner.visitors import Visitor, network

numbers = itertools.count()


def asked(owner: str = "tab", address: str = "192.0.2.7") -> Job:
    return Job(f"job {next(numbers)}", owner, {}, None, Visitor(f"session of {owner}", "", address))


def test_one_job_of_a_session_runs_and_one_waits() -> None:
    known, first = Jobs(), asked()
    known.add(first)
    with pytest.raises(QueueFull, match=r"1 measurement waiting.*ACCEL_WAITING_PER_SESSION"):
        known.add(asked())
    first.begin()
    known.add(second := asked())
    with pytest.raises(QueueFull):
        known.add(refused := asked())
    assert known.find(second.id) is second and known.find(refused.id) is None
    second.finish(None)
    known.add(asked())


def test_a_hundred_sessions_of_one_address_leave_waiting_what_a_class_needs_and_no_more() -> None:
    known, taken = Jobs(), 0
    for number in range(100):
        try:
            known.add(asked(f"tab {number}"))
            taken += 1
        except QueueFull as full:
            assert "network address" in str(full) and str(full).count(".") == 1
    assert taken == WAITING_PER_ADDRESS[1] == 40
    known.add(asked("elsewhere", "192.0.2.8"))


def test_visitors_of_many_addresses_leave_waiting_what_the_server_holds_and_no_more() -> None:
    known, (variable, most) = Jobs(), WAITING
    for number in range(most):
        known.add(asked(f"tab {number}", f"192.0.{number}.7"))
    with pytest.raises(QueueFull, match=rf"{most} measurements waiting.*at most {most} may.*{variable}"):
        known.add(asked("one more", "192.1.0.7"))


def test_the_limits_can_be_set_and_what_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_WAITING_PER_SESSION", "2")
    monkeypatch.setenv("ACCEL_WAITING_PER_ADDRESS", "3")
    known = Jobs()
    for owner in ("a", "a", "b"):
        known.add(asked(owner))
    with pytest.raises(QueueFull, match="2 measurements"):
        known.add(asked("a"))
    with pytest.raises(QueueFull, match="3 measurements"):
        known.add(asked("c"))
    monkeypatch.setenv("ACCEL_WAITING", "3")
    with pytest.raises(QueueFull, match="at most 3"):
        known.add(asked("c", "192.0.2.8"))
    for wrong in ("0", "-1", "many", "1.5", "٣", "9" * 5000):
        monkeypatch.setenv("ACCEL_WAITING_PER_ADDRESS", wrong)
        with pytest.raises(BadInput, match="ACCEL_WAITING_PER_ADDRESS is") as said:
            known.add(asked("d"))
        assert len(str(said.value)) < 300


def test_a_program_of_this_account_is_no_visitor_and_has_no_limit() -> None:
    known = Jobs()
    made = [Job(str(number), "accel-1", {}) for number in range(100)]
    for job in made:
        known.add(job)
    assert known.unfinished() == made
    known.add(asked("accel-1"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "127.0.0.1"),
        ("", "127.8.8.8"),
        ("", "::1"),
        ("", "::ffff:127.0.0.1"),
        ("192.0.2.7", "::ffff:192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("fe80::1%eth0", "fe80::2%eth1"),
    ],
)
def test_two_spellings_of_one_network_are_one_address(one: str, other: str) -> None:
    assert network(one) == network(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("", "192.0.2.7"), ("192.0.2.7", "192.0.2.8"), ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("a", "b")],
)
def test_two_networks_are_two_addresses(one: str, other: str) -> None:
    assert network(one) != network(other)


# -- who waits for it ----------------------------------------------------------------------------------------


class Clock:
    now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


class Page:
    open = True

    def __call__(self) -> bool:
        return self.open


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(jobs, "time", clock := Clock())
    return clock


def test_a_job_is_unattended_from_the_moment_its_page_is_closed_until_it_is_back(clock: Clock) -> None:
    page, again = Page(), Page()
    job = Job("1", "tab", {}, None, Visitor("before", "browser", "", page))
    clock.now_s += 1000
    assert job.unattended_s() == 0
    page.open = False
    clock.now_s += 30
    assert job.unattended_s() == 30
    assert job.claim(Visitor("after the reload", "browser", "", again))
    assert job.unattended_s() == 0
    again.open = False
    clock.now_s += 7
    assert job.unattended_s() == 7


def test_a_thousand_reloads_leave_one_page_to_be_asked_for(clock: Clock) -> None:
    asked_for, pages = list[int](), [Page() for _ in range(1000)]
    job = Job("1", "tab", {}, None, Visitor("0", "browser"))
    for number, page in enumerate(pages):

        def present(number: int = number, page: Page = page) -> bool:
            asked_for.append(number)
            return page.open

        assert job.claim(Visitor(str(number), "browser", "", present))
        page.open = number == 999
    job.unattended_s()
    asked_for.clear()
    assert job.unattended_s() == 0 and asked_for == [999]


def test_one_of_several_pages_is_enough_and_a_strangers_is_none(clock: Clock) -> None:
    first, second = Page(), Page()
    job = Job("1", "tab", {}, None, Visitor("one", "browser", "", first))
    assert job.claim(Visitor("two", "browser", "", second))
    assert not job.claim(Visitor("three", "another", "", Page()))
    first.open = False
    clock.now_s += 5
    assert job.unattended_s() == 0
    second.open = False
    clock.now_s += 5
    assert job.unattended_s() == 5


def test_a_programs_job_is_nobodys_at_a_page_and_never_unattended(clock: Clock) -> None:
    job = Job("1", "accel-1", {})
    clock.now_s += 1e6
    assert job.unattended_s() == 0
    assert not job.claim(Visitor("one", "browser"))


def test_browsers_that_show_nothing_are_not_taken_for_one() -> None:
    assert not Visitor("one").is_same(Visitor("two"))
    assert Visitor("one").is_same(Visitor("one", "browser"))
    assert Visitor("one", "browser").is_same(Visitor("two", "browser"))
