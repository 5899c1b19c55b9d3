"""Many cases, one after the other: progress, refusals, and what a refused case would have taken."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core import registry
from accel_core.bench.clocks import Clocks
from accel_core.bench.duration import Experience
from accel_core.bench.events import Emit, ignore, label, result_event, step_event, warning_event
from accel_core.bench.measuring import measure
from accel_core.bench.smaller import stand_in
from accel_core.errors import WrongResult
from accel_core.machine import refuse_to_measure
from accel_core.model import Case, Machine, Measurement, Refusal
from accel_core.model.limits import LIMIT_S


def run_cases(
    cases: Sequence[Case],
    machine: Machine,
    *,
    budget_s: float = 2.0,
    emit: Emit = ignore,
    limit_s: float = LIMIT_S,
    clocks: Clocks | None = None,
) -> list[Measurement | Refusal]:
    """A result for each of `cases`, in order, `budget_s` seconds of samples each, emitted as it is made.

    All cases are validated before the first is run (BadInput). A case whose single call would exceed `limit_s`,
    or that this machine cannot run, or whose result is wrong, becomes a Refusal; the others go on.
    """
    refuse_to_measure(machine)
    valid = [registry.validate(case, machine) for case in cases]
    experience = Experience()
    parts_s = [experience.case_s(case, budget_s, limit_s) for case in valid]
    results: list[Measurement | Refusal] = []
    for done, case in enumerate(valid):
        emit(step_event(label(case), done, len(valid), sum(parts_s[done:])))
        result = _run(case, machine, budget_s, limit_s, emit, clocks)
        results.append(result)
        emit(result_event(result))
    return results


def _run(
    case: Case, machine: Machine, budget_s: float, limit_s: float, emit: Emit, clocks: Clocks | None
) -> Measurement | Refusal:
    reason = registry.why_not(case, machine, limit_s)
    try:
        if reason is not None:
            return extrapolate(case, reason, machine, budget_s=budget_s, limit_s=limit_s, clocks=clocks)
        return measure(case, machine, budget_s=budget_s, clocks=clocks)
    except WrongResult as error:
        emit(warning_event(str(error)))
        return Refusal(case, str(error), fault=True)
    except MemoryError:
        return Refusal(case, out_of_memory(case), fault=True)


def out_of_memory(case: Case) -> str:
    """Why a case was not timed that found too little memory."""
    return f"{label(case)} found too little free memory: choose a smaller size."


def extrapolate(
    case: Case,
    reason: str,
    machine: Machine,
    *,
    budget_s: float,
    limit_s: float,
    clocks: Clocks | None = None,
) -> Refusal:
    """A Refusal that says what the case would take: a smaller size is measured and scaled by the FLOP counts.

    Only for cases refused for their time; one that lacks memory or an instruction says nothing of its speed.
    """
    if registry.predicted_s(case) <= limit_s:
        return Refusal(case, reason)
    smaller = stand_in(case, budget_s)
    if smaller is None or registry.why_not(smaller, machine, limit_s) is not None:
        return Refusal(case, reason)
    measured = measure(smaller, machine, budget_s=budget_s, clocks=clocks)
    workload, _ = registry.kernel(case.kernel)
    ratio = workload.flop(case.shape or workload.shape(case.size)) / measured.flop
    return Refusal(case, reason, measured.time_s.median * ratio, smaller.size)
