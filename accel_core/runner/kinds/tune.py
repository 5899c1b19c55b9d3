"""Measure at which block lengths the packed product is fastest.

| key | meaning |
|---|---|
| `dtypes` | left out: both |
| `budget_s` | measuring time of the job |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accel_core.model import Machine
from accel_core.model.limits import TUNING_S
from accel_core.runner.kinds.kind import COMPILE_S, Emit, JobData, JobKind, Parts, dtypes, seconds

if TYPE_CHECKING:
    from accel_core.runner.known import Known


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    budget_s = seconds(job, "budget_s", TUNING_S)
    return {"dtypes": dtypes(job), "budget_s": budget_s}, COMPILE_S + 5 * budget_s


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.tuning import tune

    tune(machine, dtypes=job["dtypes"], budget_s=job["budget_s"], emit=emit)


def _foresee(data: JobData, known: Known) -> Parts:
    from accel_core.kernels.matmul.packed import five_loops, four_loops
    from accel_core.kernels.matmul.register import vector_tile
    from accel_core.runner.compiling import compiling_s

    return [data["budget_s"]], [sum(compiling_s([five_loops, four_loops, vector_tile], data["dtypes"]))]


KIND = JobKind("tune", ("dtypes",), _check, _run, _foresee)
