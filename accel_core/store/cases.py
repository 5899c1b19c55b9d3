"""Which measurements are the newest of their case: kept in a table of its own, so that SQL can pick them.

A store of years holds the same cases again and again, and a page asks for the newest of each. Which case a
measurement answers stands in its payload alone, and to open every payload costs seconds (100,000 records).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import Connection, FromClause, Label, Select, func, insert, inspect, select

from accel_core.model import Measurement
from accel_core.store.sound import DAMAGE, measurement, text
from accel_core.store.tables import CASES, MEASUREMENTS

AT_ONCE = 2_000
"""Rows that one transaction adds: others may write in between."""
MOST = 150
"""Cases of each kernel that are read, the newest: pages offer at most 114 of one kernel. Sweeps over ever new
sizes would fill a server's memory."""
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
    names = ("row", "fingerprint", "kernel", "created")
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
    """The rows of the newest `each` measurements of the newest MOST cases of every kernel in the table."""

    def place(among: FromClause, group: str) -> Label[int]:
        newest_first = (among.c.created.desc(), among.c.row.desc())
        return func.row_number().over(partition_by=among.c[group], order_by=newest_first).label(f"in_{group}")

    known = (CASES.c.fingerprint == fingerprint, CASES.c.case != UNREADABLE)
    rows = select(CASES, place(CASES, "case")).where(*known).cte("rows_of_cases")
    firsts = select(rows).where(rows.c.in_case == 1).cte("first_rows")
    ranked = select(firsts.c.case, place(firsts, "kernel")).subquery()
    wanted = select(ranked.c.case).where(ranked.c.in_kernel <= MOST)
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
    """The newest `each` of the newest MOST cases of every kernel, newest first.

    Of two of one moment the first stands.
    """
    kept: dict[str, Counter[str]] = defaultdict(Counter)
    found = []
    for one in sorted(measurements, key=lambda m: m.created, reverse=True):
        key, of_kernel = case_key(one), kept[one.kernel]
        if of_kernel[key] < each and (key in of_kernel or len(of_kernel) < MOST):
            of_kernel[key] += 1
            found.append(one)
    return found


def _case(payload: str) -> str:
    try:
        return case_key(measurement(payload))
    except DAMAGE:
        return UNREADABLE
