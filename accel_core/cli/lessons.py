"""Commands that teach: the lessons there are, and one of them from the guess to what was found."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from accel_core.cli.jobs import run_job
from accel_core.cli.output import Answer, Progress, pairs, table
from accel_core.errors import AccelError, BadInput
from accel_core.lessons import LESSONS, Lesson, Run
from accel_core.lessons import lesson as find
from accel_core.lessons.keeping import answer_now, guess_now, keep
from accel_core.lessons.lesson import Job
from accel_core.machine import refuse_to_measure
from accel_core.model import Machine, Refusal
from accel_core.model.answers import Answer as Found
from accel_core.model.answers import Guess
from accel_core.units import format_duration


def lessons(options: Namespace) -> Answer:
    """The lessons: name, question, and the form of the guess."""
    data = {"lessons": [{"name": one.name, "question": one.question, "guess": _form(one)} for one in LESSONS]}
    return Answer(data, table(["lesson", ""], [[one.name, one.question] for one in LESSONS]))


def lesson(options: Namespace) -> Answer:
    """Run one lesson: what was guessed, what is true here, and what that means."""
    from accel_core.pool import measured_machine
    from accel_core.runner.kinds import KINDS

    one = find(options.lesson)
    guess = None if options.guess is None else one.form.read(options.guess)
    machine = measured_machine()
    job = one.job(machine)
    if job and KINDS[job["kind"]].measures:
        refuse_to_measure(machine)
    guessed = None if guess is None else guess_now(one.name, options.guess)
    _keep(guessed, machine)
    if job:
        _foretell(job, machine)
    run = Run(machine, _measured(run_job(job)) if job else ())
    try:
        truth, reading = one.truth(run), one.reveal(guess, run)
    except LookupError as missing:
        raise AccelError(f"The run did not bring what the lesson asks for: {missing.args[0]}.") from missing
    _keep(answer_now(one.name, guessed, run), machine)
    data = {
        "name": one.name,
        "question": one.question,
        "guess": guess,
        "truth": asdict(truth),
        "reading": reading,
        "claim": asdict(one.claim),
        "disturbed": run.disturbed,
    }
    rows = [
        ("question", one.question),
        ("here", one.form.told(truth.value) + _interval(truth.low, truth.high)),
        ("reading", reading),
        ("claim", f"{one.claim.text} ({one.claim.source})"),
    ]
    if run.disturbed:
        rows.append(("DISTURBED", run.disturbed))
    return Answer(data, pairs(rows))


def _foretell(job: Job, machine: Machine) -> None:
    """Say how long the run takes where that is longer than usual: the first time, which compiles."""
    from accel_core.runner.known import Known
    from accel_core.runner.promise import core_pace, foresee

    promise = foresee(job, Known(machine, core_pace=core_pace()))
    if promise.compile_s >= 1:
        took, first = format_duration(promise.total_s), format_duration(promise.compile_s)
        Progress().tell(f"This takes about {took}; about {first} of that go to compiling, the first time only.")


def _keep(record: Guess | Found | None, machine: Machine) -> None:
    """Store it; what is not stored is a warning."""
    from accel_core.store import Store

    if record is not None and (sentence := keep(Store(), record, machine)):
        Progress().warn(sentence)


def _measured(results: list[Any]) -> list[Any]:
    """The results; a refusal is raised, since a lesson needs all that it asks for."""
    for result in results:
        if isinstance(result, Refusal):
            raise (AccelError if result.fault else BadInput)(result.reason)
    return results


def _form(one: Lesson) -> dict[str, object]:
    return {"kind": one.form.called(), **one.form.to_dict()}


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{low:.3g}, {high:.3g}]"
