"""Measure the roofs of the machine.

| key | meaning |
|---|---|
| `dtypes`, `threads` | which roofs; left out: both dtypes, one and all threads |
| `budget_s` | measuring time of the job |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, is_whole, quoted
from accel_core.model import Machine
from accel_core.model.limits import PEAKS_S
from accel_core.runner.kinds.kind import COMPILE_S, Emit, JobData, JobKind, Parts, dtypes, entries, seconds

if TYPE_CHECKING:
    from accel_core.runner.known import Known

PROBES_S = 1.6
"""The roofs' probes are loaded, or compiled, which takes as long: they are many and short."""


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    most = machine.cores.allowed
    threads = entries(job, "threads", sorted({1, most}))
    for count in threads:
        if not is_whole(count, 1, most):
            raise BadInput(f"{quoted(count)} threads cannot be measured: use a whole number from 1 to {most}.")
    budget_s = seconds(job, "budget_s", PEAKS_S)
    data = {"dtypes": dtypes(job), "threads": sorted(set(threads)), "budget_s": budget_s}
    return data, COMPILE_S + 5 * budget_s


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.peaks import measure_peaks

    measure_peaks(machine, dtypes=job["dtypes"], threads=job["threads"], budget_s=job["budget_s"], emit=emit)


def _foresee(data: JobData, known: Known) -> Parts:
    return [data["budget_s"]], [PROBES_S]


KIND = JobKind("peaks", ("dtypes", "threads"), _check, _run, _foresee, own_compiler=True)
