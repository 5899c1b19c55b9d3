"""A host that measures for a pool: one worker of the engine, one thread, one benchmark at a time."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accel_core import __version__
from accel_core.errors import AccelError, BadInput, quoted
from accel_core.folders import data_folder
from accel_core.machine import detect
from accel_core.pool import address as addresses
from accel_core.pool.address import Address
from accel_core.pool.engine import engine, security
from accel_core.pool.serving import EVENTS, NOTED

BENCH = "bench"
HEARTBEAT_S = 2.0
JOIN_S = 30.0
MOST_OF_A_NAME = 60
LOOPBACK = "127.0.0.1"


def run_order(id: str, client: str, job: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's task, named by its module on both sides: measure `job` here and tell `client`."""
    from accel_core.pool.measuring import measure

    worker = engine().get_worker()

    def send(number: int, event: dict[str, Any]) -> None:
        worker.log_event(EVENTS + client, {"id": id, "number": number, "event": json.dumps(event)})

    return measure(id, job, send)


def host_name(given: str | None) -> str:
    """`given`, or this computer's own name; BadInput for one that no page can show."""
    name = (given or platform.node() or "host").strip()
    folder = name not in (".", "..") and not set(name) & {"/", "\\"}  # its records lie in one of that name
    if not (folder and name.isprintable() and 0 < len(name) <= MOST_OF_A_NAME):
        raise BadInput(
            f"{quoted(name)} is no name for a host: use up to {MOST_OF_A_NAME} letters without / or \\."
        )
    return name


def own_settings(name: str) -> None:
    """Give this process the folders of a host of a pool: records of its own, and no pool to send jobs on to."""
    os.environ["ACCEL_HOME"] = str(data_folder() / "hosts" / name)
    for variable in ("ACCEL_STORE_URL", addresses.POOL, addresses.HOST):
        os.environ.pop(variable, None)


def computer() -> str:
    """What two hosts on one computer have in common, and no two computers: a hash that names nobody."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = platform.node()
    return hashlib.sha256(f"accel pool {boot}".encode()).hexdigest()[:12]


async def host(address: Address, name: str) -> None:
    """Measure for the pool at `address` until it ends or this task is cancelled; AccelError where it cannot."""
    import accel_core.bench  # noqa: F401 - the first job shall not wait for the compiler's import
    from accel_core.pool import measuring

    distributed = engine()
    noted = {"machine": detect().to_dict(), "version": __version__, "computer": computer()}

    class HostWorker(distributed.Worker):  # type: ignore[name-defined]
        """Without a page of its own, and with few heartbeats: each takes time from what is measured."""

        def start_http_server(self, *_: Any, **__: Any) -> None:
            """Nothing is served by HTTP."""

        async def heartbeat(self) -> None:
            """Say that it is there."""
            await super().heartbeat()
            if (beat := self.periodic_callbacks.get("heartbeat")) is not None:
                beat.callback_time = HEARTBEAT_S * 1000  # the scheduler asks for two a second

    async def doing(_: Any) -> dict[str, Any]:
        return await asyncio.to_thread(measuring.doing)

    worker = HostWorker(
        str(address),
        nthreads=1,
        name=name,
        host=LOOPBACK if address.certificates is None else None,
        protocol=address.scheme,
        security=security(address),
        resources={BENCH: 1},
        memory_limit=0,
        death_timeout=JOIN_S,
        dashboard=False,
        metrics={**distributed.worker.DEFAULT_METRICS, NOTED: doing},
        startup_information={**distributed.worker.DEFAULT_STARTUP_INFORMATION, NOTED: lambda _: noted},
    )
    worker.handlers["accel_cancel"] = lambda id: measuring.cancel(id)
    try:
        await worker
    except Exception as error:
        raise AccelError(_why_not(address, name, error)) from error
    try:
        await worker.finished()
    finally:
        measuring.cancel_all()
        await worker.close(executor_wait=False)


def _why_not(address: Address, name: str, error: BaseException) -> str:
    said = f"{error} {error.__cause__ or ''}"
    if "name" in said and "taken" in said:
        return f"The pool at {address} has a host called {name} already: give another name by --name."
    return (
        f"The pool at {address} could not be joined within {JOIN_S:.0f} s: see that it runs and can be reached."
    )
