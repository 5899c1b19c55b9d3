"""What the records of this computer hold of an assignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from accel_core import lessons, registry
from accel_core.errors import BadInput
from accel_core.homework.assignment import Assignment, Experiment
from accel_core.homework.moments import moment
from accel_core.homework.pack import ExperimentDone, LessonDone
from accel_core.homework.private import private
from accel_core.homework.shared import DAMAGE
from accel_core.lessons.run import Run
from accel_core.model import BlockRun, Case, Machine, Measurement, Peaks, Refusal
from accel_core.model.answers import Answer, Guess
from accel_core.privacy import without_user

Measured = TypeVar("Measured", bound=Measurement | BlockRun)

if TYPE_CHECKING:
    from accel_core.store import Store


@dataclass(frozen=True)
class Found:
    """What is done of an assignment on one machine."""

    machine: Machine
    peaks: Peaks | None
    lessons: tuple[LessonDone, ...]
    experiments: tuple[ExperimentDone, ...]


def find(assignment: Assignment, store: Store, machine: Machine, since: str | None = None) -> Found:
    """What was done of an assignment since a time (ISO 8601; None: ever). Roofs count from any time."""
    done = (lesson_done(store, machine, name, since) for name in assignment.lessons)
    peaks = store.peaks(machine.fingerprint)
    return Found(
        machine,
        peaks and replace(peaks, environment=private(peaks.environment)),
        tuple(one for one in done if one is not None),
        tuple(experiment_done(store, machine, one, since) for one in assignment.experiments),
    )


def lesson_done(store: Store, machine: Machine, name: str, since: str | None) -> LessonDone | None:
    """The first answer to a lesson that was guessed, for later guesses know it; else the first answer."""
    lesson = lessons.lesson(name)
    ever = [a for a in reversed(store.answers(machine.fingerprint, lesson=name)) if a.lesson == name]
    found = [answer for answer in ever if not _earlier(answer.created, since)]
    guessed = [answer for answer in found if answer.guess is not None and answer.guess.said]
    for answer in (*guessed, *found):
        try:
            run = Run.from_dict(answer.run)
            lesson.truth(run)  # of another version of the lesson it may find nothing
        except DAMAGE:
            continue
        results = [of_nobody(r) if isinstance(r, Measurement | BlockRun) else r for r in run.results]
        return LessonDone(
            name,
            answer.guess,
            answer.created,
            Run(private(run.machine), results),
            _known_since(ever, answer.guess),
        )
    return None


def _known_since(answers: Sequence[Answer], guess: Guess | None) -> str:
    """When the first of `answers` came, if that was before the guess was made; else empty."""
    if guess is None:
        return ""
    return next((one.created for one in answers if _earlier(one.created, guess.committed)), "")


def experiment_done(
    store: Store, machine: Machine, experiment: Experiment, since: str | None
) -> ExperimentDone:
    """Of each case the newest measurement that nothing disturbed, else the newest; else why it cannot run."""
    measured: list[Measurement] = []
    refused: list[Refusal] = []
    known: dict[tuple[str, str], list[Measurement]] = {}
    for case in experiment.cases(machine):
        workload = registry.kernel(case.kernel)[0].name
        asked = (workload, case.dtype)
        if asked not in known:
            known[asked] = store.measurements(
                machine.fingerprint, workload=workload, dtype=case.dtype, since=since
            )
        found = [m for m in known[asked] if of_case(m, case)]
        best = next((m for m in found if not m.disturbed), found[0] if found else None)
        if best is not None:
            measured.append(of_nobody(best))
        elif (reason := why_not(case, machine)) is not None:
            refused.append(Refusal(case, without_user(reason)))
    return ExperimentDone(experiment.id, tuple(measured), tuple(refused))


def of_nobody(measured: Measured) -> Measured:
    """What was measured, in an environment that does not name the account."""
    return replace(measured, environment=private(measured.environment))


def of_case(measurement: Measurement, case: Case) -> bool:
    """Whether a measurement is of a case."""
    workload = registry.kernel(case.kernel)[0]
    asked = (case.kernel, case.size, case.dtype, case.threads, dict(case.parameters))
    m = measurement
    found = (m.kernel, m.size, m.dtype, m.threads, dict(m.parameters))
    return found == asked and tuple(m.shape) == tuple(workload.shape(case.size))


def why_not(case: Case, machine: Machine) -> str | None:
    """Why a case cannot run on a machine, in a sentence; None where it can."""
    try:
        return registry.why_not(registry.validate(case, machine), machine)
    except BadInput as error:
        return str(error)


def _earlier(text: str, since: str | None) -> bool:
    return since is not None and moment(text) < moment(since)
