"""The crossovers that were measured on this machine, as they lie in the store."""

from __future__ import annotations

from accel_core.backends.crossovers import Crossovers
from accel_core.errors import StoreUnavailable
from accel_core.machine import detect, environment
from accel_core.store import Store


def load_crossovers(store: Store | None = None) -> tuple[Crossovers, int]:
    """(crossovers of this machine and its libraries, threads that this process may use).

    Without crossovers where none were measured or the store cannot be read: choosing is no reason to fail.
    """
    here = detect()
    threads = here.cores.allowed
    try:
        calibrations = (store or Store()).calibrations(here.fingerprint, environment())
    except StoreUnavailable:
        calibrations = []
    return Crossovers(c for c in calibrations if c.threads == threads), threads
