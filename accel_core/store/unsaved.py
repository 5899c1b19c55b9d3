"""Records that the database did not take: each waits in a file beside it until the database takes it.

A file holds `{"records": [...]}`, each record as its `type`, its `data` (the model's own `to_dict`) and what
the store keeps beside it. Whatever file of that form lies in the folder is taken in, so one that a page offered
as a download can be put there by hand. Where no file can be written, records wait in memory, as long as the
program runs.

A database that is put there, a damaged one say, is taken in too, with all that can be read of it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from accel_core.codec import kinds
from accel_core.errors import StoreUnavailable
from accel_core.folders import data_folder, spare_folder
from accel_core.machine import environment
from accel_core.model import (
    BlockRun,
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Disk,
    Environment,
    Latency,
    Measurement,
    OutOfCoreRun,
    Verdict,
)
from accel_core.model.answers import Answer, Guess
from accel_core.race import Calibration
from accel_core.store import faults, handed
from accel_core.store.damage import salvaged
from accel_core.store.database import in_memory, sqlite_file
from accel_core.store.sound import DAMAGE, decoded, measurement, text
from accel_core.store.tables import MEASUREMENTS, PARTS

OfMachine = (
    Measurement
    | Comparison
    | Calibration
    | Ceiling
    | Latency
    | CurvePoint
    | Clock
    | Guess
    | Answer
    | BlockRun
    | Disk
    | OutOfCoreRun
)
Stored = OfMachine | handed.OfArena
STORED: dict[str, type[Stored]] = kinds(Stored)
"""What is stored, by the `type` of its event."""


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Entry:
    """A record and what the store keeps beside it."""

    kind: str
    """A name of STORED."""
    record: Stored
    fingerprint: str
    environment: Environment
    """The versions that it was measured with."""
    created: str = field(default_factory=now)
    """When it was measured, which may be long before it is stored."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The name of its file."""

    def to_dict(self) -> dict[str, Any]:
        """The record under its kind, with what is kept beside it, as plain data."""
        beside = {"fingerprint": self.fingerprint, "environment": self.environment.to_dict()}
        return {"type": self.kind, "data": self.record.to_dict(), **beside, "created": self.created}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Entry:
        """The entry in `data`; what sound.DAMAGE names where it holds none."""
        record, versions = (
            STORED[data["type"]].from_dict(data["data"]),
            Environment.from_dict(data["environment"]),
        )
        datetime.fromisoformat(data["created"])
        return cls(data["type"], record, str(data["fingerprint"]), versions, data["created"])


def of_arena(record: handed.OfArena) -> Entry:
    """`record` as the store adds it; only a verdict is of a machine."""
    if isinstance(record, Verdict):
        return Entry(record.called(), record, record.fingerprint, record.environment, record.created)
    return Entry(record.called(), record, "", environment(), record.created)


def entries_json(entries: Iterable[Entry]) -> str:
    """The text of a file of records."""
    return json.dumps({"records": [entry.to_dict() for entry in entries]}, indent=1)


class Unsaved:
    """The records that wait for the database at `url`, of this program and of those before it."""

    def __init__(self, url: str | URL) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Entry, Path | None]] = {}
        """By their ids, what this program set aside: in which file, or None where it is in memory only."""

    def keep(self, entry: Entry) -> None:
        """Set `entry` aside."""
        path = next(filter(None, (_write(folder, entry) for folder in self._folders(make=True))), None)
        with self._lock:
            self._kept[entry.id] = (entry, path)

    def left(self, entries: Iterable[Entry]) -> tuple[list[Entry], Path | None]:
        """Those of `entries` that still wait, and the folder they wait in; None where one is in memory only."""
        with self._lock:
            waiting = [self._kept[entry.id] for entry in entries if entry.id in self._kept]
        waiting = [(entry, path) for entry, path in waiting if path is None or path.exists()]
        folders = [path and path.parent for _, path in waiting]
        return [entry for entry, _ in waiting], (folders[0] if all(folders) and folders else None)

    def bundles(self) -> Iterator[tuple[list[Entry], Callable[[], None]]]:
        """All that waits, a file at a time, each with what forgets it. A file that holds no records stays.

        A database is never deleted: its name tells that it was taken in.
        """
        with self._lock:
            waiting = [entry for entry, path in self._kept.values() if path is None]
        for entry in waiting:
            yield [entry], partial(self._forget, entry.id)
        for folder in self._folders(make=False):
            for path in sorted(folder.glob("*.json")):
                with suppress(OSError, *DAMAGE):
                    records = json.loads(path.read_text(encoding="utf-8"))["records"]
                    found = [Entry.from_dict(record) for record in records]
                    yield found, partial(self._forget, path.stem, path)
            for path in sorted(folder.glob("*.db")):
                with suppress(OSError, sqlite3.Error):
                    yield _entries_in(path), partial(_put_by, path)

    def _forget(self, id: str, path: Path | None = None) -> None:
        with suppress(OSError):
            if path is not None:
                path.unlink(missing_ok=True)
        with self._lock:
            self._kept.pop(id, None)

    def _folders(self, *, make: bool) -> list[Path]:
        """Where files may be: beside a SQLite file, else in the data folder; and in the temporary folder."""
        if in_memory(self._url):
            return []
        file = sqlite_file(self._url)
        named = str(file.absolute()) if file else _name_of_server(self._url)
        name = f"unsaved-{hashlib.sha256(named.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
        found = []
        with suppress(StoreUnavailable):
            found.append(file.with_name(f"{file.name}.unsaved") if file else data_folder() / name)
        if (spare := spare_folder(make=make)) is not None:
            found.append(spare / name)
        return found


def _name_of_server(url: str | URL) -> str:
    """What tells one database on a server from another: a schema may be named in the URL's options."""
    where = faults.place(url)
    with suppress(SQLAlchemyError, ValueError):
        where += str(make_url(url).query.get("options", ""))
    return where


def _put_by(path: Path) -> None:
    with suppress(OSError):
        path.replace(path.with_name(f"{path.name}.taken-in"))


def _entries_in(path: Path) -> list[Entry]:
    """Every record that can be read of a database of this kind."""
    engine, _ = salvaged(path)
    if engine is None:
        return []
    found = []
    with engine.connect() as connection:
        for (payload,) in connection.execute(select(text(MEASUREMENTS.c.payload))):
            with suppress(*DAMAGE):
                one = measurement(payload)
                found.append(Entry("measurement", one, one.fingerprint, one.environment, one.created))
        columns = (PARTS.c.kind, PARTS.c.fingerprint, PARTS.c.created)
        texts = (text(PARTS.c.payload), text(PARTS.c.environment))
        for kind, fingerprint, created, payload, environment in connection.execute(select(*columns, *texts)):
            with suppress(*DAMAGE):
                beside = {"fingerprint": fingerprint, "created": created, "environment": decoded(environment)}
                found.append(Entry.from_dict({"type": kind, "data": decoded(payload), **beside}))
        found += map(of_arena, handed.everything(connection))
    return found


def _write(folder: Path, entry: Entry) -> Path | None:
    """The file of `entry` in `folder`, whole or not at all; None where it cannot be written."""
    path = folder / f"{entry.id}.json"
    draft = path.with_suffix(".draft")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(entries_json([entry]), encoding="utf-8")
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        return None
    return path
