"""All packs checked: a row for each file, whatever is in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from accel_core.codec import PlainData
from accel_core.errors import BadInput, printable, quoted
from accel_core.homework.assignment import Assignment
from accel_core.homework.checking.among import AMONG, Summary, summarise
from accel_core.homework.checking.findings import GRADES, OK, Finding, Subject, worst
from accel_core.homework.checking.loading import load
from accel_core.homework.checking.registry import ALONE
from accel_core.homework.missing import lacks
from accel_core.homework.pack import Pack

UNREADABLE, FOREIGN, INCOMPLETE = "unreadable", "foreign", "incomplete"
File = tuple[str, Path]
"""What a file is called in the table, and where it lies."""
PAGES = (".html", ".htm")
"""What students hand in beside their pack."""
STATUSES = (OK, INCOMPLETE, *GRADES[1:], FOREIGN, UNREADABLE)
"""The status of a file, the better ones first."""
FEW = 40
"""So many packs are checked as fast by one process as others are started."""
MOST_TOLD = 20
"""Sentences of one check about one pack."""


@dataclass(frozen=True)
class Row(PlainData):
    """What is said of one file."""

    file: str
    student: str = ""
    status: str = OK
    findings: tuple[Finding, ...] = ()
    lacks: tuple[tuple[str, str], ...] = ()
    """(id of a required part, what it lacks: nothing where it is whole)."""
    summary: Summary | None = None

    @property
    def done(self) -> int:
        """Required parts that are whole."""
        return sum(not said for _, said in self.lacks)


def check_packs(files: Sequence[File], assignment: Assignment, processes: int | None = None) -> list[Row]:
    """A row for each file, in their order."""
    check = partial(check_file, assignment=assignment)
    count = processes if processes is not None else (os.cpu_count() or 1)
    rows: list[Row] = []
    if count > 1 and len(files) > FEW:
        with suppress(BrokenProcessPool), ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            rows += pool.map(check, files, chunksize=max(1, len(files) // (8 * count)))
        while len(rows) < len(files):
            rows += _one_by_one(check, files[len(rows) :])
    else:
        rows = [check(file) for file in files]
    return among(distinct(rows))


def _one_by_one(check: Callable[[File], Row], files: Sequence[File]) -> Iterator[Row]:
    """A row for each file up to that of which the process dies, which is told in its row."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for file in files:
            try:
                yield pool.submit(check, file).result()
            except BrokenProcessPool:
                said = "The process that checked the file died: it is too large, or made to do that."
                yield Row(printable(file[0]), status=UNREADABLE, findings=(Finding("file", UNREADABLE, said),))
                return


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Rows whose files have names of their own: those of one name are numbered."""
    seen: dict[str, int] = {}
    found = []
    for row in rows:
        seen[row.file] = seen.get(row.file, 0) + 1
        again = f" ({seen[row.file]})" if seen[row.file] > 1 else ""
        found.append(replace(row, file=row.file + again))
    return found


def check_file(file: File, assignment: Assignment) -> Row:
    """The row of one file, without what only shows among all."""
    name = printable(file[0])
    try:
        pack = load(file[1])
    except BadInput as error:
        return Row(name, status=UNREADABLE, findings=(Finding("file", UNREADABLE, str(error)),))
    if pack.assignment_hash != assignment.hash:
        said = f"It is a pack of another assignment, {pack.title[:80]!r}, or of another version of this one."
        return Row(name, pack.student, FOREIGN, (Finding("assignment", FOREIGN, said),))
    try:
        return _checked(name, Subject(pack, assignment))
    except Exception as error:  # of data that nobody foresaw: they cost this row alone
        said = f"The file is no pack that can be checked ({type(error).__name__}: {str(error)[:100]})."
        return Row(name, pack.student, UNREADABLE, (Finding("file", UNREADABLE, said),))


def _checked(name: str, subject: Subject) -> Row:
    pack: Pack = subject.pack
    findings: list[Finding] = []
    for check, run in ALONE:
        said = [Finding(check, grade, sentence) for grade, sentence in run(subject)]
        findings += said[:MOST_TOLD]
        if more := said[MOST_TOLD:]:
            findings.append(Finding(check, worst(more), f"It has {len(more)} more like that."))
    parts = lacks(subject.assignment, pack, pack.answers)
    told = tuple((part, " ".join(said)) for part, said in parts.items())
    row = Row(name, pack.student, OK, tuple(findings), told, summarise(subject))
    return replace(row, status=status_of(row))


def status_of(row: Row) -> str:
    """The gravest of what was found; INCOMPLETE where only parts are missing."""
    grave = worst(row.findings)
    return grave if grave != OK else INCOMPLETE if row.done < len(row.lacks) else OK


def among(rows: Sequence[Row]) -> list[Row]:
    """The rows with what only shows among all."""
    packs = {row.file: row.summary for row in rows if row.summary is not None}
    found: dict[str, list[Finding]] = {file: [] for file in packs}
    for check, run in AMONG:
        for file, grade, sentence in run(packs):
            found[file].append(Finding(check, grade, sentence))
    more = [replace(row, findings=(*row.findings, *found.get(row.file, ()))) for row in rows]
    return [replace(row, status=status_of(row)) if row.summary is not None else row for row in more]


def _is_there(path: Path) -> bool:
    """Whether there is such a file or folder; False for a name that is longer than the system takes."""
    try:
        return path.exists()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    """Whether it is a file; True too where the system does not say, as of a link to an overlong name: whoever
    reads it says why it cannot."""
    try:
        return path.is_file()
    except OSError:
        return True


def packs_in(named: Iterable[str]) -> list[File]:
    """The files that were named, and those of folders, but their pages; BadInput where one is missing."""
    found: list[File] = []
    for name in named:
        path = Path(name)
        if _is_there(path) and path.is_dir():
            inside = sorted(one for one in path.rglob("*") if _is_file(one) and not one.name.startswith("."))
            kept = (one for one in inside if one.suffix.lower() not in PAGES)
            found += [(one.relative_to(path).as_posix(), one) for one in kept]
        elif _is_there(path):
            found.append((path.name, path))
        else:
            raise BadInput(f"{quoted(name)} is not there: name a folder of packs, or packs.")
    if not found:
        raise BadInput("There are no packs: name a folder that holds some, or packs.")
    return found
