"""Visitors: those who hand in jobs through a page, of whom nothing is known but a browser and an address.

What they may leave waiting is limited, by session, by address and in all. Programs of this account (commands,
notebooks) are no visitors and have no limit: each waits itself, and the jobs of one shell take one turn in all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from accel_core.errors import QueueFull
from accel_core.limits import UNATTENDED_S, WAITING, WAITING_PER_ADDRESS, WAITING_PER_SESSION, limit

IPV6_NETWORK_BITS = 64
"""Whoever has one IPv6 address has all of its network (RFC 4291, 2.5.1)."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a page."""

    session: str
    """The page's connection; a reload begins another."""
    browser: str = ""
    """What this browser alone can show, and no address carries; empty where it shows nothing."""
    address: str = ""
    """Where the browser is, as the server sees it; empty for this host itself."""
    present: Callable[[], bool] = field(default=lambda: True, compare=False)
    """Whether the page is still open."""

    def is_same(self, other: Visitor) -> bool:
        """Whether both are one person, as far as anybody can know: the same session, or the same browser."""
        return self.session == other.session or self.browser == other.browser != ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits for its turn, or asks to."""

    owner: str
    visitor: Visitor


def unattended_s() -> int:
    """How long a job may wait whose page is closed; BadInput where the environment says no number."""
    return limit(*UNATTENDED_S)


def admit(asking: Waiting, waiting: Iterable[Waiting]) -> None:
    """Raise QueueFull where one more would be too many beside those that wait already."""
    others = list(waiting)
    of_session, of_address = limit(*WAITING_PER_SESSION), limit(*WAITING_PER_ADDRESS)
    of_all = limit(*WAITING)
    if sum(other.owner == asking.owner for other in others) >= of_session:
        raise QueueFull(
            f"This session has {_jobs(of_session)} waiting, the most that may ({WAITING_PER_SESSION[0]}): wait "
            "until it runs, or cancel it."
        )
    here = network(asking.visitor.address)
    if sum(network(other.visitor.address) == here for other in others) >= of_address:
        raise QueueFull(
            f"Your network address has {_jobs(of_address)} waiting, the most that may "
            f"({WAITING_PER_ADDRESS[0]}): try again when one of them has run."
        )
    if len(others) >= of_all:
        raise QueueFull(
            f"This server has {_jobs(len(others))} waiting, and at most {of_all} may ({WAITING[0]}): try again "
            "when one of them has run."
        )


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, the network of an IPv6 one, or this host."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            inside = ipaddress.ip_network((found, IPV6_NETWORK_BITS), strict=False)
            return "" if found.is_loopback else str(inside)
        found = found.ipv4_mapped
    return "" if found.is_loopback else str(found)


def _jobs(count: int) -> str:
    return "1 measurement" if count == 1 else f"{count} measurements"
