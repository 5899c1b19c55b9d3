"""Rows of the arena's tables: persons, entries, verdicts and rulings, each added once."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, exists, insert, inspect, literal, select

from accel_core.codec import PlainData
from accel_core.model import ArenaEntry, Estimate, Ruling, Shape, Verdict
from accel_core.model.arena import VERDICTS as WORDS
from accel_core.store.moments import utc
from accel_core.store.persons import Person, key_of
from accel_core.store.sound import DAMAGE, decoded, text
from accel_core.store.tables import ENTRIES, PERSONS, RULINGS, VERDICTS

OfArena = Person | ArenaEntry | Verdict | Ruling
"""What these tables hold."""


@dataclass(frozen=True, slots=True)
class JudgedSize(PlainData):
    """What the score of a size is made of, beside roofs."""

    shape: Shape
    flop: int
    least_bytes: int
    time_s: Estimate | None = None
    level: str = ""
    ranked: bool = True


@dataclass(frozen=True, slots=True)
class Judged(PlainData):
    """What a board needs of a verdict."""

    id: str
    entry: str
    event: str
    fingerprint: str
    created: str
    verdict: str
    """One of model.arena.VERDICTS."""
    stage: str
    reason: str
    score: float | None
    score_low: float | None
    score_high: float | None
    confirms: str = ""
    """Id of the verdict that this one was made to confirm."""
    disturbed_reason: str = ""
    roof_threads: int = 0
    sizes: tuple[JudgedSize, ...] = ()
    """By which it is scored under the roofs of today."""


def is_kept(result: object) -> bool:
    """Whether what a job brought is stored: not a verdict on what was only tried."""
    return not (isinstance(result, Verdict) and not result.entry)


def summary(verdict: Verdict) -> Judged:
    """What a board needs of it."""
    return Judged.from_dict(verdict.to_dict())


def add(connection: Connection, record: OfArena) -> None:
    """Add the row of `record` where there is none with its id, or its nickname; BadInput for a wrong date."""
    created = utc(record.created)
    if isinstance(record, Person):
        _add(connection, PERSONS, "key", key=record.key, created=created, payload=record.to_dict())
        return
    whole: dict[str, Any] = {"created": created, "payload": record.to_dict()}
    if isinstance(record, Ruling):
        _add(connection, RULINGS, "id", id=_id_of(record), entry=record.entry, **whole)
    elif isinstance(record, ArenaEntry):
        short = {name: said for name, said in whole["payload"].items() if name != "code"}
        beside = {"id": record.id, "event": record.event, "person": key_of(record.person)}
        _add(connection, ENTRIES, "id", **beside, summary=short, **whole)
    elif is_kept(record):
        names = ("id", "entry", "event", "fingerprint")
        _add(
            connection,
            VERDICTS,
            "id",
            **{name: getattr(record, name) for name in names},
            summary=summary(record).to_dict(),
            **whole,
        )


def _add(connection: Connection, table: Table, unique: str, **row: Any) -> None:
    """In one statement, because two programs may do so at once."""
    values = [literal(value, table.c[name].type) for name, value in row.items()]
    new = select(*values).where(~exists().where(table.c[unique] == row[unique]))
    connection.execute(insert(table).from_select(list(row), new))


def _id_of(made: Ruling) -> str:
    """The same for the same ruling, so that it is stored once."""
    return hashlib.blake2b(json.dumps(made.to_dict()).encode(), digest_size=16).hexdigest()


# -- texts as records: one of sound.DAMAGE where a text is none ------------------------------------------------


def person(stored: str) -> Person:
    """The person of a stored text."""
    made = Person.from_dict(decoded(stored))
    bytes.fromhex(made.salt + made.digest)
    utc(made.created)
    return made


def entry(stored: str) -> ArenaEntry:
    """The entry of a stored text; without a code where it is a summary."""
    made = ArenaEntry.from_dict({"code": "", **decoded(stored)})
    utc(made.created)
    return made


def judged(stored: str) -> Judged:
    """The summary of a verdict."""
    made = Judged.from_dict(decoded(stored))
    _check(made)
    return made


def verdict(stored: str) -> Verdict:
    """A whole verdict."""
    made = Verdict.from_dict(decoded(stored))
    _check(made)
    return made


def ruling(stored: str) -> Ruling:
    """The ruling of a stored text."""
    made = Ruling.from_dict(decoded(stored))
    utc(made.created)
    return made


def _check(made: Judged | Verdict) -> None:
    """ValueError where no board could be made of it."""
    utc(made.created)
    if made.verdict not in WORDS:
        raise ValueError(f"no verdict {made.verdict!r}")
    if made.score is not None and not math.isfinite(float(made.score)):
        raise ValueError(f"no score {made.score!r}")


MAKES: Mapping[Table, Callable[[str], OfArena]] = {
    PERSONS: person,
    ENTRIES: entry,
    VERDICTS: verdict,
    RULINGS: ruling,
}
"""What makes a record of the payload of a row of each table."""


def everything(connection: Connection) -> Iterator[OfArena]:
    """The records of all four tables, those that can be read."""
    for table, make in MAKES.items():
        if inspect(connection).has_table(table.name):
            for payload in connection.scalars(select(text(table.c.payload))):
                with suppress(*DAMAGE):
                    yield make(payload)
