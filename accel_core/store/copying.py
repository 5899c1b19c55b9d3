"""All records of one store into another: whatever their fields, each once, however often that is done.

Rows are copied as they are stored, so fields that this program does not know are kept. A row is the same
record where its key (`tables.KEYS`) is the same; one that is there stays as it is there. Each batch is one
transaction, so a copy that was cut is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    tuple_,
)

from accel_core.store import adding, faults
from accel_core.store.again import persistently, read_again
from accel_core.store.records import Store
from accel_core.store.sound import DAMAGE, REPLACED, decoded, text
from accel_core.store.tables import KEYS, PERSONS, SIZE
from accel_core.store.unsaved import Entry

BATCH = 500
MOST_WHOLE = 2**31
Told = Callable[[str, int, int], None]
"""Told of a table's name, how many of its rows were looked at, and of how many."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of the rows of one table."""

    table: str
    found: int = 0
    added: int = 0
    there: int = 0
    """Records that were there already."""
    others: int = 0
    """Of those, nicknames that belong to somebody else there: with another passphrase."""
    damaged: int = 0
    """Rows that hold no record, or none that any store takes; they stay where they are."""

    def and_(self, other: Copied) -> Copied:
        """Both together."""
        names = ("found", "added", "there", "others", "damaged")
        return Copied(self.table, **{name: getattr(self, name) + getattr(other, name) for name in names})


def name_of(table: Table) -> str:
    """How a table is called in what is told."""
    return table.name.removeprefix("accel_").replace("_", " ")


def as_text(table: Table) -> Table:
    """`table` with its JSON as it is stored."""
    columns = [Column(c.name, Text if isinstance(c.type, JSON) else c.type) for c in table.columns]
    return Table(table.name, MetaData(), *columns)


def copy(source: Store, target: Store, told: Told = lambda *_: None) -> list[Copied]:
    """Copy every record, and those that wait for `source`; what became of each table."""
    done = []
    for table in KEYS:
        copied, last, most = Copied(name_of(table)), 0, count(source, table)
        while rows := rows_after(source, table, last):
            last = rows[-1]["row"]
            copied = copied.and_(add(target, table, rows))
            told(copied.table, copied.found, most)
        done.append(copied)
    _add_waiting(source, target)
    target.find_cases()
    return done


@read_again
def count(store: Store, table: Table) -> int:
    """How many rows a table has; 0 where it is not there."""
    with store.database.reading() as connection:
        if connection is None or not inspect(connection).has_table(table.name):
            return 0
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


@read_again
def rows_after(store: Store, table: Table, last: int) -> list[dict[str, Any]]:
    """The next rows after the row `last`, with their JSON as it is stored."""
    columns = [text(c).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
    query = select(*columns).where(table.c.row > last).order_by(table.c.row).limit(BATCH)
    with store.database.reading() as connection:
        if connection is None or not inspect(connection).has_table(table.name):
            return []
        return [dict(row) for row in connection.execute(query).mappings()]


def add(target: Store, table: Table, rows: Iterable[Mapping[str, Any]]) -> Copied:
    """Add those of `rows` that are records and not there yet."""
    plain = [{name: value for name, value in row.items() if name != "row"} for row in rows]
    sound = {_key(table, row): row for row in plain if is_sound(table, row)}
    damaged = sum(not is_sound(table, row) for row in plain)

    def insert_missing() -> tuple[int, int]:
        with target.database.writing() as connection:
            known = _known(connection, table, sound)
            new = [row for key, row in sound.items() if key not in known]
            if new:
                connection.execute(insert(as_text(table)), new)
        others = [key for key, payload in known.items() if payload != sound[key]["payload"]]
        return len(new), len(others) if table is PERSONS else 0

    added, others = persistently(insert_missing, faults.BUSY_S) if sound else (0, 0)
    there = len(plain) - damaged - added
    return Copied(name_of(table), len(plain), added, there, others, damaged)


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEYS[table])


def _known(connection: Connection, table: Table, keys: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], str]:
    """Of `keys` those that are there, each with its payload where a nickname is meant."""
    columns = [table.c[name] for name in KEYS[table]]
    payload = text(table.c.payload) if table is PERSONS else columns[0]
    among = tuple_(*columns).in_(keys) if len(columns) > 1 else columns[0].in_([key[0] for key in keys])
    found = connection.execute(select(*columns, payload.label("said")).where(among))
    return {tuple(row)[:-1]: row.said for row in found}


def is_sound(table: Table, row: Mapping[str, Any]) -> bool:
    """Whether a row is one that any store takes: JSON where that belongs, and no value too long."""
    try:
        return all(_fits(column, row[column.name]) for column in table.columns if column.name != "row")
    except DAMAGE:
        return False


def _fits(column: Column[Any], value: Any) -> bool:
    if isinstance(column.type, JSON):
        return len(value) <= faults.MOST_RECORD_BYTES and isinstance(decoded(value), dict)
    if isinstance(column.type, String):
        value.encode("utf-8")
        sound = "\x00" not in value and REPLACED not in value
        return sound and len(value) <= (column.type.length or len(value))
    most = MOST_WHOLE**2 if column.type is SIZE else MOST_WHOLE
    return isinstance(value, int) and -most <= value < most


def _add_waiting(source: Store, target: Store) -> None:
    """What waits for `source` goes into `target` too, and goes on waiting."""
    for entry in source.waiting():

        def insert_one(entry: Entry = entry) -> None:
            with target.database.writing() as connection:
                adding.add(connection, entry)

        with suppress(faults.RecordTooLarge, *DAMAGE):
            persistently(insert_one, faults.BUSY_S)


def others_said(copied: Iterable[Copied]) -> str:
    """What is said of nicknames that two persons have; empty where there are none."""
    others = sum(one.others for one in copied)
    if not others:
        return ""
    names = "1 nickname belongs" if others == 1 else f"{others} nicknames belong"
    return (
        f"{names} to somebody with another passphrase there: that passphrase stays, and entries under the name "
        "now stand under one person."
    )
