"""Which measurements are the newest of their case: kept in a table of its own, so that SQL can pick them.

A store of years holds the same cases again and again, and a page asks for the newest of each. Which case a
measurement answers stands in its payload alone, and to open every payload costs seconds (100,000 records).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, insert, inspect, select

from accel_core.model import Measurement
from accel_core.store.moments import utc
from accel_core.store.sound import DAMAGE, measurement, text
from accel_core.store.tables import CASES, MEASUREMENTS

AT_ONCE = 2_000
"""Rows that one transaction adds: others may write in between."""
MOST = 5_000
"""Cases that are read, the newest: sweeps over ever new sizes would fill a server's memory."""
FEW = 25
"""And so many of each kernel, type and thread count at least, however much came since."""
SPARE = 2
"""So many more of each case are read than are asked for: rows may have been damaged since they were added."""
UNREADABLE = ""
"""The case of a damaged row."""


def case_key(m: Measurement) -> str:
    """The same for two measurements that answer one case: kernel, shape, dtype, threads and parameters."""
    case = [m.kernel, list(m.shape), m.dtype, m.threads, sorted(m.parameters.items())]
    return blake2b(json.dumps(case).encode(), digest_size=16).hexdigest()


def last_row(connection: Connection) -> int:
    """The newest measurement that the table knows; 0 where it knows none, or there is no table."""
    if not inspect(connection).has_table(CASES.name):
        return 0
    return int(connection.scalar(select(func.max(CASES.c.row))) or 0)


def missing(connection: Connection) -> int:
    """How many measurements the table lacks."""
    after = select(func.count()).select_from(MEASUREMENTS).where(MEASUREMENTS.c.row > last_row(connection))
    return int(connection.scalar(after) or 0)


def add_missing(connection: Connection) -> int:
    """Add the oldest AT_ONCE measurements that the table lacks, and say how many there were."""
    names = ("row", "fingerprint", "kernel", "dtype", "threads", "created")
    query = select(*[MEASUREMENTS.c[name] for name in names], text(MEASUREMENTS.c.payload))
    query = query.where(MEASUREMENTS.c.row > last_row(connection)).order_by(MEASUREMENTS.c.row).limit(AT_ONCE)
    rows = [
        {**dict(zip(names, known, strict=True)), "case": _case(payload)}
        for *known, payload in connection.execute(query)
    ]
    if rows:
        connection.execute(insert(CASES), rows)
    return len(rows)


def newest_rows(fingerprint: str, each: int) -> Select[tuple[int]]:
    """The rows of the newest `each` measurements of every case in the table that is kept, see `kept`."""

    def place(among: FromClause, *group: str) -> ColumnElement[int]:
        newest_first = (among.c.created.desc(), among.c.row.desc())
        return func.row_number().over(partition_by=[among.c[name] for name in group], order_by=newest_first)

    known = (CASES.c.fingerprint == fingerprint, CASES.c.case != UNREADABLE)
    rows = select(CASES, place(CASES, "case").label("in_case")).where(*known).cte("rows_of_cases")
    firsts = select(rows).where(rows.c.in_case == 1).cte("first_rows")
    alike = place(firsts, "kernel", "dtype", "threads").label("among_alike")
    ranked = select(firsts.c.case, place(firsts).label("of_all"), alike).subquery()
    wanted = select(ranked.c.case).where((ranked.c.of_all <= MOST) | (ranked.c.among_alike <= FEW))
    return select(rows.c.row).where(rows.c.in_case <= each, rows.c.case.in_(wanted))


def newest(connection: Connection, fingerprint: str, each: int) -> tuple[list[str], int]:
    """Payloads of the newest `each` of the newest cases and of all that the table lacks, newest row first.

    Also how many rows of this machine are known to be damaged.
    """
    columns = (MEASUREMENTS.c.row, text(MEASUREMENTS.c.payload))
    of_machine = select(*columns).where(MEASUREMENTS.c.fingerprint == fingerprint)
    known = last_row(connection)
    rows = [*connection.execute(of_machine.where(MEASUREMENTS.c.row > known))]
    if known:
        rows += connection.execute(
            of_machine.where(MEASUREMENTS.c.row.in_(newest_rows(fingerprint, each + SPARE)))
        )
    payloads = [payload for _, payload in sorted(rows, reverse=True)]
    return payloads, unreadable(connection, fingerprint) if known else 0


def unreadable(connection: Connection, fingerprint: str) -> int:
    """How many damaged rows of one machine the table knows."""
    damaged = (CASES.c.fingerprint == fingerprint, CASES.c.case == UNREADABLE)
    return int(connection.scalar(select(func.count()).select_from(CASES).where(*damaged)) or 0)


def newest_of_each(measurements: Iterable[Measurement], each: int) -> list[Measurement]:
    """The newest `each` of every case that is kept, newest first; of two of one moment the first stands."""
    by_case: dict[str, list[Measurement]] = {}
    for one in sorted(measurements, key=lambda m: utc(m.created), reverse=True):
        by_case.setdefault(case_key(one), []).append(one)
    wanted = kept((case, alike[0]) for case, alike in by_case.items())
    found = [one for case, alike in by_case.items() if case in wanted for one in alike[:each]]
    return sorted(found, key=lambda m: utc(m.created), reverse=True)


def kept(newest_first: Iterable[tuple[str, Measurement]]) -> set[str]:
    """Which cases are kept, each given with its newest measurement: the newest MOST, and FEW of each kind."""
    seen, wanted = Counter[tuple[str, str, int]](), set()
    for place, (case, one) in enumerate(newest_first):
        kind = (one.kernel, one.dtype, one.threads)
        seen[kind] += 1
        if place < MOST or seen[kind] <= FEW:
            wanted.add(case)
    return wanted


def _case(payload: str) -> str:
    try:
        return case_key(measurement(payload))
    except DAMAGE:
        return UNREADABLE
