"""Dask distributed with the settings that measuring needs; imported only when a pool is used."""

from __future__ import annotations

import importlib.util
import logging
import os
from functools import cache
from types import ModuleType
from typing import Any

from accel_core.errors import AccelError
from accel_core.pool.address import Address

PACKAGES = ("distributed", "cryptography")
INSTALL = 'The pool needs Dask: install it by `pip install "accel-explorer[pool]"`, then run again.'
SETTINGS: dict[str, Any] = {
    "distributed.worker.profile.enabled": False,  # else every thread's stack is walked each 10 ms
    "distributed.scheduler.work-stealing": False,  # else a job moves to a host that it did not ask for
    "distributed.scheduler.allowed-failures": 0,  # else what ended a worker is tried on three more
    "distributed.scheduler.worker-ttl": None,  # else a host that is too busy to answer counts as gone
    "distributed.scheduler.active-memory-manager.start": False,  # nothing is kept on hosts
    "distributed.scheduler.http.routes": [],  # nothing is shown by HTTP
    "distributed.worker.http.routes": [],
    "distributed.admin.tick.interval": "1s",  # else 50 looks at the event loop a second
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.low-level-log-length": 100,
    "distributed.diagnostics.nvml": False,
}
"""What differs from Dask's own; https://distributed.dask.org/en/stable/configuration.html describes each."""


def require(*packages: str) -> None:
    """AccelError with what to install where one of `packages` is missing."""
    if any(importlib.util.find_spec(name) is None for name in packages or PACKAGES):
        raise AccelError(INSTALL)


@cache
def engine() -> ModuleType:
    """`distributed` with SETTINGS in force; AccelError where it is not installed."""
    require("distributed")
    import dask.config

    dask.config.set(SETTINGS)
    import distributed

    dask.config.set(SETTINGS)  # its own defaults are read when it is imported
    if not os.environ.get("ACCEL_TRACEBACK"):
        for name in ("distributed", "distributed.client"):  # which has a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed


def security(address: Address) -> Any:
    """The engine's `Security` for `address`, None where it is plain; AccelError without its certificates."""
    if address.certificates is None:
        return None
    from accel_core.pool.certificates import AUTHORITY, CERTIFICATE, KEY, require_certificates

    folder = require_certificates(address.certificates)
    own = {"cert": str(folder / CERTIFICATE), "key": str(folder / KEY)}
    roles = {
        f"tls_{role}_{part}": path for role in ("client", "scheduler", "worker") for part, path in own.items()
    }
    return engine().Security(tls_ca_file=str(folder / AUTHORITY), require_encryption=True, **roles)
