"""What a student has begun on this computer: the assignment's own text, and answers that are not handed in yet.

Both lie in the data folder beside the records, under the hash of the assignment: a reload or another day finds
them again.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accel_core.errors import BadInput, StoreUnavailable
from accel_core.folders import data_folder
from accel_core.homework.assignment import Assignment
from accel_core.homework.reading import assignment_text, read_assignment

NAME = re.compile(r"[0-9a-f]{32}")
MOST_BYTES = 4_000_000
MOST_LISTED = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """The id as typed so far, and the answers by question."""

    student: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


def short_name(assignment: Assignment) -> str:
    """What an assignment is called in an address and in file names: the beginning of its hash."""
    return assignment.hash[:32]


def remember(text: str, assignment: Assignment) -> None:
    """Keep the text of an assignment; StoreUnavailable where it cannot be kept."""
    _write(_file(short_name(assignment), "toml"), text)


def remembered(name: str) -> Assignment | None:
    """The assignment that was kept under this name; None where there is none that can be read."""
    if not NAME.fullmatch(name):
        return None
    with suppress(BadInput, StoreUnavailable):
        found = read_assignment(assignment_text(_file(name, "toml")))
        return found if short_name(found) == name else None
    return None


def begun_here() -> list[Assignment]:
    """The assignments that were opened on this computer, the newest first."""
    with suppress(OSError, StoreUnavailable):
        files = sorted(_folder().glob("*.toml"), key=lambda file: -file.stat().st_mtime)[:MOST_LISTED]
        return [found for file in files if (found := remembered(file.stem)) is not None]
    return []


def draft(assignment: Assignment) -> Draft:
    """What was written so far; an empty one where nothing was."""
    with suppress(OSError, ValueError, RecursionError, StoreUnavailable):
        file = _file(short_name(assignment), "answers.json")
        if file.stat().st_size <= MOST_BYTES:
            return _draft(json.loads(file.read_text(encoding="utf-8")), assignment)
    return Draft()


def _draft(data: Any, assignment: Assignment) -> Draft:
    if not isinstance(data, dict):
        return Draft()
    told = data.get("answers")
    answers = told if isinstance(told, dict) else {}
    ids = [one.id for one in assignment.questions]
    student = data.get("student")
    return Draft(
        student if isinstance(student, str) else "",
        {name: answers[name] for name in ids if isinstance(answers.get(name), str)},
    )


def save(assignment: Assignment, written: Draft) -> None:
    """Keep what was written; StoreUnavailable where it cannot be kept."""
    data = {"student": written.student, "answers": dict(written.answers)}
    _write(_file(short_name(assignment), "answers.json"), json.dumps(data))


def save_changes(assignment: Assignment, before: Draft, after: Draft) -> None:
    """Keep what was changed, beside what another tab has written meanwhile; StoreUnavailable as `save`."""
    with _changing:
        kept = draft(assignment)
        answers = dict(kept.answers)
        for name in (*before.answers, *after.answers):
            if before.answers.get(name) != after.answers.get(name):
                answers[name] = after.answers.get(name, "")
        student = kept.student if before.student == after.student else after.student
        save(assignment, Draft(student, {name: said for name, said in answers.items() if said}))


_changing = threading.Lock()


def _folder() -> Path:
    return data_folder() / "homework"


def _file(name: str, ending: str) -> Path:
    return _folder() / f"{name}.{ending}"


def _write(file: Path, text: str) -> None:
    """Whole or not at all, so that a full disk leaves what was there."""
    beside = file.with_name(f"{file.name}.{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except (OSError, UnicodeError) as fault:
        with suppress(OSError):
            beside.unlink()
        reason = getattr(fault, "strerror", None) or fault
        raise StoreUnavailable(
            f"What you write cannot be kept in {file.parent} ({reason}): make that folder writable, or set "
            "ACCEL_HOME to a folder of yours."
        ) from None
