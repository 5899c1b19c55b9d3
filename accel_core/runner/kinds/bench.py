"""Time cases, one after the other or in turns.

| key | meaning |
|---|---|
| `cases` | list of cases (`model.Case.to_dict`) |
| `budget_s` | measuring time of one case |
| `limit_s` | a call that is predicted to take longer is refused |
| `in_turns` | true: cases of a problem and one thread take turns, a sample each; left out: false |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accel_core import registry
from accel_core.errors import BadInput, quoted
from accel_core.machine import available_memory_bytes
from accel_core.model import Case, Machine, Peaks
from accel_core.runner.kinds.cases import checked_case, compiling_each_s, timed
from accel_core.runner.kinds.kind import ROOFS, Emit, JobData, JobKind, Parts, entries

if TYPE_CHECKING:
    from accel_core.runner.known import Known


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    cases = [checked_case(case, machine) for case in entries(job, "cases")]
    in_turns = job.get("in_turns", False)
    if not isinstance(in_turns, bool):
        raise BadInput(f"in_turns is {quoted(in_turns)}: give true or false.")
    if in_turns:
        for together in _turns(cases):
            registry.require_one_problem(together)
    return timed(job, {"cases": cases, "in_turns": in_turns}, len(cases))


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    """Measure the cases, and again the roofs that they passed."""
    from accel_core.bench import run_cases, run_in_turns
    from accel_core.model import Measurement

    cases = [Case.from_dict(case) for case in job["cases"]]
    budget_s, limit_s = job["budget_s"], job["limit_s"]
    if job.get("in_turns"):
        results: list[Any] = []
        turns = _turns(job["cases"])
        for at, together in enumerate(turns):
            heard = _as_part(emit, turns, at, budget_s)
            results += run_in_turns(together, machine, budget_s=budget_s, emit=heard, limit_s=limit_s)
    else:
        results = list(run_cases(cases, machine, budget_s=budget_s, emit=emit, limit_s=limit_s))
    known = Peaks.from_dict(job[ROOFS]) if ROOFS in job else None
    if known is not None and known.fingerprint == machine.fingerprint:
        from accel_core.peaks import measure_again

        measure_again([r for r in results if isinstance(r, Measurement)], known, machine, emit)


def _turns(cases: Sequence[Mapping[str, Any]]) -> list[list[Case]]:
    """The valid cases that take turns; all of them, where one would be alone."""
    every = [Case.from_dict(case) for case in cases]
    found = registry.problems(every)
    return found if all(len(together) > 1 for together in found) else [every]


def _as_part(emit: Emit, turns: Sequence[Sequence[Case]], at: int, budget_s: float) -> Emit:
    """What hears the events of `turns[at]` and counts its steps, each case and all in turns, among all."""
    steps = [len(together) + 1 for together in turns]
    rest_s = budget_s * sum(map(len, turns[at + 1 :]))

    def heard(event: dict[str, Any]) -> None:
        if event["event"] == "step":
            event |= {"done": sum(steps[:at]) + event["done"], "total": sum(steps)}
            event["expected_s"] += rest_s
        emit(event)

    return heard


def _foresee(data: JobData, known: Known) -> Parts:
    cases = [Case.from_dict(case) for case in data["cases"]]
    free_bytes = available_memory_bytes()
    steps_s = [_case_s(case, data, known, free_bytes) for case in cases]
    run = [[case] if step_s else [] for case, step_s in zip(cases, steps_s, strict=True)]
    return steps_s, compiling_each_s(run, known.experience)


def _case_s(case: Case, data: JobData, known: Known, free_bytes: int) -> float:
    """One case; nothing where it is refused, but for its time: then a smaller size is run."""
    limit_s, machine = data["limit_s"], known.machine
    too_long = registry.predicted_s(case) > limit_s
    if not too_long and registry.why_not(case, machine, limit_s, available_bytes=free_bytes):
        return 0.0
    if data.get("in_turns"):
        return 0.0 if too_long else known.experience.around_s(case, data["budget_s"]) + data["budget_s"]
    return known.experience.case_s(case, data["budget_s"], data["limit_s"])


KIND = JobKind(
    "bench",
    ("cases", "limit_s", "in_turns"),
    _check,
    _run,
    _foresee,
    lambda data: max(case["threads"] for case in data["cases"]),
    told_roofs=True,
)
