"""The desk in the scheduler's process: what clients ask it, and what it hears of hosts and clients.

What is asked travels as plain data (msgpack), by these names; jobs themselves are the engine's tasks.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from accel_core import __version__
from accel_core.model import Machine
from accel_core.model.hosts import Host, Wanted
from accel_core.pool.address import Address
from accel_core.pool.desk import Desk
from accel_core.pool.engine import engine, security

NOTED = "accel"
"""Under which a host tells what it is and what it does."""
EVENTS = "accel-events-"
"""What topics of events begin with; a client's id follows."""
CLIENT_GONE_S = 1.0
SILENT_S = 10.0
"""After five heartbeats that did not come a host is given no job until it is heard of again."""


def make_scheduler(address: Address) -> Any:
    """A scheduler with a desk, to be entered by `async with`; it listens at `address`."""
    distributed = engine()

    class DeskPlugin(distributed.SchedulerPlugin):  # type: ignore[name-defined]
        """Keeps the desk, and answers what clients ask it."""

        def __init__(self) -> None:
            self.desk = Desk(__version__)
            self._tasks: set[asyncio.Task[Any]] = set()
            self._machines: dict[str, Machine] = {}

        async def start(self, scheduler: Any) -> None:
            self.scheduler = scheduler
            scheduler.handlers |= {
                "accel_hello": self.hello,
                "accel_enter": self.enter,
                "accel_leave": self.leave,
                "accel_look": self.look,
                "accel_hosts": self.hosts,
                "accel_cancel": self.cancel,
            }

        def hello(self) -> dict[str, Any]:
            """The version of the desk."""
            return {"version": __version__}

        def enter(self, id: str, owner: str, client: str, wanted: dict[str, Any]) -> None:
            self._look_around()
            self.desk.enter(id, owner, client, Wanted.from_dict(wanted))

        def leave(self, id: str) -> None:
            self.desk.leave(id)

        def look(self, client: str) -> dict[str, dict[str, Any]]:
            """What each job of `client` is told."""
            self._look_around()
            return {id: asdict(one) for id, one in self.desk.standings(client).items()}

        def hosts(self) -> list[dict[str, Any]]:
            """All hosts, as plain data, each with its address."""
            self._look_around()
            return [{**asdict(host), "address": address} for address, host in self.desk.hosts.items()]

        def cancel(self, id: str) -> None:
            """Have the host of job `id` told to end it, without waiting for it."""
            if (order := self.desk.orders.get(id)) is not None and order.host:
                task = asyncio.ensure_future(self._cancel(id, order.host))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        async def _cancel(self, id: str, address: str) -> None:
            with suppress(OSError, KeyError):  # the host is gone, and the job with it
                message = {"op": "accel_cancel", "id": id}
                await self.scheduler.broadcast(msg=message, workers=[address], on_error="ignore")

        def remove_worker(self, scheduler: Any, worker: str, **_: Any) -> None:
            self.desk.went(worker)
            self._machines.pop(worker, None)

        def remove_client(self, scheduler: Any, client: str) -> None:
            scheduler._broker._topics.pop(EVENTS + client, None)
            for order in self.desk.of(client):
                self.cancel(order.ticket.id)
                self.desk.leave(order.ticket.id)

        def log_event(self, topic: str, msg: Any) -> None:
            """What was passed on is not kept."""
            if topic.startswith(EVENTS):
                self.scheduler._broker.truncate(topic)

        def _look_around(self) -> None:
            """Take over what hosts said last."""
            told = {
                address: (state, state.extra.get(NOTED))
                for address, state in self.scheduler.workers.items()
                if state.extra.get(NOTED)
            }
            computers = {address: noted["computer"] for address, (_, noted) in told.items()}
            for address, (state, noted) in told.items():
                doing = state.metrics.get(NOTED) or {}
                sharing = [
                    str(told[other][0].name)
                    for other, computer in computers.items()
                    if computer == computers[address] and other != address
                ]
                if address not in self._machines:
                    self._machines[address] = Machine.from_dict(noted["machine"])
                host = Host(
                    name=str(state.name),
                    machine=self._machines[address],
                    busy=doing.get("busy", ""),
                    waiting=doing.get("waiting", 0),
                    seen=datetime.fromtimestamp(state.last_seen, UTC).isoformat(timespec="seconds"),
                    shares=tuple(sorted(sharing)),
                    version=noted["version"],
                    silent=time.time() - state.last_seen > SILENT_S,
                )
                self.desk.came(address, host)

    class QuietScheduler(distributed.Scheduler):  # type: ignore[name-defined]
        """Without a page of its own."""

        def start_http_server(self, *_: Any, **__: Any) -> None:
            """Nothing is served by HTTP."""

    return QuietScheduler(
        host=f"[{address.host}]" if ":" in address.host else address.host,
        port=address.port,
        protocol=address.scheme,
        security=security(address),
        dashboard=False,
        plugins=[DeskPlugin()],
    )
