"""What a student of an assignment does, part by part, and how long the machine works for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core import lessons
from accel_core.codec import PlainData
from accel_core.homework.assignment import Assignment, job
from accel_core.model import Machine
from accel_core.runner.known import Known
from accel_core.runner.promise import foresee


@dataclass(frozen=True, slots=True)
class Part(PlainData):
    """One thing to do."""

    id: str
    kind: str
    """"lesson", "question", or the kind of an experiment."""
    text: str
    required: bool
    expected_s: float
    """How long the machine works; 0 for what is written."""


def plan(assignment: Assignment, machine: Machine, known: Known | None = None) -> list[Part]:
    """The parts of an assignment in its order; times are for what is `known` of the machine."""
    known = known or Known(machine)
    parts = []
    for name in assignment.lessons:
        one = lessons.lesson(name)
        parts.append(("lesson", name, one.question, _seconds(one.job(machine), known)))
    for experiment in assignment.experiments:
        work_s = _seconds(job(experiment, machine), known)
        parts.append((experiment.called(), experiment.id, experiment.text, work_s))
    parts += [("question", question.id, question.text, 0.0) for question in assignment.questions]
    return [Part(id, kind, text, assignment.requires(id), work_s) for kind, id, text, work_s in parts]


def _seconds(asked: Mapping[str, Any] | None, known: Known) -> float:
    return foresee(asked, known).total_s if asked else 0.0
