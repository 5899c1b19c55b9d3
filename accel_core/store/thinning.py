"""Old measurements that repeat a case can go, by a rule and never silently: into an archive first.

The rule: of the measurements of one case (machine, kernel, shape, dtype, threads and parameters) that are older
than so many days, `keep` stay: the newest, the oldest, and others evenly between them in their order. All newer
ones stay, and all that is no measurement: roofs, comparisons, calibrations, guesses, answers, the arena's
entries and verdicts. A damaged row stays too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from accel_core.errors import BadInput, quoted
from accel_core.store import copying, faults
from accel_core.store.again import persistently, read_again
from accel_core.store.cases import UNREADABLE, batched
from accel_core.store.copying import Copied
from accel_core.store.moments import utc
from accel_core.store.records import Store
from accel_core.store.sound import DAMAGE, text
from accel_core.store.tables import CASES, MEASUREMENTS


def before(days: float) -> str:
    """The moment `days` ago, as records have it; BadInput where no calendar has that."""
    try:
        moment = datetime.now(UTC) - timedelta(days=days)
    except OverflowError:
        raise BadInput(f"{quoted(days)} days ago is before any calendar: give fewer.") from None
    return moment.isoformat(timespec="microseconds")


def spared(count: int, keep: int) -> set[int]:
    """Places of `count` in order of time of which `keep` stay: the last, the first, and evenly between."""
    if count <= keep:
        return set(range(count))
    if keep == 1:
        return {count - 1}
    return {round(place * (count - 1) / (keep - 1)) for place in range(keep)}


@read_again
def superfluous(store: Store, moment: str, keep: int) -> tuple[list[int], int]:
    """The rows of measurements that may go, made before `moment`, and of how many cases those are."""
    if keep < 1:
        raise BadInput(f"Of each case at least 1 measurement stays, and {keep} were asked for.")
    store.find_cases()
    case = (CASES.c.fingerprint, CASES.c.case)
    old = select(*case, CASES.c.row).where(CASES.c.created < moment, CASES.c.case != UNREADABLE)
    going: list[int] = []
    cases = 0
    with store.database.reading() as connection:
        if connection is None:
            return [], 0
        last = connection.scalar(select(func.max(MEASUREMENTS.c.row)))
        rows = connection.execute(old.order_by(*case, CASES.c.created, CASES.c.row))
        for _, alike in groupby(rows, key=lambda row: tuple(row)[:2]):
            found = [row.row for row in alike]
            stay = spared(len(found), keep)
            # SQLite would give the number of the last row again, which HEADS and readers take for known
            gone = [row for place, row in enumerate(found) if place not in stay and row != last]
            going += gone
            cases += bool(gone)
    return sorted(going), cases


def thin(store: Store, rows: Sequence[int], archive: Path) -> int:
    """Write the measurements in `rows` into the new file `archive`, take them out, and say how many went.

    Each batch is on the disk before it leaves the store.
    """
    gone = 0
    try:
        with archive.open("x", encoding="utf-8") as file:
            for some in batched(rows, copying.BATCH):
                found = list(_payloads(store, some))
                file.writelines(line(payload) for _, payload in found)
                file.flush()
                os.fsync(file.fileno())
                persistently(partial(_take_out, store, [row for row, _ in found]), faults.BUSY_S)
                gone += len(found)
    except FileExistsError:
        raise BadInput(f"{archive} is there already and is not written over: name another archive.") from None
    except OSError as error:
        raise BadInput(
            f"The archive {archive} cannot be written: {error.strerror or error}; {gone} measurements that are "
            "in it were taken out, and no other."
        ) from None
    return gone


@read_again
def _payloads(store: Store, rows: Sequence[int]) -> list[tuple[int, str]]:
    query = select(MEASUREMENTS.c.row, text(MEASUREMENTS.c.payload)).where(MEASUREMENTS.c.row.in_(rows))
    with store.database.reading() as connection:
        found = connection.execute(query.order_by(MEASUREMENTS.c.row)) if connection is not None else ()
        return [(row, payload) for row, payload in found if _is_plain(payload)]


def _is_plain(payload: str) -> bool:
    try:
        return row_of(json.loads(payload)) is not None
    except DAMAGE:
        return False


def _take_out(store: Store, rows: Sequence[int]) -> None:
    with store.database.writing() as connection:
        for table in (CASES, MEASUREMENTS):
            connection.execute(delete(table).where(table.c.row.in_(rows)))


def line(payload: str) -> str:
    """The line of an archive that holds the measurement of a stored text, with all its fields."""
    return json.dumps({"type": "measurement", "data": json.loads(payload)}) + "\n"


def row_of(data: dict[str, Any]) -> dict[str, Any]:
    """The row of MEASUREMENTS for a measurement as plain data; one of sound.DAMAGE where it is none."""
    names = ("id", "fingerprint", "workload", "kernel", "dtype", "threads", "size")
    return {name: data[name] for name in names} | {"created": utc(data["created"]), "payload": json.dumps(data)}


def take_in(archive: Path, target: Store) -> Copied:
    """Add the measurements of an archive to a store, each once."""
    done = Copied(copying.name_of(MEASUREMENTS))
    try:
        with archive.open(encoding="utf-8") as file:
            for some in batched(_rows(file), copying.BATCH):
                done = done.and_(copying.add(target, MEASUREMENTS, filter(None, some)))
                done = done.and_(Copied(done.table, found=some.count(None), damaged=some.count(None)))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is no text"
        raise BadInput(f"The archive {archive} cannot be read: {reason}.") from None
    target.find_cases()
    return done


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any] | None]:
    for one in lines:
        try:
            yield row_of(json.loads(one)["data"])
        except DAMAGE:
            yield None
