"""A checked job: what pages and commands submit as plain data, before anything is queued.

Beside the keys of its kind (`kinds/`) a job has these:

| key | meaning |
|---|---|
| `kind` | of `kinds.KINDS` |
| `budget_s` | measuring time, of a case or of the whole job |
| `time_limit_s` | end the job after so long; left out: derived from the budget |
| `memory_limit_bytes` | end the job above so much resident memory; left out: a share of what is free |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.errors import BadInput, is_whole, quoted
from accel_core.machine import refuse_to_measure
from accel_core.machine.load import available_memory_bytes
from accel_core.model import Machine
from accel_core.runner.kinds import KINDS, JobData
from accel_core.runner.kinds.kind import seconds

MAX_TIME_S = 3600.0
"""No job holds the queue for longer, whatever it asks for."""
MEMORY_SHARE = 0.8
"""Of the memory that is free when the job starts; the rest is for the server and the browser."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A checked job: the data for the worker, and the limits that the parent process enforces."""

    kind: str
    data: dict[str, Any]
    time_limit_s: float
    memory_limit_bytes: int | None = None
    """As asked for; None stands for MEMORY_SHARE alone."""


def check(job: JobData, machine: Machine) -> Spec:
    """`job` with its defaults filled in; BadInput where it cannot be run on `machine`."""
    spec = complete(job, machine)
    if KINDS[spec.kind].measures:
        refuse_to_measure(machine)
    return spec


def complete(job: JobData, machine: Machine) -> Spec:
    """The same for a job that is only talked about: on a pretend host too."""
    if not isinstance(job, Mapping):
        raise BadInput(f"A job is a mapping with a kind; given: {quoted(job)}.")
    kind = job.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadInput(f"The job's kind is {quoted(kind)}: use one of {', '.join(KINDS)}.")
    keys = KINDS[kind].keys
    unknown = set(job) - {"kind", "budget_s", "time_limit_s", "memory_limit_bytes", *keys}
    if unknown:
        raise BadInput(
            f"A {kind} job knows no {', '.join(sorted(map(quoted, unknown)))}: "
            f"use {', '.join(keys)}, budget_s, time_limit_s or memory_limit_bytes."
        )
    data, derived_s = KINDS[kind].check(job, machine)
    asked_s = seconds(job, "time_limit_s", derived_s, MAX_TIME_S)
    return Spec(kind, {"kind": kind, **data}, min(asked_s, MAX_TIME_S), _memory(job))


def memory_now_bytes(spec: Spec) -> int:
    """The memory limit of a job that starts now: what was asked for, at most MEMORY_SHARE of what is free."""
    free = int(MEMORY_SHARE * available_memory_bytes())
    return free if spec.memory_limit_bytes is None else min(free, spec.memory_limit_bytes)


def _memory(job: JobData) -> int | None:
    given = job.get("memory_limit_bytes")
    if given is not None and not is_whole(given, 1):
        raise BadInput(
            f"memory_limit_bytes is {quoted(given)}: give a whole number of bytes above 0, or leave it out."
        )
    return given
