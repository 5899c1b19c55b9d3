"""The roofs of all hosts of a pool: a job for each, sent at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accel_core.errors import AccelError
from accel_core.model import DTYPES, Ceiling
from accel_core.model.fleet import HostRoofs
from accel_core.model.hosts import Host, Wanted
from accel_core.runner import Job, submit
from accel_core.runner.job import FINAL
from accel_core.store import Store


@dataclass(frozen=True)
class Sent:
    """One host's part."""

    host: Host
    job: Job | None
    """None where the host took none."""
    fault: str = ""
    """Why it took none."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.job is None or self.job.state in FINAL


class Fleet:
    """Jobs that measure the roofs of hosts, one a host; may be looked at from any thread."""

    def __init__(self, sent: Sequence[Sent], owner: str, created: str) -> None:
        self.sent = tuple(sent)
        self.owner = owner
        self.created = created

    @property
    def over(self) -> bool:
        """Whether every host has ended."""
        return all(one.over for one in self.sent)

    def cancel(self) -> None:
        """End all of them; what was measured stays."""
        for one in self.sent:
            if one.job is not None:
                one.job.cancel()

    def wait(self) -> None:
        """Wait for every host's end."""
        for one in self.sent:
            if one.job is not None:
                one.job.wait()

    def roofs(self) -> list[HostRoofs]:
        """What each host has measured until now."""
        return [self._roofs(one) for one in self.sent]

    def _roofs(self, one: Sent) -> HostRoofs:
        results = [] if one.job is None else one.job.results
        newest = {roof.name: roof for roof in results if isinstance(roof, Ceiling)}
        fault = one.fault or ("" if one.job is None else one.job.error or "")
        return HostRoofs(one.host, tuple(newest.values()), self.created, fault)


def roofs_job(host: Host, budget_s: float) -> dict[str, Any]:
    """Every roof of `host`: both number types, one thread and all that it has."""
    threads = sorted({1, host.machine.cores.allowed})
    return {"kind": "peaks", "dtypes": list(DTYPES), "threads": threads, "budget_s": budget_s}


def measure_roofs(
    hosts: Sequence[Host],
    budget_s: float,
    owner: str,
    *,
    store: Store | None = None,
    tell: Callable[[str, dict[str, Any]], None] | None = None,
) -> Fleet:
    """Ask every host for its roofs. `tell` gets the name of a host and each event of its job."""
    return Fleet(
        [_send(host, budget_s, owner, store, tell) for host in hosts],
        owner,
        datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _send(
    host: Host,
    budget_s: float,
    owner: str,
    store: Store | None,
    tell: Callable[[str, dict[str, Any]], None] | None,
) -> Sent:
    if host.silent:
        return Sent(host, None, "It does not answer.")

    def hear(event: dict[str, Any]) -> None:
        if tell is not None:
            tell(host.name, event)

    job = roofs_job(host, budget_s)
    try:
        return Sent(host, submit(job, owner, store=store, on_event=hear, wanted=Wanted(name=host.name)))
    except AccelError as error:
        return Sent(host, None, str(error))
