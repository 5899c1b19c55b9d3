"""Other hosts that measure: the same jobs, the same events, one benchmark a host at a time.

ACCEL_POOL=tls://HOST:8786 sends what `accel_core.runner.submit` takes to a pool; without it nothing of this is
imported. The engine is Dask distributed, the extra `[pool]`.

hosts()                                                      # a Host each
submit({"kind": "peaks"}, "me", wanted=Wanted(name="node3"))  # of accel_core.runner
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accel_core.machine import detect
from accel_core.pool.address import configured

if TYPE_CHECKING:
    from accel_core.model import Machine
    from accel_core.model.hosts import Host

__all__ = ["configured", "hosts", "measured_machine"]


def hosts() -> list[Host]:
    """The hosts of the pool that ACCEL_POOL names, by name; AccelError where it cannot be reached.

    Asked at most once a second, however many ask.
    """
    from accel_core.pool.line import line

    return line().hosts()


def measured_machine() -> Machine:
    """The machine that a job measures for which nobody names one: this one, or in a pool that of a host.

    That is the host of the name in ACCEL_POOL_HOST, else the first. AccelError where no pool can be reached.
    """
    if not configured():
        return detect()
    from accel_core.pool.carrying import first_machine

    return first_machine()
