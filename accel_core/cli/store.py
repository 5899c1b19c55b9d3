"""`accel store`: where records are, how they get into another store, and how old ones make room."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from accel_core.cli.output import Answer, Progress, pairs, table
from accel_core.errors import BadInput
from accel_core.units import format_bytes, format_count

if TYPE_CHECKING:
    from accel_core.store import Store

ARCHIVE = ".jsonl"
TELL_S = 1.0
"""Progress is told so often at most."""


def store(options: Namespace) -> Answer:
    """The action that was asked for."""
    return ACTIONS[options.action](options)


def _opened(given: str | None, there: bool = True) -> Store:
    """The store that a word of the command line names; BadInput where it is to be `there` and is not."""
    from accel_core.store import Store
    from accel_core.store.database import sqlite_file

    if given is None:
        return Store()
    if "://" not in given:
        given = f"sqlite:///{Path(given).as_posix()}"
    path = sqlite_file(given)
    if there and path is not None and not path.exists():
        raise BadInput(f"There is no store {path}.")
    return Store(given)


def _info(options: Namespace) -> Answer:
    from accel_core.store.surveying import survey

    found = survey(_opened(options.store))
    rows = [("records in", found.where), *((kind, f"{count:,}") for kind, count in found.counts.items())]
    rows += [("waiting for it", f"{found.waiting:,}"), ("size", format_bytes(found.size_bytes))]
    return Answer({"store": asdict(found)}, pairs(rows))


def _copy(options: Namespace) -> Answer:
    from accel_core.store import copying, thinning
    from accel_core.store.faults import place

    target = _opened(options.target, there=False)
    if options.source.endswith(ARCHIVE):
        copied = [thinning.take_in(Path(options.source), target)]
        where = options.source
    else:
        source = _opened(options.source)
        where = place(source.url)
        if _names_one(source.url, target.url):
            raise BadInput(f"Both stores are {where}: name another one to copy into.")
        copied = copying.copy(source, target, _progress())
    warning = copying.others_said(copied)
    header = ("", "found", "added", "there already", "damaged")
    rows = [
        (one.table, *(f"{n:,}" for n in (one.found, one.added, one.there, one.damaged)))
        for one in copied
        if one.found
    ]
    text = table(header, rows) if rows else f"{where} holds no records."
    data = {"from": where, "to": place(target.url), "copied": [asdict(one) for one in copied]}
    return Answer({**data, "warning": warning}, "\n".join(filter(None, [text, warning])))


def _names_one(one: object, other: object) -> bool:
    from accel_core.store.database import sqlite_file

    files = [sqlite_file(str(url)) for url in (one, other)]
    if files[0] is not None and files[1] is not None:
        return files[0].resolve() == files[1].resolve()
    return str(one) == str(other)


def _progress() -> Callable[[str, int, int], None]:
    tell, last = Progress().tell, [time.monotonic()]

    def told(name: str, done: int, most: int) -> None:
        if time.monotonic() - last[0] >= TELL_S:
            last[0] = time.monotonic()
            tell(f"{name}: {done:,} of {most:,}")

    return told


def _thin(options: Namespace) -> Answer:
    from accel_core.store import thinning

    here = _opened(options.store)
    if options.older_than < 0:
        raise BadInput("--older-than is a number of days from 0 on.")
    rows, cases = thinning.superfluous(here, thinning.before(options.older_than), options.keep)
    what = (
        f"{format_count(len(rows), 'measurement')} of {format_count(cases, 'case')}, older than "
        f"{format_count(options.older_than, 'day')} and beyond {options.keep} of each"
    )
    data = {"would_go": len(rows), "cases": cases, "gone": 0, "archive": None}
    if options.dry_run or not rows:
        return Answer(data, f"Would go: {what}.")
    if not options.yes or not options.archive:
        raise BadInput(f"{what} would go: give --archive FILE{ARCHIVE} and --yes, or --dry-run to look.")
    if not options.archive.endswith(ARCHIVE):
        raise BadInput(f"An archive is JSON lines: name it FILE{ARCHIVE}.")
    gone = thinning.thin(here, rows, Path(options.archive))
    return Answer({**data, "gone": gone, "archive": options.archive}, f"Gone into {options.archive}: {what}.")


ACTIONS: Mapping[str, Callable[[Namespace], Answer]] = {"info": _info, "copy": _copy, "thin": _thin}
