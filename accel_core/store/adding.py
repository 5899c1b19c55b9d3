"""Records as the rows that are added for them, each once however often that is asked."""

from __future__ import annotations

from sqlalchemy import Connection, exists, insert, literal, select

from accel_core.model import BlockRun, Comparison, Disk, Measurement, OutOfCoreRun
from accel_core.model.answers import Answer, Guess
from accel_core.race import Calibration
from accel_core.store import answered, blocks, cases, handed
from accel_core.store.moments import utc
from accel_core.store.refine import PeakPart, part_name
from accel_core.store.tables import MEASUREMENTS, PARTS
from accel_core.store.unsaved import Entry

OfParts = Comparison | Calibration | PeakPart | Guess | Answer | BlockRun | Disk | OutOfCoreRun
"""What PARTS holds."""


def add(connection: Connection, entry: Entry) -> None:
    """Add the rows of `entry` that are not there; BadInput where its date is none."""
    if isinstance(entry.record, Measurement):
        _add_measurement(connection, entry.record)
    elif isinstance(entry.record, handed.OfArena):
        handed.add(connection, entry.record)
    else:
        _add_part(connection, entry, entry.record)


def _add_measurement(connection: Connection, measurement: Measurement) -> None:
    row = {
        "created": utc(measurement.created),
        "payload": measurement.to_dict(),
        **{
            name: getattr(measurement, name)
            for name in ("id", "fingerprint", "workload", "kernel", "dtype", "threads", "size")
        },
    }
    known = select(MEASUREMENTS.c.row).where(MEASUREMENTS.c.id == measurement.id)
    if connection.scalar(known) is None:
        connection.execute(insert(MEASUREMENTS), row)
        cases.add_missing(connection)


def _add_part(connection: Connection, entry: Entry, record: OfParts) -> None:
    row = {
        "created": entry.created,
        "fingerprint": entry.fingerprint,
        "kind": entry.kind,
        "name": _name(record),
        "environment": entry.environment.to_dict(),
        "payload": record.to_dict(),
    }
    same = [PARTS.c[name] == row[name] for name in ("fingerprint", "kind", "name", "created")]
    values = [literal(value, PARTS.c[name].type) for name, value in row.items()]
    # in one statement, because two programs may take in the same file at once
    new = select(*values).where(~exists().where(*same))
    connection.execute(insert(PARTS).from_select(list(row), new))


def _name(record: OfParts) -> str:
    if isinstance(record, Guess | Answer):
        return answered.row_name(record)
    if isinstance(record, BlockRun):
        return blocks.row_name(record)
    if isinstance(record, Disk | OutOfCoreRun):
        return record.id
    if isinstance(record, Comparison):
        return f"{record.a} / {record.b}"
    return record.name if isinstance(record, Calibration) else part_name(record)
