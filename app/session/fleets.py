"""When all hosts of the pool were asked for their roofs: the same for all sessions of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.session import cached

if TYPE_CHECKING:
    from accel_core.pool.fleet import Fleet


def last() -> Fleet | None:
    """The jobs that asked last; None where none did yet."""
    known = cached.fleets()
    return known[-1] if known else None


def shown() -> Fleet | None:
    """Those whose roofs are shown: the last that have all ended and brought some; None where none have."""
    over = [one for one in cached.fleets() if one.over and any(host.ceilings for host in one.roofs())]
    return over[-1] if over else None


def keep(asked: Fleet) -> None:
    """Have `asked` as the last, and beside it what is shown until it ends."""
    before = shown()
    cached.fleets()[:] = [asked] if before is None else [before, asked]
