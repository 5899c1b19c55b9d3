"""A damaged SQLite file: how it is known, and what can still be read of it.

Noise in the middle of a file costs the pages that it hit, and SQLite stops at the first of them. So the tables
are read around them, by rowid from both ends of every gap, into a database in memory; readers then ask that
one. Nothing is written into a file that is known to be damaged: a free page of it may be none.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Engine, Integer, String, Table, create_engine
from sqlalchemy.pool import StaticPool

from accel_core.store import faults
from accel_core.store.tables import KEYS, METADATA, SCHEMA, SCHEMA_VERSION

LOOK_AHEAD = 2_000
"""So many keys beyond the last row found are looked up: rows are seldom deleted, and one inner page leads to
some hundred of them."""
LEAST_ROW_BYTES = 8
COMPLAINTS = 20
Row = tuple[Any, ...]
Read = Callable[[str, int, int], Iterator[Row]]


class Damage:
    """What is known of the file of one database; `path` None is a database of another kind."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._known: tuple[int, ...] | None = None
        """Which file, as it was then: another one in its place, or a restored one, is looked at anew."""
        self._checked: tuple[int, ...] | None = None
        self._copy: Engine | None = None
        self.saved = 0
        """How many rows could be read."""

    @property
    def known(self) -> bool:
        """Whether the file as it is now is known to be damaged."""
        return self._known is not None and self._known == self._identity()

    def note(self) -> None:
        """Somebody came upon damage."""
        with self._lock:
            identity = self._identity()
            if self._path is not None and identity != self._known:
                self._copy, self.saved = salvaged(self._path)
                self._known = identity

    def check(self) -> None:
        """Look for damage in the whole file, once for each file: 4 ms a thousand records, or 1 s a hundred
        thousand (2-core Emerald Rapids virtual machine)."""
        with self._lock:
            identity = self._identity()
            if self._path is None or identity is None or self.known or self._checked == identity[:2]:
                return
            damaged = _is_damaged(self._path)
            if damaged:
                self.note()
            elif damaged is not None:
                self._checked = identity[:2]

    @property
    def copy(self) -> Engine | None:
        """A database in memory with what can still be read; None where that is nothing."""
        return self._copy if self.known else None

    @property
    def lock(self) -> threading.RLock:
        """For the copy: all who read it share one connection."""
        return self._lock

    def _identity(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if found else None


def _is_damaged(path: Path) -> bool | None:
    """Whether SQLite finds the structure of a file broken; None where it cannot look, as while another writes.

    What it says of single values is no damage to others.
    """
    try:
        with closing(sqlite3.connect(path, timeout=0.0)) as connection:
            said = [str(line) for (line,) in connection.execute(f"PRAGMA integrity_check({COMPLAINTS})")]
    except sqlite3.DatabaseError as error:
        return True if is_damage(error) else None
    return any(line != "ok" and " value in " not in line for line in said)


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite's `error` tells of a damaged file, or of one that is no database."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def salvaged(path: Path) -> tuple[Engine | None, int]:
    """A database in memory with all records that can be read, and how many those are; None without any."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    METADATA.create_all(engine)
    copy = engine.raw_connection()
    saved = 0
    with closing(_reader(path)) as source:
        if _version(source) > SCHEMA_VERSION:
            return None, 0
        for table in KEYS:  # the others are only indexes
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            into = (
                f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})"
            )
            for row in _rows(source, table, path.stat().st_size):
                if _is_sound(table, row):
                    saved += copy.execute(into, row).rowcount
    copy.execute(f"INSERT INTO {SCHEMA.name} VALUES (?)", (SCHEMA_VERSION,))
    copy.commit()
    return (engine, saved) if saved else (None, 0)


def _version(source: sqlite3.Connection) -> int:
    """The schema's version; 0 where it cannot be read."""
    try:
        (version,) = source.execute(f"SELECT max(version) FROM {SCHEMA.name}").fetchone()
    except sqlite3.DatabaseError as error:
        if _is_busy(error):
            raise
        return 0
    return version if isinstance(version, int) else 0


def _is_busy(error: Exception) -> bool:
    return (getattr(error, "sqlite_errorname", None) or "").startswith("SQLITE_BUSY")


def _reader(path: Path) -> sqlite3.Connection:
    """One look at a damaged file, which it cannot change."""
    source = sqlite3.connect(path, timeout=faults.BUSY_S)
    source.text_factory = lambda raw: raw.decode("utf-8", "replace")
    source.execute("PRAGMA query_only = ON")
    source.execute("PRAGMA writable_schema = ON")  # reads on where the file is shorter than it says
    source.execute("BEGIN")
    return source


def _is_sound(table: Table, row: Row) -> bool:
    """Whether each value is of its column's type: noise may pass for a row."""
    types = {String: str, JSON: str, Integer: int}
    pairs = zip(table.columns, row, strict=True)
    return all(isinstance(value, types[type(column.type)]) for column, value in pairs)


def _rows(source: sqlite3.Connection, table: Table, file_bytes: int) -> Iterator[Row]:
    """All rows that can be read, in no order."""
    names = ", ".join(
        f'CAST("{c.name}" AS TEXT)' if isinstance(c.type, JSON) else f'"{c.name}"' for c in table.columns
    )

    def read(order: str, low: int, high: int) -> Iterator[Row]:
        rows = f"SELECT {names} FROM {table.name} NOT INDEXED WHERE"  # an index may be damaged too
        if low == high:  # and never look at the one behind it
            return source.execute(f'{rows} "row" = ?', (low,))
        return source.execute(f'{rows} "row" BETWEEN ? AND ? ORDER BY "row" {order}', (low, high))

    yield from around_damage(read, file_bytes // LEAST_ROW_BYTES)


def around_damage(read: Read, most: int) -> Iterator[Row]:
    """The rows that `read(order, low, high)` gives before it fails, of those with keys from 1 to `most`.

    From the first one on and from the last one back as far as that goes, and one by one between.
    """
    seen = set[int]()
    last = 0

    def new(order: str, low: int, high: int) -> Iterator[Row]:
        nonlocal last
        for row in _until_damage(read, order, low, high):
            if row[0] not in seen:
                seen.add(row[0])
                last = max(last, row[0])
                yield row

    yield from new("ASC", 1, most)
    yield from new("DESC", 1, most)
    key = 0
    while key < min(most, last + LOOK_AHEAD):
        key += 1
        if key not in seen:
            yield from new("ASC", key, key)


def _until_damage(read: Read, order: str, low: int, high: int) -> Iterator[Row]:
    """The rows up to the first that cannot be read; in strict order, without one that may have a wrong key."""
    held: Row | None = None
    try:
        for row in read(order, low, high):
            if held is not None:
                if not (row[0] > held[0] if order == "ASC" else row[0] < held[0]):
                    return  # one of the two has a wrong key
                yield held
            held = row
    except (sqlite3.Error, OverflowError, MemoryError) as error:
        if _is_busy(error):
            raise
    if held is not None:
        yield held
