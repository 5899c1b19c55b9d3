"""Measure rightly and by a mistake made on purpose: what the mistake costs or hides.

| key | meaning |
|---|---|
| `names` | list of mistakes (`NAMES`) |
| `budget_s` | measuring time of each |
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, quoted
from accel_core.model import Machine
from accel_core.runner.kinds.kind import COMPILE_S, Emit, JobData, JobKind, Parts, entries, seconds

if TYPE_CHECKING:
    from accel_core.runner.known import Known

NAMES = ("cold", "crowded", "denormal")
"""The files of bench.trials."""
MOST_THREADS = 4
"""Processors of a trial at the most: what more threads than cores do shows on few, in less time."""
AROUND_S = 1.0
"""What stands around the samples of one: compiling a small loop several times, inputs and checks."""


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    names = entries(job, "names")
    for name in names:
        if name not in NAMES:
            raise BadInput(f"There is no trial {quoted(name)}: use {', '.join(NAMES)}.")
    budget_s = seconds(job, "budget_s", 2.0)
    threads = min(machine.cores.allowed, MOST_THREADS)
    data = {"names": list(dict.fromkeys(names)), "budget_s": budget_s, "threads": [threads]}
    return data, COMPILE_S + 5 * budget_s * len(names)


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.bench import Clocks, limit
    from accel_core.bench.events import result_event, step_event

    budget_s, (threads,) = job["budget_s"], job["threads"]
    for done, name in enumerate(names := job["names"]):
        emit(step_event(f"trial {name}", done, len(names), budget_s * (len(names) - done)))
        trying = import_module(f"accel_core.bench.trials.{name}").trial
        with limit(1):
            emit(result_event(trying(budget_s, threads, Clocks.of(machine, 1, f"trial/{name}", 0))))


def _foresee(data: JobData, known: Known) -> Parts:
    each_s = data["budget_s"] + AROUND_S * known.core_pace.compiled
    return [each_s] * len(data["names"]), [0.0] * len(data["names"])


KIND = JobKind("trial", ("names",), _check, _run, _foresee)
