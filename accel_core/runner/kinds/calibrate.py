"""Hold backends against each other over a grid of shapes.

| key | meaning |
|---|---|
| `operations`, `dtypes` | which of the backends' operations; left out: all, and both dtypes |
| `lengths` | list of lengths (`Form.lengths`) of one operation instead of the whole grid |
| `budget_s` | measuring time of the job |
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, is_whole, quoted
from accel_core.model import Machine
from accel_core.model.limits import CALIBRATION_S
from accel_core.operations import OPERATIONS, find_operation
from accel_core.runner.kinds.kind import COMPILE_S, Emit, JobData, JobKind, Parts, dtypes, entries, seconds

if TYPE_CHECKING:
    from accel_core.runner.known import Known

MAX_LENGTH = 1 << 26


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    operations = entries(job, "operations", tuple(OPERATIONS))
    for operation in operations:
        find_operation(operation)
    budget_s = seconds(job, "budget_s", CALIBRATION_S)
    data: dict[str, Any] = {
        "operations": list(dict.fromkeys(operations)),
        "dtypes": dtypes(job),
        "lengths": None,
        "budget_s": budget_s,
        "threads": [machine.cores.allowed],
    }
    if job.get("lengths") is not None:
        if len(data["operations"]) != 1:
            raise BadInput("lengths are of one operation: name it in operations, or leave lengths out.")
        data["lengths"] = [_lengths(one, data["operations"][0]) for one in entries(job, "lengths")]
    return data, COMPILE_S + 5 * budget_s


def _lengths(given: Any, operation: str) -> list[int]:
    form = OPERATIONS[operation].form
    names = form.lengths
    fits = isinstance(given, list | tuple) and len(given) == len(names)
    if not fits or not all(is_whole(n, 1, MAX_LENGTH) for n in given):
        raise BadInput(
            f"{quoted(given)} is no shape of {operation}: give {', '.join(names)}, whole numbers from 1 to "
            f"{MAX_LENGTH}."
        )
    if math.prod(given) > form.most_steps:
        raise BadInput(
            f"{quoted(given)} is too large to be measured under every backend: choose a smaller shape."
        )
    return list(given)


def _asked(job: JobData) -> dict[str, Any]:
    """What is held against each other, as `calibrate` and `expected_s` take it."""
    return {
        "operations": job["operations"],
        "dtypes": job["dtypes"],
        "lengths": [tuple(one) for one in job["lengths"]] if job["lengths"] else None,
        "budget_s": job["budget_s"],
    }


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.backends.calibrating import calibrate

    calibrate(machine, **_asked(job), emit=emit)


def _foresee(data: JobData, known: Known) -> Parts:
    from accel_core.backends.calibrating import expected_s
    from accel_core.backends.compiled import CompiledBackend
    from accel_core.runner.compiling import compiling_s

    cores, asked = known.machine.cores.allowed, _asked(data)
    took_s = expected_s(cores, **asked, core_pace=known.core_pace.compiled, before=known.calibrations)
    roots = [getattr(CompiledBackend, f"plain_{operation}") for operation in data["operations"]]
    return [took_s], [sum(compiling_s(roots, data["dtypes"]))]


KIND = JobKind("calibrate", ("operations", "dtypes", "lengths"), _check, _run, _foresee)
