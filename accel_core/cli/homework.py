"""Commands of homework: an assignment and its mistakes, what it still needs, and the pack that is handed in."""

from __future__ import annotations

import tomllib
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accel_core.cli.jobs import known_machine, run_job, warn_of_damage
from accel_core.cli.output import Answer, Progress, pairs, table
from accel_core.errors import AccelError, BadInput, quoted
from accel_core.homework.assignment import Experiment, Roofline, job
from accel_core.homework.begun import begin, begun
from accel_core.homework.example import write_example
from accel_core.model import Case, Machine, Measurement
from accel_core.units import format_count, format_time

if TYPE_CHECKING:
    from accel_core.homework.pack import ExperimentDone


def homework(options: Namespace) -> Answer:
    """The action that was asked for."""
    return ACTIONS[options.action](options)


def _new(options: Namespace) -> Answer:
    path = write_example(options.file)
    said = f"{path} is written: change it, then run accel homework check-assignment {path}."
    return Answer({"file": str(path)}, said)


def _check_assignment(options: Namespace) -> Answer:
    """Mistakes are the answer of --json too, and a fault without it."""
    from accel_core.homework.plan import plan
    from accel_core.homework.reading import assignment_text, read_with_mistakes

    assignment, said = read_with_mistakes(assignment_text(options.file))
    if assignment is None:
        if options.json:
            return Answer({"ok": False, "mistakes": said}, "")
        raise BadInput(f"{quoted(options.file)} has {format_count(len(said), 'mistake')}. {' '.join(said)}")
    parts = plan(assignment, known_machine())
    total_s = sum(part.expected_s for part in parts)
    data = {
        "ok": True,
        "mistakes": [],
        "title": assignment.title,
        "hash": assignment.hash,
        "parts": [part.to_dict() for part in parts],
        "expected_s": total_s,
    }
    rows = [
        [part.id, part.kind, format_time(part.expected_s) if part.expected_s else "", _wanted(part.required)]
        for part in parts
    ]
    said_total = f"The machine works for about {format_time(total_s)} in all."
    head = pairs([("title", assignment.title), ("hash", assignment.hash[:16])])
    return Answer(data, "\n\n".join([head, table(["part", "kind", "takes", ""], rows), said_total]))


def _wanted(required: bool) -> str:
    return "" if required else "may be left out"


def _run(options: Namespace) -> Answer:
    """Answers to questions are none of its business: they are given when the pack is made."""
    from accel_core.homework.finding import find
    from accel_core.homework.missing import lacking, missing
    from accel_core.homework.reading import open_assignment
    from accel_core.pool import measured_machine
    from accel_core.store import Store

    assignment = open_assignment(options.file)
    since, machine, store = begin(assignment), measured_machine(), Store()
    have = find(assignment, store, machine, since)
    for experiment, done in zip(assignment.experiments, have.experiments, strict=True):
        if lacking(experiment, done, have.peaks, machine):
            run_job(_left(experiment, done, machine))
    answers = {one.id: "later" for one in assignment.questions}
    left = missing(assignment, find(assignment, store, machine, since), answers)
    said = [f"Begun at {since[:16].replace('T', ' ')} UTC.", *left]
    said.append("Answer a lesson by accel lesson NAME --guess YOURS, and hand in by accel homework pack.")
    return Answer({"begun": since, "missing": left}, "\n".join(said))


def _left(experiment: Experiment, done: ExperimentDone, machine: Machine) -> dict[str, Any]:
    """The job of what an experiment lacks."""
    work = job(experiment, machine)
    if not isinstance(experiment, Roofline):
        have = [_named(m) for m in done.measurements] + [_named(refusal.case) for refusal in done.refusals]
        work["cases"] = [c.to_dict() for c in experiment.cases(machine) if _named(c) not in have]
    return work


def _named(case: Case | Measurement) -> tuple[object, ...]:
    return (case.kernel, case.size, case.dtype, case.threads, dict(case.parameters))


def _pack(options: Namespace) -> Answer:
    from accel_core.doctor import checkup
    from accel_core.homework.pack import pack_text
    from accel_core.homework.packing import make_pack
    from accel_core.homework.reading import open_assignment
    from accel_core.pool import measured_machine
    from accel_core.store import Store

    assignment = open_assignment(options.assignment)
    answers = _answers(options.answers) if options.answers else {}
    store, machine = Store(), measured_machine()
    pack = make_pack(
        assignment,
        options.student,
        store,
        machine,
        answers=answers,
        since=begun(assignment),
        checks=checkup(machine),
    )
    warn_of_damage(store)
    text, path = pack_text(pack), Path(options.out)
    try:
        path.write_text(text, encoding="ascii")
    except OSError as error:
        raise AccelError(
            f"{quoted(str(path))} cannot be written ({error.strerror}): name another file."
        ) from None
    for sentence in pack.missing:
        Progress().warn(sentence)
    data = {
        "file": str(path),
        "bytes": len(text),
        "student": pack.student,
        "seed": pack.seed,
        "hash": pack.assignment_hash,
        "missing": list(pack.missing),
    }
    lacks = f"{format_count(len(pack.missing), 'part')} missing" if pack.missing else "nothing missing"
    return Answer(data, f"{path} is written: {len(text)} bytes, {lacks}.")


def _answers(path: str) -> Mapping[str, Any]:
    from accel_core.homework.reading import assignment_text

    text = assignment_text(path)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f'{quoted(path)} is no TOML ({error}): write a line id = "text" for each answer.'
        ) from None


def _unwritten(path: object, error: OSError) -> AccelError:
    return AccelError(f"{quoted(str(path))} cannot be written ({error.strerror}): name another file.")


def check(options: Namespace) -> Answer:
    """Check packs: a table of grades, and what else was asked for."""
    from accel_core.homework.checking.checks import check_packs, packs_in
    from accel_core.homework.checking.report import report_html
    from accel_core.homework.checking.tables import counted, grades_csv, write_gradescope
    from accel_core.homework.reading import open_assignment

    assignment = open_assignment(options.assignment)
    rows = check_packs(packs_in(options.packs), assignment)
    try:
        Path(options.out).write_text(grades_csv(rows), encoding="utf-8")
        if options.html:
            Path(options.html).write_text(report_html(rows, assignment), encoding="utf-8")
        if options.gradescope:
            write_gradescope(rows, Path(options.gradescope))
    except OSError as error:
        raise AccelError(
            f"{quoted(str(error.filename))} cannot be written ({error.strerror}): name another file."
        ) from None
    told = [
        {
            "file": row.file,
            "student": row.student,
            "status": row.status,
            "done": row.done,
            "required": len(row.lacks),
            "findings": [one.to_dict() for one in row.findings],
        }
        for row in rows
    ]
    counts = counted(rows)
    lines = [[status, str(count)] for status, count in counts.items() if count]
    said = f"{format_count(len(rows), 'file')} checked; {options.out} is written."
    return Answer({"counts": counts, "packs": told}, f"{table(['status', 'files'], lines)}\n\n{said}")


ACTIONS: Mapping[str, Callable[[Namespace], Answer]] = {
    "new": _new,
    "check-assignment": _check_assignment,
    "run": _run,
    "pack": _pack,
}
