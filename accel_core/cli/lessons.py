"""Commands that teach: the lessons there are, and one of them from the guess to what was found."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from accel_core.cli.jobs import run_job
from accel_core.cli.output import Answer, pairs, table
from accel_core.errors import AccelError, BadInput
from accel_core.lessons import LESSONS, Lesson, Run
from accel_core.lessons import lesson as find
from accel_core.machine import detect
from accel_core.model import Refusal


def lessons(options: Namespace) -> Answer:
    """The lessons: name, question, and the form of the guess."""
    data = {"lessons": [{"name": one.name, "question": one.question, "guess": _form(one)} for one in LESSONS]}
    return Answer(data, table(["lesson", ""], [[one.name, one.question] for one in LESSONS]))


def lesson(options: Namespace) -> Answer:
    """Run one lesson: what was guessed, what is true here, and what that means."""
    one = find(options.lesson)
    guess = None if options.guess is None else one.form.read(options.guess)
    machine = detect()
    job = one.job(machine)
    run = Run(machine, _measured(run_job(job)) if job else ())
    truth = one.truth(run)
    data = {
        "name": one.name,
        "question": one.question,
        "guess": guess,
        "truth": asdict(truth),
        "reading": one.reveal(guess, run),
        "claim": asdict(one.claim),
        "disturbed": run.disturbed,
    }
    rows = [
        ("question", one.question),
        ("here", one.form.told(truth.value) + _interval(truth.low, truth.high)),
        ("reading", str(data["reading"])),
        ("claim", f"{one.claim.text} ({one.claim.source})"),
    ]
    if run.disturbed:
        rows.append(("DISTURBED", run.disturbed))
    return Answer(data, pairs(rows))


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
