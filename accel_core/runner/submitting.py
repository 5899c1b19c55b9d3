"""Handing in jobs: the public functions of the runner, and the jobs that this process keeps for them."""

from __future__ import annotations

import atexit
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from accel_core.model import Machine
from accel_core.runner.elsewhere import carried
from accel_core.runner.job import FINAL, QUEUED, Event, Job
from accel_core.runner.receiving import live
from accel_core.runner.spec import Spec, check
from accel_core.runner.supervisor import Supervisor
from accel_core.runner.visitors import Visitor, Waiting, admit
from accel_core.runner.workers import COMMAND

if TYPE_CHECKING:
    from accel_core.model.hosts import Wanted
    from accel_core.store import Store

OnEvent = Callable[[Event], None]
EXIT_WAIT_S = 3.0
INTERRUPT_POLL_S = 0.2
KEPT = 50
"""Finished jobs that stay in memory."""


class Jobs:
    """The jobs that this process submitted: all that wait or run, and the last `kept` that ended."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def add(self, job: Job) -> None:
        """Take `job` in; QueueFull where its visitor has as many waiting as may."""
        with self._lock:
            if job.visitor is not None:
                queued = [one for one in self._jobs.values() if one.state == QUEUED]
                waiting = [Waiting(one.owner, one.visitor) for one in queued if one.visitor is not None]
                admit(Waiting(job.owner, job.visitor), waiting)
            self._jobs[job.id] = job
            ended = [id for id, known in self._jobs.items() if known.state in FINAL]
            for id in ended[: max(0, len(ended) - self._kept)]:
                del self._jobs[id]

    def find(self, id: str) -> Job | None:
        """The job with this id, None where it is unknown or forgotten."""
        with self._lock:
            return self._jobs.get(id)

    def latest(self, owner: str) -> Job | None:
        """The job that `owner` submitted last."""
        with self._lock:
            return next((job for job in reversed(self._jobs.values()) if job.owner == owner), None)

    def unfinished(self) -> list[Job]:
        """All jobs that wait or run, first come first."""
        with self._lock:
            return [job for job in self._jobs.values() if job.state not in FINAL]


_jobs = Jobs()


def submit(
    job: Mapping[str, Any],
    owner: str,
    *,
    store: Store | None = None,
    machine: Machine | None = None,
    on_event: OnEvent | None = None,
    visitor: Visitor | None = None,
    wanted: Wanted | None = None,
) -> Job:
    """The Job, queued at once: `job` (spec.py says what it may hold) for `owner`, a text that means a session.

    Raises BadInput for a job that cannot be run on `machine` (None: the one detected), QueueFull where the
    `visitor` who asks through a page has as many waiting as may; all that happens later ends in the job's
    `error`. Results go to `store` (None: the user's own) as they arrive. `on_event` is called
    with every event, on other threads than the caller's.

    Where ACCEL_POOL names a pool, the job goes to the host `wanted` there; left out, to one that has the
    hardware of `machine`, or to any where that is None too.
    """
    if (elsewhere := carried(job, machine, wanted)) is not None:
        spec, carry = elsewhere
        made = Job(uuid.uuid4().hex, owner, spec.data, on_event, visitor)
        return _enter(made, lambda: live(made, store, partial(carry, made)))
    if machine is None:
        from accel_core.machine import detect

        machine = detect()
    spec = check(job, machine)
    return start(spec, owner, store=store, machine=machine, on_event=on_event, visitor=visitor)


def run(
    job: Mapping[str, Any],
    owner: str,
    *,
    store: Store | None = None,
    machine: Machine | None = None,
    on_event: OnEvent | None = None,
    wanted: Wanted | None = None,
) -> list[Any]:
    """`submit` and wait for the results. Raises BadInput, JobFailed, JobCancelled; Ctrl-C cancels the job."""
    return results_of(submit(job, owner, store=store, machine=machine, on_event=on_event, wanted=wanted))


def find(job_id: str) -> Job | None:
    """The job of this process with that id: waiting, running, or among the last that ended."""
    return _jobs.find(job_id)


def latest(owner: str) -> Job | None:
    """The job that `owner` submitted last in this process: a reloaded page finds its running job here."""
    return _jobs.latest(owner)


def start(
    spec: Spec,
    owner: str,
    *,
    store: Store | None = None,
    machine: Machine | None = None,
    on_event: OnEvent | None = None,
    visitor: Visitor | None = None,
    command: Sequence[str] = COMMAND,
) -> Job:
    """Queue a job that was checked; `command` starts its worker. Without `machine` no time is promised."""
    job = Job(uuid.uuid4().hex, owner, spec.data, on_event, visitor)
    return _enter(job, Supervisor(job, spec, store=store, machine=machine, command=command).run)


def _enter(job: Job, life: Callable[[], None]) -> Job:
    """`job`, whose `life` has begun on a thread of its own; QueueFull where it may not wait."""
    _jobs.add(job)
    threading.Thread(target=life, name=f"job {job.id}", daemon=True).start()
    return job


def results_of(job: Job) -> list[Any]:
    """Wait for `job`; its results, or the error it ended with."""
    try:
        while not job.wait(INTERRUPT_POLL_S):  # a wait without an end cannot be interrupted on Windows
            pass
    except KeyboardInterrupt:
        job.cancel()
        job.wait(EXIT_WAIT_S)
    if job.failure is not None:
        raise job.failure
    return job.results


@atexit.register
def close() -> None:
    """End the workers of this process and give its places in the queue back."""
    unfinished = _jobs.unfinished()
    for job in unfinished:
        job.cancel()
    deadline = time.monotonic() + EXIT_WAIT_S
    for job in unfinished:
        job.wait(max(0.0, deadline - time.monotonic()))
