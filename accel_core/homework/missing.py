"""What an assignment requires and a pack lacks, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from accel_core import lessons
from accel_core.homework.assignment import Assignment, Experiment, Roofline, threads_on
from accel_core.homework.finding import Found, of_case
from accel_core.homework.pack import ExperimentDone, LessonDone, Pack
from accel_core.homework.shared import DAMAGE
from accel_core.model import Machine, Peaks
from accel_core.units import format_count


def missing(assignment: Assignment, have: Found | Pack, answers: Mapping[str, str]) -> list[str]:
    """What an assignment requires and is not there, a sentence each."""
    return [sentence for said in lacks(assignment, have, answers).values() for sentence in said]


def lacks(assignment: Assignment, have: Found | Pack, answers: Mapping[str, str]) -> dict[str, list[str]]:
    """Id of each required part -> what it lacks; nothing where it is whole."""
    done = {one.lesson: one for one in have.lessons}
    found = {name: lesson_lacks(name, done.get(name)) for name in assignment.lessons}
    measured = {one.id: one for one in have.experiments}
    for one in assignment.experiments:
        mine = measured.get(one.id, ExperimentDone(one.id))
        found[one.id] = lacking(one, mine, have.peaks, have.machine)
    for question in assignment.questions:
        empty = not answers.get(question.id, "").strip()
        found[question.id] = [f"The question {question.id} has no answer."] if empty else []
    return {name: said for name, said in found.items() if assignment.requires(name)}


def lesson_lacks(name: str, done: LessonDone | None) -> list[str]:
    """What one lesson lacks."""
    one = lessons.lesson(name)
    if done is None:
        return [f"The lesson {name} ({one.title}) is not answered."]
    try:
        one.truth(done.run)
    except DAMAGE:
        return [f"The lesson {name} has no result."]
    return [] if done.guess is not None and done.guess.said else [f"The lesson {name} has no guess."]


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
