"""What went wrong with the store, in one sentence that says what to do; passwords never stand in it."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from accel_core.errors import StoreUnavailable, printable
from accel_core.privacy import without_user
from accel_core.units import format_bytes

BUSY_S = 10.0
"""How long a writer waits for another one; a write takes milliseconds, on a slow network share more."""

MOST_RECORD_BYTES = 8 << 20
"""Of one record as JSON; the longest of the recorded lessons takes 30 kB."""

_ELSEWHERE = "set ACCEL_HOME (or ACCEL_STORE_URL) to another place"


NO_SPACE = ("could not extend file", "could not write to file")
"""How PostgreSQL begins what it says of a quota or a limit of a file's length, under no code of its own."""


class RecordTooLarge(StoreUnavailable):
    """A record that no store takes, however often it is tried."""


def checked_json(record: Any) -> str:
    """`record` as JSON; RecordTooLarge where that is longer than MOST_RECORD_BYTES."""
    made = json.dumps(record)
    if len(made) > MOST_RECORD_BYTES:  # ASCII
        raise RecordTooLarge(
            f"A record of {format_bytes(len(made))} is refused: {format_bytes(MOST_RECORD_BYTES)} are the most "
            "that a store takes of one."
        )
    return made


def sqlite_code(error: BaseException) -> str | None:
    """SQLite's own name of an error; None where it is none of SQLite's."""
    return getattr(getattr(error, "orig", None) or error, "sqlite_errorname", None)


def sqlstate(error: BaseException) -> str:
    """The five letters that PostgreSQL gives an error; empty where it gave none."""
    cause = getattr(error, "orig", None) or error
    told = cause.args[0] if cause.args and isinstance(cause.args[0], dict) else {}  # pg8000
    return str(getattr(cause, "sqlstate", None) or told.get("C") or "")


