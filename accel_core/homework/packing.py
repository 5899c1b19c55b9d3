"""A pack out of the records of this computer, and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from accel_core import __version__
from accel_core.doctor import Check
from accel_core.errors import BadInput, quoted, unknown
from accel_core.homework.assignment import Assignment
from accel_core.homework.finding import find
from accel_core.homework.fixed import fixed
from accel_core.homework.missing import missing
from accel_core.homework.moments import moment
from accel_core.homework.pack import SCHEMA, Pack, seed_of
from accel_core.homework.private import private
from accel_core.machine import environment
from accel_core.model import Machine

if TYPE_CHECKING:
    from accel_core.store import Store

LONGEST_STUDENT, LONGEST_ANSWER = 100, 20_000


def make_pack(
    assignment: Assignment,
    student: str,
    store: Store,
    machine: Machine,
    *,
    answers: Mapping[str, str],
    since: str | None = None,
    checks: Sequence[Check] = (),
) -> Pack:
    """What `student` has done of an assignment on `machine` since a time (ISO 8601; None: ever).

    BadInput where the student has no id, or an answer is none to a question of the assignment.
    """
    said = checked_answers(assignment, answers)
    named = checked_student(student)
    found = find(assignment, store, machine, since)
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    seed = seed_of(named, assignment.hash)
    made = Pack(
        schema=SCHEMA,
        student=named,
        title=assignment.title,
        assignment_hash=assignment.hash,
        program=__version__,
        seed=seed,
        begun=now,
        created=now,
        machine=private(machine),
        environment=private(environment()),
        fixed=fixed(seed, assignment),
        checks=tuple(private(check) for check in checks),
        peaks=found.peaks,
        lessons=found.lessons,
        experiments=found.experiments,
        answers=said,
    )
    return replace(made, begun=since or first_of(made), missing=tuple(missing(assignment, made, said)))


def checked_student(student: str) -> str:
    """A student's id as typed, without spaces around it; BadInput where it is none."""
    named = student.strip()
    if not named or len(named) > LONGEST_STUDENT or not named.isprintable():
        raise BadInput(
            f"The student's id is {quoted(student)}: give 1 to {LONGEST_STUDENT} letters, digits and signs."
        )
    return named


def checked_answers(assignment: Assignment, answers: Mapping[str, Any]) -> dict[str, str]:
    """Answers in the order of the questions; BadInput where one answers no question, or is no text."""
    ids = [one.id for one in assignment.questions]
    for name, text in answers.items():
        if name not in ids:
            raise BadInput(unknown("question", name, ids, f"questions: {', '.join(ids) or 'none'}"))
        if not isinstance(text, str) or len(text) > LONGEST_ANSWER:
            raise BadInput(f"The answer to {name} is no text of at most {LONGEST_ANSWER} letters.")
    return {name: answers[name].strip() for name in ids if name in answers and answers[name].strip()}


def first_of(pack: Pack) -> str:
    """The earliest time in a pack."""
    times = [pack.created, *(m.created for m in pack.measurements())]
    times += [one.guess.committed if one.guess else one.created for one in pack.lessons]
    return min(times, key=moment)
