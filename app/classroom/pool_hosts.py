"""The hosts of a pool as members of a class."""

from __future__ import annotations

from collections import Counter

from accel_core.readings.members import Member
from app.session import cached, fleets, settings

HOSTS = settings.Choice(
    "hosts",
    "Hosts of the pool",
    ("false", "true"),
    "true",
    "Each host that measured its roofs on the page Pool.",
)


def members() -> list[Member]:
    """Each host with the roofs that it measured itself; none without a pool, and before they were measured.

    Records are kept by hardware, so points are only those of a host without a like.
    """
    if not cached.has_pool() or (last := fleets.shown()) is None or not settings.switch(HOSTS):
        return []
    found = [one for one in last.roofs() if one.ceilings]
    alike = Counter(one.host.machine.fingerprint for one in found)
    return [
        Member(
            one.host.name,
            one.host.machine,
            one.ceilings,
            cached.stored(fingerprint).measurements if alike[fingerprint] == 1 else (),
        )
        for one in found
        for fingerprint in [one.host.machine.fingerprint]
    ]
