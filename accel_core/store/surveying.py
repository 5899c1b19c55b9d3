"""What a store holds, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, inspect, select, text

from accel_core.store import faults
from accel_core.store.again import read_again
from accel_core.store.copying import count, name_of
from accel_core.store.database import sqlite_file
from accel_core.store.records import Store
from accel_core.store.tables import KEYS, METADATA, PARTS


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in one store."""

    where: str
    """Without a password."""
    counts: Mapping[str, int]
    """Records by kind, those that there are."""
    waiting: int
    """Records that the store did not take yet."""
    size_bytes: int
    """Of the file, or of the tables on a server with their indexes."""


def survey(store: Store) -> Survey:
    """What `store` holds."""
    counts = {name_of(table): count(store, table) for table in KEYS if table is not PARTS}
    counts |= _parts(store)
    known = {name: number for name, number in sorted(counts.items()) if number}
    return Survey(faults.place(store.url), known, sum(1 for _ in store.waiting()), _size_bytes(store))


@read_again
def _parts(store: Store) -> dict[str, int]:
    with store.database.reading() as connection:
        if connection is None or not inspect(connection).has_table(PARTS.name):
            return {}
        rows = connection.execute(select(PARTS.c.kind, func.count()).group_by(PARTS.c.kind))
        return {str(kind).replace("_", " "): int(number) for kind, number in rows}


@read_again
def _size_bytes(store: Store) -> int:
    path = sqlite_file(store.url)
    if path is not None:
        return path.stat().st_size if path.exists() else 0
    with store.database.reading() as connection:
        if connection is None:
            return 0
        return sum(_relation_bytes(connection, name) for name in METADATA.tables)


def _relation_bytes(connection: Connection, name: str) -> int:
    if connection.dialect.name != "postgresql":
        return 0
    asked = text("SELECT coalesce(pg_total_relation_size(to_regclass(:name)), 0)")
    return int(connection.scalar(asked, {"name": name}) or 0)