def place(url: str | URL) -> str:
    """The store as a reader knows it: the file's path, or the database's URL without password and options."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "the database that ACCEL_STORE_URL names"
    if parsed.get_backend_name() == "sqlite":
        return without_user(printable(parsed.database or "the database in memory"))
    return without_user(printable(parsed.set(query={}).render_as_string(hide_password=True)))


def no_permission(where: str, action: str) -> str:
    """What is said where a file or folder may not be used."""
    return f"Records cannot be {action} {where}: no permission there; make it writable or {_ELSEWHERE}."


def no_locks(where: str, action: str, reason: str) -> str:
    """SQLite itself says that another program held the file, or that the disk failed."""
    return (
        f"Records cannot be {action} {where}: files there cannot be locked ({reason}), as on some network "
        f"homes; {_ELSEWHERE} on a local disk."
    )


def disk_full(where: str) -> str:
    """What is said where nothing more fits."""
    return (
        f"Records cannot be written to {where}: the disk is full; free some space (what is stored is unharmed)."
    )


def corrupt(where: str) -> str:
    """What is said where nothing can be read, and to whoever would write."""
    return f"The record store {where} is damaged or no such store: move it away and a new one will be begun."


def saved(where: str, rows: int) -> str:
    """What is said of a damaged file that is still read in part."""
    return (
        f"The record store {where} is damaged: {rows} of its rows can still be read, and nothing more is "
        f"written into it; move it into the folder {where}.unsaved (make that where it is missing), and the "
        "next measurement will begin a new store with them."
    )


def skipped(where: str, rows: int) -> str:
    """What is said of damaged rows that were left out."""
    records = "1 damaged record was" if rows == 1 else f"{rows} damaged records were"
    return f"{records} skipped in the record store {where}; all others are read, and nothing was deleted."


def unsaved(reason: str, results: int, folder: Path | None) -> str:
    """`reason` is the sentence of the fault; without a `folder`, what waits is in memory only."""
    what = "1 result of this job waits" if results == 1 else f"{results} results of this job wait"
    return waits(reason, what, folder)


def waits(reason: str, what: str, folder: Path | None) -> str:
    """`what` says "... waits": where, and what for."""
    if folder is None:
        return f"{reason} {what} in memory only: keep a copy of what is shown."
    return f"{reason} {what} in {folder} and will be stored with the next one that the store takes."


def newer(where: str, found: int, known: int) -> str:
    """What is said of a store whose schema is not known yet."""
    return (
        f"The record store {where} was made by a newer version of Accel Explorer (schema {found}, "
        f"this one knows {known}): update Accel Explorer or {_ELSEWHERE}."
    )


def explain(error: Exception, url: str | URL, action: str) -> str:
    """The sentence for whatever `error` the store met while records were "read from" or "written to" `url`."""
    where = place(url)
    if isinstance(error, OSError):
        return _explain_os(error, where, action)
    if isinstance(error, ArgumentError):
        return f"No database can be opened as {where}: give it as sqlite:///path or postgresql://host/name."
    if isinstance(error, ModuleNotFoundError):
        return f"The record store {where} needs the Python package {error.name}: install it or {_ELSEWHERE}."
    if code := sqlite_code(error):
        return _explain_sqlite(code, where, action)
    if isinstance(error, PoolTimeout):
        return f"Records cannot be {action} {where}: all connections to it are in use; try again."
    if known := _explain_server(sqlstate(error), where, action):
        return known
    said = _first_line(error, url)
    if said.startswith(NO_SPACE):
        return disk_full(where)
    return f"Records cannot be {action} {where}: {said}; check that this database runs or {_ELSEWHERE}."


def _explain_os(error: OSError, where: str, action: str) -> str:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return disk_full(where)
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG):
        return f"Records cannot be {action} {where}: a part of that path is no folder; {_ELSEWHERE}."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return no_permission(where, action)
    return f"Records cannot be {action} {where}: {error.strerror or error}; {_ELSEWHERE}."


def _explain_sqlite(code: str, where: str, action: str) -> str:
    """Result codes: https://www.sqlite.org/rescode.html (an extended code begins with its primary one)."""
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return corrupt(where)
    if code.startswith("SQLITE_FULL"):
        return disk_full(where)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"Records cannot be {action} {where}: another program holds it; try again."
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_CANTOPEN")):
        return no_permission(where, action)
    if code.startswith("SQLITE_IOERR"):
        return f"Records cannot be {action} {where}: the disk failed or its quota is used up; {_ELSEWHERE}."
    return f"Records cannot be {action} {where}: SQLite says {code}; {_ELSEWHERE}."


def _explain_server(code: str, where: str, action: str) -> str:
    """Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html; empty for all others."""
    if code.startswith("53100"):
        return disk_full(where)
    if code.startswith("53300"):
        return f"Records cannot be {action} {where}: it has too many connections; try again."
    if code.startswith(("55P03", "57014", "40P01")):
        return f"Records cannot be {action} {where}: another program holds it; try again."
    if code.startswith("42501"):
        return (
            f"Records cannot be {action} {where}: this user may not; have its owner grant what is missing or "
            f"{_ELSEWHERE}."
        )
    if code.startswith("25006"):
        return f"Records cannot be {action} {where}: it is read-only, as a standby is; {_ELSEWHERE}."
    if code.startswith(("08", "57P")):
        return f"Records cannot be {action} {where}: the connection to it was cut; check that it runs."
    return ""


def _first_line(error: Exception, url: str | URL) -> str:
    """What the driver says, without the statement that SQLAlchemy adds and without the URL's password."""
    cause = getattr(error, "orig", None) or error
    line = (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
    for secret in _secrets(make_url(url)):
        line = line.replace(secret, "***")
    return line


def _secrets(url: URL) -> list[str]:
    """Passwords in a URL, in every way that it may write them, the longest first."""
    given = [url.password, *(url.query.get(name) for name in ("password", "sslpassword"))]
    plain = [str(secret) for secret in given if secret]
    return sorted({form(one) for one in plain for form in (str, quote, quote_plus)}, key=len, reverse=True)
