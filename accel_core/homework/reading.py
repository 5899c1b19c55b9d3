"""An assignment out of its TOML, and every mistake in it as a sentence that says where it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from accel_core import lessons, registry
from accel_core.errors import BadInput, quoted, unknown
from accel_core.homework.assignment import ALL, KINDS, Assignment, Experiment, Ladder, Question, Roofline, Sweep
from accel_core.homework.fields import LONGEST_NAME, Table
from accel_core.machine import detect

MOST_BYTES, MOST_PARTS = 1_000_000, 100
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def read_assignment(text: str) -> Assignment:
    """The assignment in a TOML text. BadInput with all its mistakes, a sentence each."""
    assignment, said = read_with_mistakes(text)
    if assignment is None:
        raise BadInput(" ".join(said))
    return assignment


def open_assignment(path: str | Path) -> Assignment:
    """The assignment in a file. BadInput with all its mistakes."""
    return read_assignment(assignment_text(path))


def assignment_text(path: str | Path) -> str:
    """The text of an assignment's file; BadInput where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BadInput(f"{quoted(str(path))} has more than {MOST_BYTES} bytes: that is no assignment.")
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(
            f"{quoted(str(path))} cannot be read ({error.strerror}): name the assignment's file."
        ) from None
    except UnicodeDecodeError:
        raise BadInput(f"{quoted(str(path))} is no UTF-8 text: save it as UTF-8.") from None


def read_with_mistakes(text: str) -> tuple[Assignment | None, list[str]]:
    """The assignment, or None with the sentences on all that is wrong with it."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits too
        return None, [f"The file is no TOML: {error}."]
    said: list[str] = []
    file = Table(data, "", said)
    found = Assignment(
        title=file.text("title", None, LONGEST_NAME),
        text=file.text("text"),
        lessons=_lessons(file),
        experiments=_experiments(file),
        questions=_questions(file),
        optional=frozenset(file.texts("optional")),
    )
    file.close()
    _ids(found, said)
    return (None, said) if said else (found, [])


def _lessons(file: Table) -> tuple[str, ...]:
    names = file.texts("lessons")
    for name in names:
        try:
            lessons.lesson(name)
        except BadInput as error:
            file.complain(f"lessons: {error}")
    return names


def _questions(file: Table) -> tuple[Question, ...]:
    found = []
    for at, data in enumerate(file.tables("questions"), 1):
        table = Table(data, _place("question", at, data), file.said)
        found.append(Question(table.text("id", None, LONGEST_NAME), table.text("text", None)))
        table.close()
    return tuple(found)


def _experiments(file: Table) -> tuple[Experiment, ...]:
    found = []
    for at, data in enumerate(file.tables("experiments"), 1):
        table = Table(data, _place("experiment", at, data), file.said)
        kind = table.text("kind", None, LONGEST_NAME)
        if kind in READERS:
            found.append(READERS[kind](table))
            table.close()
            _try(found[-1], table)
        elif kind:
            table.complain(unknown("kind of experiment", kind, list(KINDS), f"kinds: {', '.join(KINDS)}"))
    return tuple(found)


def _place(what: str, at: int, data: Mapping[str, Any]) -> str:
    named = data.get("id")
    return f"{what} {at}" + (f" ({quoted(named)})" if isinstance(named, str) else "")


def _common(table: Table) -> dict[str, Any]:
    return {"id": table.text("id", None, LONGEST_NAME), "text": table.text("text")}


def _setting(table: Table) -> dict[str, Any]:
    return {
        "size": table.whole("size"),
        "dtype": table.dtype("dtype", "float32"),
        "threads": table.threads("threads", 1),
        "budget_s": table.seconds("budget_s", 1.0),
    }


def _ladder(table: Table) -> Ladder:
    return Ladder(workload=table.text("workload", None, LONGEST_NAME), **_common(table), **_setting(table))


def _sweep(table: Table) -> Sweep:
    kernels = table.texts("kernels")
    if not kernels:
        table.complain('kernels is missing or empty: give a list such as ["matmul/numpy_tiled"].')
    over = table.text("over", None, LONGEST_NAME)
    if over and over in table.data:
        table.complain(f"{over} is swept and given: leave it out, or sweep something else.")
    values = table.wholes("values")
    return Sweep(kernels=kernels, over=over, values=values, **_common(table), **_setting(table))


def _roofline(table: Table) -> Roofline:
    return Roofline(
        dtypes=table.dtypes("dtypes", ("float32",)),
        threads=table.each_threads("threads", (1, ALL)),
        budget_s=table.seconds("budget_s", 20.0),
        **_common(table),
    )


READERS: Mapping[str, Callable[[Table], Experiment]] = {
    "ladder": _ladder,
    "sweep": _sweep,
    "roofline": _roofline,
}


def _try(experiment: Experiment, table: Table) -> None:
    """Complain of what no machine would measure: the sentences are those of who would refuse it."""
    if isinstance(experiment, Ladder) and not experiment.workload:
        return
    machine = detect()
    try:
        if isinstance(experiment, Sweep):
            for name in experiment.kernels:
                registry.kernel(name)
            if not (experiment.over and experiment.values):
                return
        cases = experiment.cases(machine)
        if len(cases) > MOST_PARTS:
            raise BadInput(f"It has {len(cases)} cases: {MOST_PARTS} are the most.")
        for case in cases:
            unthreaded = case.threads > 1 and not registry.kernel(case.kernel)[1].threaded
            if not unthreaded:  # how many there are is the student's machine to say
                case = replace(case, threads=1)
            registry.validate(case, machine)
    except BadInput as error:
        table.complain(str(error))


def _ids(assignment: Assignment, said: list[str]) -> None:
    """Complain of ids that are no names, doubled, or of nothing; and of an assignment that asks for nothing."""
    ids = [one for one in assignment.ids if one]
    for one in (*assignment.experiments, *assignment.questions):
        if one.id and not ID.fullmatch(one.id):
            said.append(f"The id {quoted(one.id)} is no name: use up to 40 letters, digits, - and _.")
    for twice in dict.fromkeys(one for at, one in enumerate(ids) if one in ids[:at]):
        said.append(f"The id {quoted(twice)} is there twice: lessons, experiments and questions share names.")
    said += _optional(assignment, ids)
    if len(ids) > MOST_PARTS:
        said.append(f"It asks for {len(ids)} things: {MOST_PARTS} are the most.")
    if not ids and not said:
        said.append("It asks for nothing: name lessons, or write [[experiments]] or [[questions]].")


def _optional(assignment: Assignment, ids: Sequence[str]) -> list[str]:
    listed = f"ids: {', '.join(ids)}" if ids else "nothing is asked for"
    return [f"optional: {unknown('part', one, ids, listed)}" for one in sorted(assignment.optional - set(ids))]
