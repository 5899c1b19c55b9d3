"""The arena's records: who there is, what was handed in, what was found of it, what was decided about it.

All are added as every record is (`Store.add`), so what the database does not take can wait for it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func, inspect, select

from accel_core.model import ArenaEntry, Ruling, Verdict
from accel_core.store import handed
from accel_core.store.again import read_again
from accel_core.store.handed import Judged, OfArena
from accel_core.store.persons import Person, key_of
from accel_core.store.records import Store
from accel_core.store.sound import text
from accel_core.store.tables import ENTRIES, PERSONS, RULINGS, VERDICTS
from accel_core.store.unsaved import of_arena

_OF_ARENA = (PERSONS, ENTRIES, VERDICTS, RULINGS)


class Entries:
    """The arena's part of a store. Every method raises StoreUnavailable where it cannot be read or written."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, record: OfArena) -> None:
        """Store one record; one that is there already stays as it is."""
        self.store.add(of_arena(record))

    def keep(self, record: OfArena) -> str:
        """Store one record, or set it aside; the sentence that says so where it was not stored."""
        return self.store.keep(of_arena(record))

    @read_again
    def person(self, nickname: str) -> Person | None:
        """Who has this nickname, in whatever capitals; None where nobody has."""
        rows = self._texts(PERSONS, "payload", PERSONS.c.key == key_of(nickname))
        return next(iter(self.store.sound("persons", rows, handed.person)), None)

    @read_again
    def entries(self, event: str | None = None, nickname: str | None = None) -> list[ArenaEntry]:
        """What was handed in, oldest first, without code: to one event or all, by one person or all."""
        wanted = [] if event is None else [ENTRIES.c.event == event]
        if nickname is not None:
            wanted.append(ENTRIES.c.person == key_of(nickname))
        rows = self._texts(ENTRIES, "summary", *wanted)
        return self.store.sound("entries", rows, handed.entry)

    @read_again
    def entry(self, id: str) -> ArenaEntry | None:
        """One entry with its code; None where there is none."""
        rows = self._texts(ENTRIES, "payload", ENTRIES.c.id == id)
        return next(iter(self.store.sound("an entry", rows, handed.entry)), None)

    @read_again
    def judged(self, event: str | None = None, entry: str | None = None) -> list[Judged]:
        """What was found, oldest first: in one event or all, of one entry or all."""
        wanted = [] if event is None else [VERDICTS.c.event == event]
        if entry is not None:
            wanted.append(VERDICTS.c.entry == entry)
        return self.store.sound("verdicts", self._texts(VERDICTS, "summary", *wanted), handed.judged)

    @read_again
    def verdict(self, id: str) -> Verdict | None:
        """One verdict with all that was found; None where there is none."""
        rows = self._texts(VERDICTS, "payload", VERDICTS.c.id == id)
        return next(iter(self.store.sound("a verdict", rows, handed.verdict)), None)

    @read_again
    def rulings(self, entry: str | None = None) -> list[Ruling]:
        """What was decided, oldest first: about one entry or all."""
        wanted = [] if entry is None else [RULINGS.c.entry == entry]
        return self.store.sound("rulings", self._texts(RULINGS, "payload", *wanted), handed.ruling)

    @read_again
    def mark(self) -> tuple[int, ...]:
        """Another one each time that something came."""
        last = [select(func.max(table.c.row)).scalar_subquery() for table in _OF_ARENA]
        with self.store.database.reading() as connection:
            if connection is None or not _is_there(connection, RULINGS):  # all were made with it
                return (0,) * len(_OF_ARENA)
            return tuple(int(row or 0) for row in connection.execute(select(*last)).one())

    def _texts(self, table: Table, column: str, *wanted: Any) -> list[str]:
        """A JSON column of the rows that are `wanted`, oldest first; none where the table is not there yet."""
        query = select(text(table.c[column])).where(*wanted).order_by(table.c.created, table.c.row)
        with self.store.database.reading() as connection:
            if connection is None or not _is_there(connection, table):
                return []
            return list(connection.scalars(query))


def _is_there(connection: Connection, table: Table) -> bool:
    return inspect(connection).has_table(table.name)
