"""Time pairs of cases in turns, for the ratio of their speeds.

| key | meaning |
|---|---|
| `pairs` | list of [case, case] (`model.Case.to_dict`) |
| `budget_s` | measuring time of one pair |
| `limit_s` | a call that is predicted to take longer is refused |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, quoted
from accel_core.model import Case, Machine
from accel_core.runner.kinds.cases import checked_case, compiling_each_s, timed
from accel_core.runner.kinds.kind import Emit, JobData, JobKind, Parts, entries

if TYPE_CHECKING:
    from accel_core.runner.known import Known


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    pairs = []
    for pair in entries(job, "pairs"):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise BadInput(f"A pair to compare is a list of two cases; given: {quoted(pair)}.")
        pairs.append([checked_case(case, machine) for case in pair])
    return timed(job, {"pairs": pairs}, 2 * len(pairs))


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.bench import compare

    pairs = [(Case.from_dict(a), Case.from_dict(b)) for a, b in job["pairs"]]
    compare(pairs, machine, budget_s=job["budget_s"], emit=emit)


def _foresee(data: JobData, known: Known) -> Parts:
    pairs = [[Case.from_dict(case) for case in pair] for pair in data["pairs"]]
    steps_s = [known.experience.pair_s(pair, data["budget_s"], data["limit_s"]) for pair in pairs]
    return steps_s, compiling_each_s(pairs, known.experience)


KIND = JobKind(
    "compare",
    ("pairs", "limit_s"),
    _check,
    _run,
    _foresee,
    lambda data: max(case["threads"] for pair in data["pairs"] for case in pair),
)
