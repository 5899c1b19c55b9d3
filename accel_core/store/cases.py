"""Which measurements are the newest of their case: kept in tables of their own, so that SQL can pick them.

A store of years holds the same cases again and again, and a page asks for the newest of each. Which case a
measurement answers stands in its payload alone, and to open every payload costs seconds (100,000 records).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    insert,
    inspect,
    select,
    true,
    tuple_,
    update,
)

from accel_core.model import Measurement
from accel_core.store.moments import utc
from accel_core.store.sound import DAMAGE, measurement, text
from accel_core.store.tables import CASES, HEADS, MEASUREMENTS

One = TypeVar("One")

AT_ONCE = 2_000
"""Rows that one transaction adds: others may write in between."""
KEYS_AT_ONCE = 500
"""Cases that one question names."""
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
    """The newest measurement that the tables know; 0 where they know none, or are not there."""
    if not inspect(connection).has_table(HEADS.name):
        return 0
    return int(connection.scalar(select(func.max(HEADS.c.last))) or 0)


def missing(connection: Connection) -> int:
    """How many measurements the tables lack."""
    after = select(func.count()).select_from(MEASUREMENTS).where(MEASUREMENTS.c.row > last_row(connection))
    return int(connection.scalar(after) or 0)


def add_missing(connection: Connection) -> int:
    """Add the oldest AT_ONCE measurements that the tables lack, and say how many there were."""
    names = ("row", "fingerprint", "kernel", "dtype", "threads", "created")
    query = select(*[MEASUREMENTS.c[name] for name in names], CASES.c.case)
    query = query.join(CASES, CASES.c.row == MEASUREMENTS.c.row, isouter=True)
    query = query.where(MEASUREMENTS.c.row > last_row(connection)).order_by(MEASUREMENTS.c.row).limit(AT_ONCE)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    new = [row for row in rows if row["case"] is None]  # else an older program added it
    payloads = select(MEASUREMENTS.c.row, text(MEASUREMENTS.c.payload))
    payloads = payloads.where(MEASUREMENTS.c.row.in_([row["row"] for row in new]))
    case_of = {row: _case(payload) for row, payload in connection.execute(payloads)}
    for row in new:
        row["case"] = case_of[row["row"]]
    if new:
        connection.execute(insert(CASES), new)
    _lead(connection, rows)
    return len(rows)


def _lead(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Let HEADS know of rows of CASES, given in their order."""
    heads: dict[tuple[str, str], dict[str, Any]] = {}
    last: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row["fingerprint"], row["case"])
        last[key] = row["row"]
        if key not in heads or _moment(row) > _moment(heads[key]):
            heads[key] = row
    known: dict[tuple[str, str], Mapping[str, Any]] = {}
    for some in batched(heads, KEYS_AT_ONCE):
        query = select(HEADS).where(tuple_(HEADS.c.fingerprint, HEADS.c.case).in_(some))
        known |= {(row["fingerprint"], row["case"]): row for row in connection.execute(query).mappings()}
    new, changed = [], []
    for key, row in heads.items():
        newest = max(row, known[key], key=_moment) if key in known else row
        head = {name: newest[name] for name in HEADS.c.keys() if name != "last"} | {"last": last[key]}  # noqa: SIM118
        if key in known:
            changed.append({f"its_{name}": value for name, value in head.items()})
        else:
            new.append(head)
    if new:
        connection.execute(insert(HEADS), new)
    if changed:
        its: dict[str, Any] = {
            name: bindparam(f"its_{name}") for name in ("fingerprint", "case", "created", "row", "last")
        }
        of_case = (HEADS.c.fingerprint == its.pop("fingerprint"), HEADS.c.case == its.pop("case"))
        connection.execute(update(HEADS).where(*of_case).values(its), changed)


def _moment(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["created"], row["row"]


def wanted(connection: Connection, fingerprint: str) -> ColumnElement[bool]:
    """Which rows of HEADS are of the cases that are kept, see `kept`: the same however many there are."""
    known = (HEADS.c.fingerprint == fingerprint, HEADS.c.case != UNREADABLE)
    newest_first = (HEADS.c.created.desc(), HEADS.c.row.desc())
    newest = select(HEADS.c.case).where(*known).order_by(*newest_first)
    if connection.scalar(newest.offset(MOST).limit(1)) is None:
        return and_(*known)
    found = set(connection.scalars(newest.limit(MOST)))
    kind, last = (HEADS.c.kernel, HEADS.c.dtype, HEADS.c.threads), None
    while True:  # from each kind to the next one, past all its cases
        after = select(*kind).where(*known, *([tuple_(*kind) > tuple_(*last)] if last else []))
        following = connection.execute(after.order_by(*kind).limit(1)).first()
        if following is None:
            return and_(HEADS.c.fingerprint == fingerprint, HEADS.c.case.in_(found))
        last = tuple(following)
        alike = [column == value for column, value in zip(kind, last, strict=True)]
        found |= set(connection.scalars(newest.where(*alike).limit(FEW)))


def newest(connection: Connection, fingerprint: str, each: int) -> tuple[list[str], int]:
    """Payloads of the newest `each` of the newest cases and of all that the tables lack, newest row first.

    Also how many rows of this machine are known to be damaged.
    """
    columns = (MEASUREMENTS.c.row, text(MEASUREMENTS.c.payload))
    of_machine = select(*columns).where(MEASUREMENTS.c.fingerprint == fingerprint)
    known = last_row(connection)
    rows = [*connection.execute(of_machine.where(MEASUREMENTS.c.row > known))]
    if known:
        rows += connection.execute(_of_cases(connection, fingerprint, each + SPARE))
    payloads = [payload for _, payload in sorted(rows, reverse=True)]
    return payloads, unreadable(connection, fingerprint) if known else 0


def _of_cases(connection: Connection, fingerprint: str, each: int) -> Select[tuple[int, str]]:
    """(row, payload) of the newest `each` of every case that is kept, by a few steps in an index for each."""
    heads = wanted(connection, fingerprint)
    of_case = (CASES.c.fingerprint == HEADS.c.fingerprint, CASES.c.case == HEADS.c.case)
    rows = select(CASES.c.row).where(*of_case).order_by(CASES.c.created.desc(), CASES.c.row.desc()).limit(each)
    columns = (MEASUREMENTS.c.row, text(MEASUREMENTS.c.payload))
    if connection.dialect.name == "sqlite":  # which has no LATERAL, and does the same with this
        among = MEASUREMENTS.c.row.in_(rows.correlate(HEADS))
        return select(*columns).select_from(HEADS).join(MEASUREMENTS, among).where(heads)
    first = rows.correlate(HEADS).lateral("first_rows")
    found = select(*columns).select_from(HEADS).join(first, true())
    return found.join(MEASUREMENTS, MEASUREMENTS.c.row == first.c.row).where(heads)


def batched(all_of: Iterable[One], size: int) -> Iterator[list[One]]:
    """`all_of` in lists of `size`, the last one shorter."""
    rest = iter(all_of)
    while some := list(islice(rest, size)):
        yield some


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
