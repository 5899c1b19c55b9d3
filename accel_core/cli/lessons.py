"""Commands that teach: the lessons there are, and one of them from the guess to what was found."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from accel_core.cli.jobs import run_job
from accel_core.cli.output import Answer, pairs, table
from accel_core.errors import AccelError, BadInput
from accel_core.lessons import LESSONS, Choice, Lesson
from accel_core.lessons import lesson as find
from accel_core.model import Comparison, Measurement, Refusal


def lessons(options: Namespace) -> Answer:
    """The lessons: name, question, and the form of the guess."""
    data = {"lessons": [{"name": one.name, "question": one.question, "guess": _form(one)} for one in LESSONS]}
    return Answer(data, table(["lesson", ""], [[one.name, one.question] for one in LESSONS]))


def lesson(options: Namespace) -> Answer:
    """Run one lesson: what was guessed, what is true here, and what that means."""
    one = find(options.lesson)
    guess = None if options.guess is None else one.form.read(options.guess)
    results: list[Measurement | Comparison] = []
    for job in one.jobs:
        found = run_job(job)
        refused = next((r for r in found if isinstance(r, Refusal)), None)
        if refused is not None:
            raise (AccelError if refused.fault else BadInput)(refused.reason)
        results += [r for r in found if isinstance(r, Measurement | Comparison)]
    truth = one.truth(results)
    data = {
        "name": one.name,
        "question": one.question,
        "guess": guess,
        "truth": asdict(truth),
        "reading": one.reveal(guess, results),
        "claim": asdict(one.claim),
        "disturbed": "; ".join(dict.fromkeys(r.disturbed_reason for r in results if r.disturbed)),
    }
    rows = [
        ("question", one.question),
        ("here", one.form.told(truth.value) + _interval(truth.low, truth.high)),
        ("reading", str(data["reading"])),
        ("claim", f"{one.claim.text} ({one.claim.source})"),
    ]
    if data["disturbed"]:
        rows.append(("DISTURBED", str(data["disturbed"])))
    return Answer(data, pairs(rows))


def _form(one: Lesson) -> dict[str, object]:
    if isinstance(one.form, Choice):
        return {"kind": "choice", "answers": dict(one.form.answers)}
    return {"kind": "number", **asdict(one.form)}


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{low:.3g}, {high:.3g}]"
