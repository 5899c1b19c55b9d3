"""Simulations that pages ask for: one at a time, in a fair order, and none that nobody waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.session.simulating import Emit, GivenUp, Request, Simulator, TooMany

WAIT_S = 30.0
"""For what happens at once."""
EVENT = {"done": 1, "total": 4}


class Held:
    """A simulator with one request that runs until `go` is set, so that all others wait."""

    def __init__(self, **more: int) -> None:
        self.ran: list[str] = []
        self.go, self._began = threading.Event(), threading.Event()
        self.simulator = Simulator(**more)
        self.first = self.simulator.ask("first", "elsewhere", self._block)
        assert self._began.wait(WAIT_S)

    def _block(self, emit: Emit) -> None:
        self._began.set()
        assert self.go.wait(WAIT_S)
        emit(EVENT)

    def ask(self, owner: str, group: str) -> Request:
        return self.simulator.ask(owner, group, lambda emit: self.ran.append(owner))


def ended(*requests: Request) -> None:
    assert all(request.wait(WAIT_S) for request in requests)


def test_one_runs_at_a_time_and_the_others_know_how_many_go_first() -> None:
    held = Held()
    a, b = held.ask("a", "a"), held.ask("b", "b")
    assert [held.simulator.ahead(one) for one in (held.first, a, b)] == [0, 1, 2]
    assert held.first.fraction == 0 and a.fraction is None and not held.ran
    held.go.set()
    ended(held.first, a, b)
    assert held.ran == ["a", "b"] and held.first.fraction == 0.25


def test_addresses_take_turns_however_many_tabs_they_have() -> None:
    held = Held()
    requests = [held.ask(owner, owner[0]) for owner in ("x1", "x2", "x3", "y1")]
    held.go.set()
    ended(*requests)
    assert held.ran == ["x1", "y1", "x2", "x3"]


def test_who_asks_for_something_else_waits_for_the_first_no_more() -> None:
    held = Held()
    before = held.ask("a", "a")
    now = held.ask("a", "a")
    instead = held.ask("first", "elsewhere")
    held.go.set()
    ended(now, instead)
    assert held.ran == ["a", "first"]
    for gone in (before, held.first):
        with pytest.raises(GivenUp):
            gone.answer()


def test_what_nobody_waits_for_is_not_computed() -> None:
    held = Held()
    gone, stays = held.ask("a", "a"), held.ask("b", "b")
    gone.give_up()
    assert held.simulator.ahead(stays) == 1
    held.go.set()
    ended(stays)
    assert held.ran == ["b"]


def test_more_than_may_wait_are_refused_in_a_sentence_and_who_has_most_makes_room() -> None:
    held = Held(most_waiting=3)
    x1, x2, y1 = held.ask("x1", "x"), held.ask("x2", "x"), held.ask("y1", "y")
    z1 = held.ask("z1", "z")
    with pytest.raises(TooMany, match="3 simulations wait"):
        x2.answer()
    with pytest.raises(TooMany, match="reload"):
        held.ask("z2", "z")
    held.go.set()
    ended(x1, y1, z1)
    assert held.ran == ["x1", "y1", "z1"]


def test_a_fault_is_that_of_who_asked_and_the_next_one_runs() -> None:
    def broken(emit: Emit) -> None:
        raise ValueError("broken")

    held = Held()
    bad, good = held.simulator.ask("a", "a", broken), held.ask("b", "b")
    held.go.set()
    ended(bad, good)
    with pytest.raises(ValueError, match="broken"):
        bad.answer()
    assert held.ran == ["b"]


def test_who_asks_after_all_was_done_is_answered_too() -> None:
    simulator = Simulator()
    for number in range(20):
        request = simulator.ask("a", "a", lambda emit, number=number: number)  # type: ignore[misc]
        ended(request)
        assert request.answer() == number


def test_a_turn_is_waited_for_as_long_as_somebody_wants_it() -> None:
    asked, left = threading.Event(), threading.Event()

    @contextmanager
    def never(wanted: Callable[[], bool], tell: Callable[[int], None]) -> Iterator[bool]:
        tell(2)
        asked.set()
        while wanted():
            pass
        yield False
        left.set()

    simulator = Simulator(never)
    request = simulator.ask("a", "a", lambda emit: pytest.fail("it ran without its turn"))
    assert asked.wait(WAIT_S) and simulator.jobs_first == 2 and not left.is_set()
    request.give_up()
    assert left.wait(WAIT_S)
