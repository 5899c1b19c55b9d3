"""Which job of a pool goes to which host, in fair turns: pure sums, no clock, no network.

A job has a host for itself from `enter` or a later moment until `leave`. A free host goes to an owner who has
the fewest then; among those, owners take turns as in the queue of one host (runner/queue.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from accel_core.model.hosts import Host, Wanted
from accel_core.runner.queue import RUNNING, Process, Ticket, next_number, next_ticket, places, without

NOBODY = Process(0, 0.0)


@dataclass
class Order:
    """A job at the desk."""

    ticket: Ticket
    client: str
    wanted: Wanted
    host: str = ""
    """The address of the host that it has, or had when that went away."""
    lost: bool = False
    """Whether its host went away."""


@dataclass(frozen=True)
class Standing:
    """What a client is told of its job."""

    place: int
    """Jobs before it; 0 once it has a host."""
    host: str = ""
    """The address of its host; empty while it waits."""
    lost: bool = False
    possible: bool = True
    """Whether a host is there that may run it."""


@dataclass
class Desk:
    """The jobs and the hosts of a pool."""

    version: str
    """A host with another one gets no job."""
    hosts: dict[str, Host] = field(default_factory=dict)
    """By address."""
    orders: dict[str, Order] = field(default_factory=dict)

    def came(self, address: str, host: Host) -> None:
        """A host is there, or was heard of again."""
        self.hosts[address] = host
        self._hand_out()

    def went(self, address: str) -> None:
        """A host is gone."""
        self.hosts.pop(address, None)
        for order in self.orders.values():
            if order.host == address:
                order.lost = True

    def enter(self, id: str, owner: str, client: str, wanted: Wanted) -> None:
        """Queue up; once more for a job that lost its host."""
        number = next_number(self._tickets())
        self.orders[id] = Order(Ticket(id, owner, NOBODY, number, number, ""), client, wanted)
        self._hand_out()

    def leave(self, id: str) -> None:
        """The job is over, or waits no more."""
        rest = {ticket.id: ticket for ticket in without(self._tickets(), id)}
        if self.orders.pop(id, None) is not None:
            for other in self.orders.values():
                other.ticket = rest[other.ticket.id]
            self._hand_out()

    def of(self, client: str) -> list[Order]:
        """The jobs of `client`."""
        return [order for order in self.orders.values() if order.client == client]

    def standings(self, client: str) -> dict[str, Standing]:
        """What each job of `client` is told."""
        mine = {order.ticket.id: order for order in self.of(client)}
        groups = {order.wanted: self._before(order.wanted) for order in mine.values() if not order.host}
        return {id: self._standing(id, order, groups) for id, order in mine.items()}

    def _standing(self, id: str, order: Order, groups: Mapping[Wanted, Mapping[str, int]]) -> Standing:
        if order.host:
            return Standing(0, order.host, order.lost)
        return Standing(groups[order.wanted][id], possible=bool(self._suiting(order.wanted)))

    def _before(self, wanted: Wanted) -> dict[str, int]:
        """How many jobs go before each that waits for a host that `wanted` asks for."""
        suiting = set(self._suiting(wanted))
        rivals = [
            order.ticket
            for order in self.orders.values()
            if order.wanted == wanted or order.host in suiting or suiting & set(self._suiting(order.wanted))
        ]
        running = sum(ticket.state == RUNNING for ticket in rivals)
        # those that run count as one: the first of them to end makes room
        return {id: place - running + 1 for id, place in places(rivals).items()}

    def _suiting(self, wanted: Wanted) -> list[str]:
        """Addresses of the hosts that may run what asks for `wanted`."""
        fit = self.hosts.items()
        return [address for address, host in fit if host.version == self.version and wanted.suits(host)]

    def _tickets(self) -> list[Ticket]:
        return [order.ticket for order in self.orders.values()]

    def _hand_out(self) -> None:
        """Give every free host that answers the next job for it; first those where nobody else measures."""
        taken = {order.host for order in self.orders.values()}
        free = [address for address in self.hosts if address not in taken]
        for address in sorted(free, key=lambda one: (self._is_held(one), self.hosts[one].name)):
            host = self.hosts[address]
            if host.silent or host.version != self.version:
                continue
            waiting = [o.ticket for o in self.orders.values() if not o.host and o.wanted.suits(host)]
            has = Counter(o.ticket.owner for o in self.orders.values() if o.host)
            fewest = min((has[ticket.owner] for ticket in waiting), default=0)
            if (first := next_ticket(one for one in waiting if has[one.owner] == fewest)) is not None:
                self._give(first, address)

    def _is_held(self, address: str) -> bool:
        host = self.hosts[address]
        return bool(host.busy or host.waiting)

    def _give(self, first: Ticket, address: str) -> None:
        order = self.orders[first.id]
        order.host, order.ticket = address, replace(first, state=RUNNING)
