"""Opening the database: where it is, what makes it, and which version it must have.

SQLite keeps its rollback journal (its default) on purpose. Write-ahead logging needs shared memory, so it does
not work on network file systems, where the home folders of a class often lie, and a read-only folder cannot
hold the two files that it needs beside the database (https://www.sqlite.org/wal.html, sections 1 and 5).
Records are written one at a time, seconds apart; writers wait for one another (BUSY_S).
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from accel_core.errors import StoreUnavailable
from accel_core.folders import data_folder
from accel_core.store import faults, upgrades
from accel_core.store.again import DamageFound, ServerGone
from accel_core.store.damage import Damage, is_damage
from accel_core.store.engines import engine_of, is_gone, is_memory, wait_for_writers
from accel_core.store.tables import METADATA, SCHEMA, SCHEMA_VERSION

_FAULTS = (SQLAlchemyError, sqlite3.Error, OSError, ModuleNotFoundError)


def default_url() -> str | URL:
    """$ACCEL_STORE_URL, else the file records.db in the data folder: a URL that may hold bytes of no UTF-8."""
    given = os.environ.get("ACCEL_STORE_URL")
    return given or URL.create("sqlite", database=str(data_folder() / "records.db"))


def in_memory(url: str | URL) -> bool:
    """Whether the database is SQLite's own in memory, which nobody else can see."""
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):
        return False
    return is_memory(parsed)


def sqlite_file(url: str | URL) -> Path | None:
    """The file of a SQLite database; None for one in memory, by URI or on a server."""
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):
        return None
    if parsed.get_backend_name() != "sqlite" or in_memory(url) or str(parsed.database).startswith("file:"):
        return None
    return Path(str(parsed.database))


def lock_fault(folder: Path) -> str:
    """Why a file in `folder` cannot be locked as SQLite locks; empty where it can, or none can be made."""
    if sys.platform == "win32":
        return ""
    import fcntl

    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as probe:
        try:
            fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.strerror or str(error)
    return ""


class Database:
    """One database by URL. Nothing is opened, made or even parsed before the first read or write."""

    def __init__(self, url: str | URL | None, busy_s: float | None = None) -> None:
        self._given = url
        self._busy_s = busy_s
        self._locks = False
        """Whether a file beside the database was locked once."""
        self._whole = False
        """Whether all tables of a server were seen: unlike a file, they do not go away."""
        self._gone_since: float | None = None

    @cached_property
    def damage(self) -> Damage:
        """What is known of damage to its file."""
        return Damage(sqlite_file(self.url))

    @cached_property
    def url(self) -> str | URL:
        """As given, else the user's own."""
        return self._given or default_url()

    @property
    def damage_said(self) -> str:
        """What is said of a damaged file that is still read in part; empty where it is none."""
        if self.damage.copy is None:
            return ""
        return faults.saved(faults.place(self.url), self.damage.saved)

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """A connection to read with, or None where nothing was ever stored; never makes or changes a file."""
        with self._explained("read from"):
            if not self._exists():
                yield None
                return
            self._check_locks("read from")
            if (copy := self.damage.copy) is not None:
                with self.damage.lock, copy.connect() as connection:
                    yield connection
                return
            with self._engine.connect() as connection:
                yield connection if self._version(connection) else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in one transaction, committed at the end; makes folder, file and tables if missing."""
        with self._explained("written to"):
            path = self._path
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._check_locks("written to")
            self.damage.check()
            if self.damage.known:
                raise StoreUnavailable(self.damage_said or faults.corrupt(faults.place(self.url)))
            if not self._whole:
                self._make_what_is_missing()
            with self._engine.begin() as connection:
                wait_for_writers(connection, self._busy_s)
                yield connection

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        """One sentence for whatever goes wrong: DamageFound where something can still be read, and ServerGone
        where another try may do."""
        try:
            yield
        except _FAULTS as error:
            cause = getattr(error, "orig", None) or error
            if isinstance(cause, faults.RecordTooLarge):
                raise cause from None
            if is_damage(cause) and self._save_what_can_be() and action == "read from":
                raise DamageFound(faults.corrupt(faults.place(self.url))) from error
            self._whole = False
            said = faults.explain(error, self.url, action)
            if is_gone(error):
                raise self._gone(said) from error
            raise StoreUnavailable(said) from error
        else:
            self._gone_since = None

    def _gone(self, said: str) -> ServerGone:
        now_s = time.monotonic()
        self._gone_since = self._gone_since or now_s
        fault = ServerGone(said)
        fault.hopeless = now_s - self._gone_since > faults.BUSY_S
        return fault

    def _save_what_can_be(self) -> bool:
        """Whether anything can still be read of a damaged file; nothing more is written into it."""
        with suppress(sqlite3.Error):  # held by another program: the next reader comes upon it too
            self.damage.note()
        return self.damage.copy is not None

    @cached_property
    def _engine(self) -> Engine:
        try:
            return engine_of(self.url, self._busy_s)
        except ValueError:  # a port that is no number: what Python quotes of the URL may be of its password
            raise ArgumentError("no URL of a database") from None

    @cached_property
    def _path(self) -> Path | None:
        return sqlite_file(self.url)

    def _check_locks(self, action: str) -> None:
        """StoreUnavailable where the folder of a SQLite file knows no locks: SQLite would wait for BUSY_S."""
        if self._path is None or self._locks:
            return
        if reason := lock_fault(self._path.parent):
            raise StoreUnavailable(faults.no_locks(faults.place(self.url), action, reason))
        self._locks = True

    def _exists(self) -> bool:
        """Whether there is anything to open; where one may not look, the opening will explain."""
        try:
            return self._path is None or self._path.exists()
        except PermissionError:
            return True

    def _version(self, connection: Connection) -> int | None:
        """The schema's version, None where there is none yet; StoreUnavailable where it is newer than ours."""
        if not inspect(connection).has_table(SCHEMA.name):
            return None
        found: int | None = connection.scalar(
            select(SCHEMA.c.version).order_by(SCHEMA.c.version.desc()).limit(1)
        )
        if found is not None and found > SCHEMA_VERSION:
            raise StoreUnavailable(faults.newer(faults.place(self.url), found, SCHEMA_VERSION))
        return found

    def _make_what_is_missing(self) -> None:
        with self._engine.connect() as connection:
            made = self._version(connection) is not None
            whole = made and not upgrades.lacking(connection)
        if not whole:
            self._make_tables(anew=not made)
        self._whole = self._path is None and not in_memory(self.url)

    def _make_tables(self, *, anew: bool) -> None:
        """Make what is missing; two programs may do so at once, and the version row goes in last.

        A store that is not made `anew` lacks only tables that came later, and has its version.
        """
        try:
            with self._engine.begin() as connection:
                wait_for_writers(connection, self._busy_s)
                for table in METADATA.sorted_tables:
                    connection.execute(CreateTable(table, if_not_exists=True))
                    for index in sorted(table.indexes, key=lambda index: str(index.name)):
                        connection.execute(CreateIndex(index, if_not_exists=True))
                upgrades.change_columns(connection)
                if anew:
                    connection.execute(insert(SCHEMA), {"version": SCHEMA_VERSION})
        except (IntegrityError, ProgrammingError):
            with self._engine.connect() as connection:
                if self._version(connection) is None:
                    raise
