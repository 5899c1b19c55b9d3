"""Measure the disk under a folder.

| key | meaning |
|---|---|
| `folder` | where the file is made and removed: on the computer that measures |
| `budget_s` | measuring time of the job |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accel_core.model import Machine
from accel_core.model.limits import DISK_S
from accel_core.runner.kinds.kind import COMPILE_S, Emit, JobData, JobKind, Parts, seconds

if TYPE_CHECKING:
    from accel_core.runner.known import Known

BEFORE_S = 1.0
"""Random bytes are drawn first, and the file is given back at the end: about so long for 4 GiB."""


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    from accel_core.disk.room import check_folder

    folder, budget_s = check_folder(job.get("folder")), seconds(job, "budget_s", DISK_S)
    return {"folder": str(folder), "budget_s": budget_s}, COMPILE_S + 5 * budget_s


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.disk.measuring import measure_disk

    measure_disk(machine, job["folder"], budget_s=job["budget_s"], emit=emit)


def _foresee(data: JobData, known: Known) -> Parts:
    """Its two steps: the file is made, and then read and written."""
    from accel_core.disk.rounds import FILE_SHARE

    budget_s = data["budget_s"]
    return [BEFORE_S + FILE_SHARE * budget_s, (1 - FILE_SHARE) * budget_s], [0.0, 0.0]


KIND = JobKind("disk", ("folder",), _check, _run, _foresee)
