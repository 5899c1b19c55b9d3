"""Every lesson's job runs on the machine below, and truth and reading take what it brings.

What is proved: the job as written passes the runner's check; a shorter one, of the same kinds, kernels, threads
and parameters, runs through the runner's own code to its end; and its results are what the lesson asks for. The
answer itself is not: too little is measured for that, and an effect that does not show, or a tie, will do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import answers_of
import pytest

from accel_core import registry
from accel_core.lessons import LESSONS, Lesson, Run
from accel_core.lessons.lesson import Job
from accel_core.machine import detect
from accel_core.model import Refusal
from accel_core.runner.kinds import KINDS
from accel_core.runner.spec import check

BUDGET_S = 0.4
"""For all of a lesson's cases together."""
ELEMENTS = 1 << 20
"""Of a vector at most: those of lessons have up to 10^8. Sizes of matrices stay, for lessons name them."""
TOKENS = 64
"""Of a transformer block, whose products are still large ones (`transformer.LARGE_FLOP`)."""


def shorter(job: Job, budget_s: float = BUDGET_S) -> Job:
    """The same job with less time, shorter vectors and fewer tokens."""
    jobs = [shorter(one, budget_s / len(job["jobs"])) for one in job.get("jobs", ())]
    cases = [_shorter_case(case) for case in job.get("cases", ())]
    pairs = [[_shorter_case(case) for case in pair] for pair in job.get("pairs", ())]
    parts = len(cases) + 2 * len(pairs) or 1
    less: Job = {"jobs": jobs, "cases": cases, "pairs": pairs, "budget_s": budget_s / parts}
    if "shape" in job:
        less["shape"] = {**job["shape"], "sequence": TOKENS}
    return {key: less.get(key, value) for key, value in job.items()}


def _shorter_case(case: Mapping[str, Any]) -> dict[str, Any]:
    is_vector = len(registry.kernel(case["kernel"])[0].axes) == 1
    return {**case, "size": min(case["size"], ELEMENTS) if is_vector else case["size"]}


def here(one: Lesson) -> Run:
    """What the shorter job of a lesson brings in this process, by the way of a worker's lines of JSON."""
    machine = detect()
    told: list[dict[str, Any]] = []
    job = one.job(machine)
    if job is not None:
        check(job, machine)
        spec = check(shorter(job), machine)
        KINDS[spec.kind].run(spec.data, machine, lambda event: told.append(json.loads(json.dumps(event))))
    results = [event for event in told if event["event"] == "result"]
    return Run.from_dict({"machine": machine.to_dict(), "results": results})


@pytest.mark.parametrize("one", LESSONS, ids=lambda one: one.name)
def test_every_lesson_is_run_and_answered_on_this_machine(one: Lesson) -> None:
    run = here(one)
    assert not [refusal.reason for refusal in run.every(Refusal)]
    assert not answers_of.faults(one, run)


def test_a_shorter_job_differs_in_times_and_lengths_of_vectors_and_sequences_alone() -> None:
    machine = detect()
    jobs = [job for one in LESSONS if (job := one.job(machine)) is not None]
    cut = {name for job in jobs for name in _differences(job, shorter(job))}
    assert cut == {"budget_s", "size", "sequence"}


def _differences(job: Any, other: Any, name: str = "") -> set[str]:
    """Names of the entries in which two jobs differ."""
    if isinstance(job, Mapping):
        assert job.keys() == other.keys()
        return {found for key in job for found in _differences(job[key], other[key], key)}
    if isinstance(job, list | tuple):
        assert len(job) == len(other)
        return {found for pair in zip(job, other, strict=True) for found in _differences(*pair, name)}
    return set() if job == other else {name}
