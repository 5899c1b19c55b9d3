"""The fair order of tickets: sums only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.runner.queue import RUNNING, Process, Ticket, next_number, next_ticket, places, without

HERE = Process(1, 1.0)
OWNERS = "abc"


def entered(tickets: list[Ticket], owner: str) -> list[Ticket]:
    number = next_number(tickets)
    return [*tickets, Ticket(f"{owner}{number}", owner, HERE, number, number, "")]


def queue_of(owners: str) -> list[Ticket]:
    tickets: list[Ticket] = []
    for owner in owners:
        tickets = entered(tickets, owner)
    return tickets


def served(tickets: list[Ticket]) -> tuple[Ticket, list[Ticket]]:
    """Who runs now, and the tickets once that job has ended."""
    first = next_ticket(tickets)
    assert first is not None
    running = [replace(ticket, state=RUNNING) if ticket is first else ticket for ticket in tickets]
    return first, without(running, first.id)


def order(tickets: list[Ticket]) -> str:
    owners = ""
    while tickets:
        first, tickets = served(tickets)
        owners += first.owner
    return owners


def test_nobody_is_next_in_an_empty_queue() -> None:
    assert next_ticket([]) is None
    assert places([]) == {}


def test_owners_take_turns_however_much_one_of_them_submitted_first() -> None:
    assert order(queue_of("aaaabbc")) == "abcabaa"


def test_an_owner_who_was_just_served_stands_behind_those_who_came_meanwhile() -> None:
    first, second = queue_of("aa")
    meanwhile = entered([replace(first, state=RUNNING), second], "b")
    assert order(without(meanwhile, first.id)) == "ba"


def test_a_newcomer_stands_behind_an_owner_who_waits_since_its_last_job() -> None:
    _, waiting = served(queue_of("aa"))
    assert order(entered(waiting, "b")) == "ab"


def test_leaving_without_a_turn_costs_an_owner_nothing() -> None:
    tickets = queue_of("aab")
    assert order(without(tickets, tickets[0].id)) == "ab"


def test_a_ticket_survives_its_file() -> None:
    ticket = replace(queue_of("a")[0], state=RUNNING, worker=Process(7, 8.5))
    assert Ticket.from_dict(ticket.to_dict()) == ticket


@pytest.mark.parametrize("broken", [{"state": "asleep"}, {"process": None}, {"number": "x"}, {"worker": {}}])
def test_a_ticket_with_a_wrong_entry_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        Ticket.from_dict({**queue_of("a")[0].to_dict(), **broken})


MOVES = st.lists(st.sampled_from([*OWNERS, "serve", "give up"]), max_size=40)


@given(MOVES)
def test_an_owner_who_waits_is_never_passed_twice_by_the_same_owner(moves: list[str]) -> None:
    tickets: list[Ticket] = []
    passed: dict[str, list[str]] = {}  # waiting owner -> owners served since it waits
    for move in moves:
        if move in OWNERS:
            tickets = entered(tickets, move)
            passed.setdefault(move, [])
        elif tickets and move == "give up":
            tickets = without(tickets, tickets[-1].id)
        elif tickets:
            first, tickets = served(tickets)
            passed.pop(first.owner)
            if any(ticket.owner == first.owner for ticket in tickets):
                passed[first.owner] = []
            for owner, others in passed.items():
                if owner != first.owner:
                    assert first.owner not in others
                    others.append(first.owner)
        passed = {owner: others for owner, others in passed.items() if any(t.owner == owner for t in tickets)}


@given(MOVES)
def test_within_an_owner_the_first_come_is_the_first_served(moves: list[str]) -> None:
    tickets: list[Ticket] = []
    for move in moves:
        if move in OWNERS:
            tickets = entered(tickets, move)
        elif tickets:
            first, rest = served(tickets)
            assert all(first.number < ticket.number for ticket in rest if ticket.owner == first.owner)
            tickets = rest


@given(MOVES, st.booleans())
def test_places_foretell_the_order_in_which_all_are_served(moves: list[str], one_runs: bool) -> None:
    tickets = queue_of("".join(move for move in moves if move in OWNERS))
    if one_runs and tickets:
        tickets[-1] = replace(tickets[-1], state=RUNNING)
    foretold = places(tickets)
    assert sorted(foretold.values()) == list(range(len(tickets)))
    running = [ticket for ticket in tickets if ticket.state == RUNNING]
    seen = [ticket.id for ticket in running]
    for ticket in running:
        tickets = without(tickets, ticket.id)
    while tickets:
        first, tickets = served(tickets)
        seen.append(first.id)
    assert seen == sorted(foretold, key=lambda id: foretold[id])


def test_fifty_thousand_tickets_are_placed_before_anybody_gives_up() -> None:
    """Asked again for each place, it takes a quarter of an hour, and the test's own limit ends it."""
    tickets = [Ticket(f"{n}", f"{n % 1000}", HERE, n, n, "") for n in range(50_000)]
    found = places(tickets)
    assert sorted(found.values()) == list(range(50_000))
    assert found["0"] == 0 and found["1000"] == 1000


def test_a_class_of_500_that_hands_in_four_jobs_each_is_served_in_four_rounds() -> None:
    pupils = [f"pupil {number}" for number in range(500) for _ in range(4)]
    queue = [Ticket(str(n), owner, HERE, n, n, "") for n, owner in enumerate(pupils, start=1)]
    at = places(queue)
    turns = [ticket.owner for ticket in sorted(queue, key=lambda ticket: at[ticket.id])]
    for start in range(0, 2000, 500):
        assert set(turns[start : start + 500]) == set(pupils), "nobody has a second turn before all had one"
