"""Whose turn it is: the fair order of the waiting tickets, as pure sums over tickets (no file, no process).

Owners (browser sessions, commands) take turns; within an owner the first come is the first served. Every ticket
carries `turn`, the moment from which its owner waits: when the ticket entered or, if that is later, when the
owner's previous job ended. The least turn goes first, so an owner who was just served stands behind all who
wait, and nobody is passed twice by the same owner or for ever by newcomers. Moments are whole numbers that only
rise while somebody waits, no clock: a clock that is set back cannot change the order.

This is round robin among owners; compare start-time fair queueing (Goyal, Vin and Cheng 1996), jobs of cost 1.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accel_core.codec import PlainData, made

WAITING, RUNNING = "waiting", "running"


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be taken for a later one with the same number: its id and when it started."""

    pid: int
    start: float
    """In the system's own unit, only ever compared with another reading on the same host."""


@dataclass(frozen=True, slots=True)
class Ticket(PlainData):
    """A place in the queue."""

    id: str
    owner: str
    process: Process
    """Who waits for the turn and watches the worker."""
    number: int
    """Order of entry, unique among the tickets."""
    turn: int
    """From when on the owner waits: `number`, or the later end of the owner's previous job."""
    created: str
    """ISO 8601, UTC; for people who look into the folder."""
    state: str = WAITING
    worker: Process | None = None
    ends_s: float | None = None
    """Until when it may run, by the clock of this boot (`time.monotonic`); None while it waits."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ticket:
        """The ticket in `data`; ValueError, TypeError or KeyError where it holds none."""
        if data["state"] not in (WAITING, RUNNING):
            raise ValueError(f"unknown state {data['state']!r}")
        return made(cls, data)


def next_number(tickets: Iterable[Ticket]) -> int:
    """The moment now: greater than every moment that a ticket in the queue still remembers."""
    return 1 + max((max(ticket.number, ticket.turn) for ticket in tickets), default=0)


def next_ticket(tickets: Iterable[Ticket]) -> Ticket | None:
    """The waiting ticket that runs next; None where nobody waits."""
    heads: dict[str, Ticket] = {}
    for ticket in tickets:
        if ticket.state == WAITING:
            head = heads.get(ticket.owner)
            if head is None or ticket.number < head.number:
                heads[ticket.owner] = ticket
    return min(heads.values(), key=lambda head: (head.turn, head.number), default=None)


def without(tickets: Sequence[Ticket], id: str) -> list[Ticket]:
    """The tickets after ticket `id` left. If it had its turn, its owner's other tickets wait from now on."""
    now = next_number(tickets)
    gone = next((ticket for ticket in tickets if ticket.id == id), None)
    rest = [ticket for ticket in tickets if ticket.id != id]
    if gone is None or gone.state == WAITING:
        return rest
    return [replace(ticket, turn=now) if ticket.owner == gone.owner else ticket for ticket in rest]


def places(tickets: Sequence[Ticket]) -> dict[str, int]:
    """How many jobs go before each ticket, by its id: 0 for the running one, or the next where none runs.

    As if `next_ticket` and `without` were asked again and again, but each ticket is looked at once.
    """
    moments = itertools.count(next_number(tickets))
    running = [ticket for ticket in tickets if ticket.state == RUNNING]
    order = {ticket.id: place for place, ticket in enumerate(running)}
    served = {ticket.owner: next(moments) for ticket in running}
    waiting: dict[str, list[Ticket]] = {}
    for ticket in sorted(tickets, key=lambda ticket: -ticket.number):
        if ticket.state == WAITING:
            waiting.setdefault(ticket.owner, []).append(ticket)

    def head(owner: str) -> tuple[int, int, str]:
        first = waiting[owner][-1]
        return served.get(owner, first.turn), first.number, owner

    heads = [head(owner) for owner in waiting]
    heapq.heapify(heads)
    while heads:
        _, _, owner = heapq.heappop(heads)
        order[waiting[owner].pop().id] = len(order)
        served[owner] = next(moments)
        if waiting[owner]:
            heapq.heappush(heads, head(owner))
    return order
