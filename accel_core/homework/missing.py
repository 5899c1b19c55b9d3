"""What an assignment requires and a pack lacks, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from accel_core import lessons
from accel_core.homework.assignment import Assignment, Experiment, Roofline, threads_on
from accel_core.homework.finding import Found, of_case
from accel_core.homework.pack import ExperimentDone, Pack
from accel_core.model import Machine, Peaks
from accel_core.units import format_count


def missing(assignment: Assignment, have: Found | Pack, answers: Mapping[str, str]) -> list[str]:
    """What an assignment requires and is not there, a sentence each."""
    done = {one.lesson: one for one in have.lessons}
    found = []
    for name in filter(assignment.requires, assignment.lessons):
        if name not in done:
            found.append(f"The lesson {name} ({lessons.lesson(name).title}) is not answered.")
        elif (guess := done[name].guess) is None or not guess.said:
            found.append(f"The lesson {name} has no guess.")
    measured = {one.id: one for one in have.experiments}
    for one in assignment.experiments:
        if assignment.requires(one.id):
            found += lacking(one, measured.get(one.id, ExperimentDone(one.id)), have.peaks, have.machine)
    for question in assignment.questions:
        if assignment.requires(question.id) and not answers.get(question.id, "").strip():
            found.append(f"The question {question.id} has no answer.")
    return found


def lacking(experiment: Experiment, done: ExperimentDone, peaks: Peaks | None, machine: Machine) -> list[str]:
    """What one experiment lacks."""
    if isinstance(experiment, Roofline):
        measured = {(c.dtype, c.threads) for c in peaks.ceilings if c.kind == "compute"} if peaks else set()
        asked = {(d, threads_on(machine, t)) for d in experiment.dtypes for t in experiment.threads}
        return [
            f"The experiment {experiment.id} lacks the roofs in {dtype} on {format_count(threads, 'thread')}."
            for dtype, threads in sorted(asked - measured)
        ]
    refused = [one.case for one in done.refusals]
    cases = [case for case in experiment.cases(machine) if case not in refused]
    lacked = [case for case in cases if not any(of_case(m, case) for m in done.measurements)]
    if not lacked:
        return []
    names = ", ".join(dict.fromkeys(case.kernel for case in lacked))
    return [f"The experiment {experiment.id} lacks {len(lacked)} of {len(cases)} measurements: {names}."]
