"""A job of this process that a host of the pool measures: from its place at the desk to its end."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from accel_core import __version__
from accel_core.errors import AccelError, BadInput, JobCancelled, JobFailed
from accel_core.model.hosts import Host, Wanted
from accel_core.pool.address import HOST
from accel_core.pool.desk import Standing
from accel_core.pool.line import Line, line
from accel_core.runner import ending
from accel_core.runner.elsewhere import Carried
from accel_core.runner.job import Event, Job
from accel_core.runner.receiving import Receiving
from accel_core.runner.spec import JobData, check
from accel_core.runner.supervisor import look_again_s
from accel_core.runner.tickets import LATE_S
from accel_core.runner.visitors import unattended_s

if TYPE_CHECKING:
    from accel_core.model import Machine

POLL_S = 0.2
CANCEL_WAIT_S = 2.0
"""For a host to say what it had measured until it was told to end; a network may take longer than a process."""
ABSENT_S = 30.0
"""A host that starts anew, or that does not answer before it has begun, is waited for so long."""
MOST_MOVES = 1
"""What ended two hosts would end all that are alike."""


def carried(job: JobData, machine: Machine | None, wanted: Wanted | None) -> Carried:
    """`job` checked for a host of the pool, and what carries it there."""
    spoken = line()
    asked = wanted or wanted_host(spoken.hosts(), machine)
    host = suiting(spoken.hosts(), asked)
    spec = check(job, host.machine)
    try:
        plain = json.loads(json.dumps(dict(job)))
    except (TypeError, ValueError) as error:
        raise BadInput(f"A job for a pool must be plain data, which {error}.") from None
    return spec, partial(_carry, spoken, plain, asked, spec.time_limit_s)


def first_machine() -> Machine:
    """That of the host which ACCEL_POOL_HOST names, or of the first in the pool."""
    hosts = line().hosts()
    return suiting(hosts, wanted_host(hosts, None)).machine


def wanted_host(hosts: Sequence[Host], machine: Machine | None) -> Wanted:
    """What a job asks for that names no host: the one in ACCEL_POOL_HOST, if that has the hardware of `machine`
    (None: whatever it has); else that hardware, or any."""
    hardware = Wanted(fingerprint="" if machine is None else machine.fingerprint)
    named = os.environ.get(HOST, "")
    if named and (machine is None or any(host.name == named and hardware.suits(host) for host in hosts)):
        return Wanted(name=named)
    return hardware


def suiting(hosts: Sequence[Host], wanted: Wanted) -> Host:
    """The first of `hosts` that may run what asks for `wanted`; the sentence why there is none else."""
    fit = [host for host in hosts if wanted.suits(host)]
    if not fit:
        there = ", ".join(host.name for host in hosts)
        said = f"it has {there}" if there else "no host has joined it yet"
        raise BadInput(f"The pool has not {wanted.said} that the job asks for: {said}.")
    same = [host for host in fit if host.version == __version__]
    if not same:
        raise AccelError(
            f"The host {fit[0].name} runs accel {fit[0].version}, and this program is {__version__}: install "
            "the same version on all hosts."
        )
    return same[0]


def _carry(
    spoken: Line, data: Mapping[str, Any], wanted: Wanted, limit_s: float, job: Job, receiving: Receiving
) -> None:
    """Return once a host has measured `job`; raise how else it ended."""
    for attempt in range(MOST_MOVES + 1):
        trip = _Trip(spoken, data, limit_s, job, receiving, attempt)
        lost = trip.run(wanted)
        if lost is None:
            return
        gone = f"The host {lost.name} {trip.fault}"
        if not wanted.alike or attempt == MOST_MOVES:
            raise JobFailed(f"{gone}: run it again; what it had measured before is kept.")
        job.warn(f"{gone}; a host of the same hardware goes on.")
        wanted = Wanted(fingerprint=lost.machine.fingerprint, alike=True)
        receiving.last = None
        job.queue_again()


class _Trip:
    """One way of a job to a host and back."""

    def __init__(
        self,
        spoken: Line,
        data: Mapping[str, Any],
        limit_s: float,
        job: Job,
        receiving: Receiving,
        attempt: int,
    ) -> None:
        self._line = spoken
        self._data = data
        self._limit_s = limit_s
        self._job = job
        self._receiving = receiving
        self._id = f"{job.id}-{attempt}"
        self._arrived: deque[tuple[int, Event]] = deque()
        self._taken = 0
        self._host: Host | None = None
        self.fault = "went away while it measured"
        """What became of a host that `run` returns."""

    def run(self, wanted: Wanted) -> Host | None:
        """None once it was measured; the host that went away before."""
        self._line.enter(self._id, self._job.owner, wanted, self._arrive)
        try:
            address = self._wait_for_host(wanted)
            return self._measure(address)
        finally:
            self._line.leave(self._id)

    def _wait_for_host(self, wanted: Wanted) -> str:
        since = time.monotonic()
        while not self._job.cancel_requested:
            standing = self._line.standing(self._id)
            if standing.host:
                return standing.host
            if standing.possible:
                since = time.monotonic()
            elif time.monotonic() - since > ABSENT_S:
                raise JobFailed(f"The pool has not {wanted.said} any more that the job asks for: run it again.")
            place = max(1, standing.place)
            self._job.move_to(place)
            if (left := self._left()) is not None:
                raise left
            self._job.pause(look_again_s(place))
        raise ending.cancelled()

    def _measure(self, address: str) -> Host | None:
        host = self._line.by_address().get(address)
        if host is None:  # it joined within the last second
            raise JobFailed("The host of this job went away before it began: run it again.")
        self._host = host
        if host.shares:
            others = ", ".join(host.shares)
            self._job.warn(
                f"The host {host.name} is on one computer with {others}, which may measure at the same time: "
                "its figures are for trying only."
            )
        future = self._line.send(self._id, address, self._data)
        future.add_done_callback(lambda _: self._job.nudge())
        try:
            return self._watch(future, host, address)
        finally:
            future.release()

    def _left(self) -> JobCancelled | None:
        """The end of a queued job where nobody waits for it any more."""
        most_s = unattended_s()
        return ending.unattended(most_s) if self._job.unattended_s() > most_s else None

    def _watch(self, future: Any, host: Host, address: str) -> Host | None:
        cancelled_at, began = None, time.monotonic()
        heard = began
        while not future.done():
            self._job.pause(POLL_S)
            self._take()
            now = time.monotonic()
            queued = self._job.state == "queued"
            heard = heard if queued and self._is_silent(address) else now
            if queued:
                began = now
                if (left := self._left()) is not None:
                    self._line.cancel(self._id)
                    raise left
                if now - heard > ABSENT_S:
                    self._line.cancel(self._id)
                    self.fault = "does not answer"
                    return host
            if self._job.cancel_requested and cancelled_at is None:
                cancelled_at = now
                self._line.cancel(self._id)
            if cancelled_at is not None and now - cancelled_at > CANCEL_WAIT_S:
                raise ending.cancelled()
            if self._standing().lost:
                return host
            if now - began > self._limit_s + LATE_S:
                self._line.cancel(self._id)
                raise ending.over_time(self._limit_s)
        if future.status != "finished":
            self._take()
            return host
        self._finish(future.result())
        return None

    def _is_silent(self, address: str) -> bool:
        host = self._line.by_address().get(address)
        return host is not None and host.silent

    def _standing(self) -> Standing:
        return self._line.standing(self._id)

    def _finish(self, told: Mapping[str, Any]) -> None:
        """Take what did not arrive on its own, and raise what the host's job failed with."""
        self._arrived.extend(enumerate(told["events"]))
        self._take()
        last = told["last"]
        if last["event"] == "failed":
            error = ending.reported(last)
            error.add_note(str(last.get("detail", "")).strip())
            raise error

    def _arrive(self, number: int, event: Event) -> None:
        """On the engine's thread: keep event `number` of the host for this job's own."""
        self._arrived.append((number, event))
        self._job.nudge()

    def _take(self) -> None:
        """Take what arrived, each event once and in order; what was lost on the way comes with the end."""
        while self._arrived:
            number, event = self._arrived.popleft()
            if number == self._taken:
                self._taken += 1
                self._hear(event)

    def _hear(self, event: Event) -> None:
        kind = event["event"]
        if kind == "queued":
            if self._job.state == "running":
                self._job.queue_again()
            self._job.move_to(event["place"])
            return
        if kind == "started":
            self._job.begin()
            if self._host is not None:
                self._job.host = self._host.name
                event = {**event, "host": self._host.name}
        self._receiving.receive(event)
