"""Several jobs in one turn, one after another: what a lesson asks that one kind alone does not answer.

| key | meaning |
|---|---|
| `jobs` | list of jobs of other kinds, each with its own keys |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, quoted
from accel_core.runner.kinds import bench, calibrate, compare, simulate, transformer, trial, tune
from accel_core.runner.kinds.kind import ROOFS, Emit, JobData, JobKind, Parts, entries

if TYPE_CHECKING:
    from accel_core.model import Machine
    from accel_core.runner.known import Known

ALLOWED = {one.KIND.name: one.KIND for one in (bench, calibrate, compare, simulate, trial, transformer, tune)}
"""Not peaks: its worker is compiled for this processor whatever the user's settings say."""


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    from accel_core.runner.spec import complete

    specs = []
    for one in entries(job, "jobs"):
        kind = one.get("kind") if isinstance(one, Mapping) else None
        if kind not in ALLOWED:
            raise BadInput(f"A job of a sequence has the kind {quoted(kind)}: use {', '.join(ALLOWED)}.")
        specs.append(complete(one, machine))
    return {"jobs": [spec.data for spec in specs]}, sum(spec.time_limit_s for spec in specs)


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    roofs = {ROOFS: job[ROOFS]} if ROOFS in job else {}
    for at, one in enumerate(job["jobs"]):
        kind = ALLOWED[one["kind"]]
        told = {**one, **roofs} if kind.told_roofs else one
        kind.run(told, machine, _as_step(emit, at, len(job["jobs"])))


def _as_step(emit: Emit, at: int, total: int) -> Emit:
    """What hears the events of the job at `at` and counts it as one step of `total`."""

    def heard(event: dict[str, Any]) -> None:
        emit(event | {"done": at, "total": total} if event["event"] == "step" else event)

    return heard


def _foresee(data: JobData, known: Known) -> Parts:
    parts = [ALLOWED[one["kind"]].foresee(one, known) for one in data["jobs"]]
    return [sum(steps_s) for steps_s, _ in parts], [sum(compile_s) for _, compile_s in parts]


KIND = JobKind(
    "sequence",
    ("jobs",),
    _check,
    _run,
    _foresee,
    lambda data: max(ALLOWED[one["kind"]].threads(one) for one in data["jobs"]),
    told_roofs=True,
)
