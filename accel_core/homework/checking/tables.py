"""What an instructor gets: a table of grades, and a results.json for each pack as Gradescope reads it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from accel_core.errors import printable
from accel_core.homework.cells import cell
from accel_core.homework.checking.checks import STATUSES, Row
from accel_core.homework.checking.findings import GRADES
from accel_core.homework.checking.registry import ALONE

COLUMNS = ("file", "student", "status", "done", "required", *GRADES[1:], "missing", "findings")
LONGEST_NAME = 200
"""Bytes of a folder's name; file systems take 255."""


def grades_csv(rows: Sequence[Row]) -> str:
    """A line for each file, below the names of the columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        graded = Counter(finding.grade for finding in row.findings)
        writer.writerow(
            [
                cell(row.file),
                cell(row.student),
                row.status,
                row.done,
                len(row.lacks),
                *(graded[grade] for grade in GRADES[1:]),
                cell(" ".join(said for _, said in row.lacks if said)),
                cell(" ".join(f"[{one.grade}] {one.sentence}" for one in row.findings)),
            ]
        )
    return out.getvalue()


def counted(rows: Sequence[Row]) -> dict[str, int]:
    """How many files have each status."""
    found = Counter(row.status for row in rows)
    return {status: found[status] for status in STATUSES}


def gradescope(row: Row) -> dict[str, Any]:
    """What an autograder's results.json holds: a point for each required part that is whole. Findings are for
    the instructor, and students do not see them.

    https://gradescope-autograders.readthedocs.io/en/latest/specs/
    """
    parts = [
        {
            "name": part,
            "score": 0.0 if said else 1.0,
            "max_score": 1.0,
            "status": "failed" if said else "passed",
            "output": printable(said) or "It is whole.",
            "output_format": "text",
            "visibility": "visible",
        }
        for part, said in row.lacks
    ]
    names = [name for name, _ in ALONE] if row.summary is not None else []
    names = list(dict.fromkeys([*names, *(one.check for one in row.findings)]))
    return {
        "score": float(row.done),
        "output": f"{row.done} of {len(row.lacks)} required parts are whole.",
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [*parts, *(_check(name, row) for name in names)],
        "extra_data": {"status": row.status, "student": printable(row.student), "file": row.file},
    }


def _check(name: str, row: Row) -> dict[str, Any]:
    said = [f"[{one.grade}] {printable(one.sentence)}" for one in row.findings if one.check == name]
    return {
        "name": name,
        "score": 0.0,
        "max_score": 0.0,
        "status": "failed" if said else "passed",
        "output": "\n".join(said) or "Nothing was found.",
        "output_format": "text",
        "visibility": "hidden",
    }


def _fit(name: str) -> str:
    """A name that a file system takes: bytes that are no UTF-8 are printed with four letters each."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME // 4]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def write_gradescope(rows: Sequence[Row], folder: Path) -> list[Path]:
    """A folder for each pack, as its file is called, with its results.json; OSError where that fails."""
    written = []
    for row in rows:
        inside = [_fit(part) for part in PurePosixPath(row.file).parts if part not in ("..", "/")]
        to = folder.joinpath(*inside) / "results.json"
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(json.dumps(gradescope(row), indent=1), encoding="ascii")
        written.append(to)
    return written
