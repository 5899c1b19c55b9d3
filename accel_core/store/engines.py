"""How a database is opened, how its writers wait for one another, and how it is known that it went away.

Writers take turns on a server as they do on a SQLite file: each transaction takes one lock first. A record's
row number then tells when it was committed, which whoever reads only what came relies on, and no two writers
can find the same record missing.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from accel_core.store import faults

WRITERS_LOCK = 0x6163_6365_6C
"""The advisory lock of PostgreSQL that all writers of one database take: "accel" in ASCII."""
IDLE_S = 60
"""A writer whose machine went away in mid-transaction holds the others no longer than this."""
RECYCLE_S = 1800
POOL = {"pool_size": 5, "max_overflow": 10}
"""Connections of one process; PostgreSQL itself takes 100 in all where nobody changed that."""
GONE = ("08", "57P01", "57P02", "57P03", "53300")
"""How codes begin that pass: a cut connection, a server that stops or starts, too many connections."""
STARTING = ("starting up", "shutting down", "terminating", "too many clients", "not yet accepting")
_engines: dict[tuple[str, float | None], Engine] = {}
_making = threading.Lock()


def is_server(url: str | URL) -> bool:
    """Whether the database is PostgreSQL."""
    return make_url(url).get_backend_name() == "postgresql"


def is_memory(parsed: URL) -> bool:
    """Whether the database is SQLite's own in memory, which nobody else can see."""
    return parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:")


def engine_of(url: str | URL, busy_s: float | None) -> Engine:
    """An engine for `url`; of a server one for all stores of this process, as each has open connections."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _of_sqlite(parsed, busy_s)
    key = (parsed.render_as_string(hide_password=False), busy_s)
    with _making:
        if key not in _engines:
            _engines[key] = _of_server(parsed, busy_s)
        return _engines[key]


def _of_sqlite(url: URL, busy_s: float | None) -> Engine:
    """SQLite files are opened for each use, so none stays open; all wait `busy_s` (BUSY_S) for a writer."""
    engine = create_engine(
        url,
        hide_parameters=True,
        json_serializer=faults.checked_json,
        connect_args={"timeout": _patience_s(busy_s)},
        poolclass=StaticPool if is_memory(url) else NullPool,
    )
    event.listen(engine, "connect", _bear_any_text)
    return engine


def _of_server(url: URL, busy_s: float | None) -> Engine:
    options: dict[str, Any] = {"pool_pre_ping": True, "pool_recycle": RECYCLE_S, **POOL}
    options["pool_timeout"] = _patience_s(busy_s)
    if url.get_backend_name() == "postgresql":
        options["isolation_level"] = "READ COMMITTED"  # whoever had to wait for the lock sees what came
        seconds = max(2, round(_patience_s(busy_s)))
        waits = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout", "pg8000": "timeout"}
        name = waits.get(url.get_driver_name())
        if name is not None and name not in url.query:
            options["connect_args"] = {name: seconds}
    return create_engine(url, hide_parameters=True, json_serializer=faults.checked_json, **options)


def _patience_s(busy_s: float | None) -> float:
    return faults.BUSY_S if busy_s is None else busy_s


def _bear_any_text(connection: Any, _: object) -> None:
    """A text that is no UTF-8 comes with replaced letters; Python's driver would stop reading there."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")


def wait_for_writers(connection: Connection, busy_s: float | None) -> None:
    """Begin a transaction that no other writer's overlaps; a writer waits `busy_s` (BUSY_S) for its turn."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        settings = {
            "lock_timeout": f"{max(1, round(1000 * _patience_s(busy_s)))}",
            "idle_in_transaction_session_timeout": f"{IDLE_S * 1000}",
        }
        for name, value in settings.items():
            connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITERS_LOCK})


def is_gone(error: BaseException) -> bool:
    """Whether `error` tells of a server that was left or restarts, so that another try may do."""
    if not isinstance(error, DBAPIError) or faults.sqlite_code(error):
        return False
    if error.connection_invalidated:
        return True
    if code := faults.sqlstate(error):
        return code.startswith(GONE)
    said = str(error.orig)
    wrong = type(error.orig).__name__ not in ("OperationalError", "InterfaceError", "ConnectionTimeout")
    return not wrong and ("FATAL" not in said or any(words in said for words in STARTING))


def _leave_to_the_parent() -> None:
    """A forked process would share the connections of its parent."""
    for engine in _engines.values():
        engine.dispose(close=False)
    _engines.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)
