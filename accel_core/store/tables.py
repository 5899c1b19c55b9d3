"""The tables, on SQLite and PostgreSQL alike: columns to search by, and the whole record as JSON.

A record's fields live in `payload` alone (`to_dict` / `from_dict` of the model), so a new field needs no change
here; only a change of these columns, or of what a payload means, raises SCHEMA_VERSION.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Dialect, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = 1
"""What this program writes; a store that says more was made by a newer program and is left alone."""


class _JsonText(TypeDecorator[Any]):
    """JSON as the text that was written: PostgreSQL's json refuses NaN, and its jsonb writes numbers anew.

    No statement looks into a record, so nothing is lost by that.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return (dialect._json_serializer or json.dumps)(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        raise NotImplementedError("records are read as text, see sound.text")


PLAIN = JSON().with_variant(_JsonText(), "postgresql")
SIZE = Integer().with_variant(BigInteger(), "postgresql")
"""SQLite's own integers have 64 bits."""

METADATA = MetaData()

SCHEMA = Table("accel_schema", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))

MEASUREMENTS = Table(
    "accel_measurements",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("created", String(40), nullable=False),
    Column("fingerprint", String(128), nullable=False),
    Column("workload", String(128), nullable=False),
    Column("kernel", String(256), nullable=False),
    Column("dtype", String(32), nullable=False),
    Column("threads", Integer, nullable=False),
    Column("size", SIZE, nullable=False),
    Column("payload", PLAIN, nullable=False),
    Index("accel_measurements_by_machine", "fingerprint", "workload", "created"),
    Index("accel_measurements_newest", "fingerprint", "created", "row"),
    Index("accel_measurements_of_setting", "fingerprint", "dtype", "threads", "created", "row", "kernel"),
)

CASES = Table(
    "accel_case_index",
    METADATA,
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(128), nullable=False),
    Column("kernel", String(256), nullable=False),
    Column("dtype", String(32), nullable=False),
    Column("threads", Integer, nullable=False),
    Column("case", String(32), nullable=False),
    Column("created", String(40), nullable=False),
    Index("accel_case_index_newest", "fingerprint", "case", "created", "row"),
)
"""Which case each row of MEASUREMENTS answers: what SQL needs to find the newest of each. It is only an index:
a row that it lacks, as from an older program, is read all the same, and added with the next record."""

HEADS = Table(
    "accel_case_newest",
    METADATA,
    Column("fingerprint", String(128), primary_key=True),
    Column("case", String(32), primary_key=True),
    Column("kernel", String(256), nullable=False),
    Column("dtype", String(32), nullable=False),
    Column("threads", Integer, nullable=False),
    Column("created", String(40), nullable=False),
    Column("row", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Index("accel_case_newest_of_all", "fingerprint", "created", "row"),
    Index("accel_case_newest_alike", "fingerprint", "kernel", "dtype", "threads", "created", "row"),
    Index("accel_case_newest_last", "last"),
)
"""The newest row of each case in CASES, and the `last` that was added of it: the greatest of all these tells up
to where the two tables know MEASUREMENTS."""

PARTS = Table(
    "accel_parts",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("created", String(40), nullable=False),
    Column("fingerprint", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("name", String(256), nullable=False),
    Column("environment", PLAIN, nullable=False),
    Column("payload", PLAIN, nullable=False),
    Index("accel_parts_by_machine", "fingerprint", "kind"),
    Index("accel_parts_by_name", "fingerprint", "kind", "name", "created"),
    Index("accel_parts_newest", "kind", "created", "row"),
)
"""All else: parts of a machine's peaks, comparisons, calibrations, runs of transformer blocks, disks, products
on a disk; guesses and answers of lessons."""

PERSONS = Table(
    "accel_arena_persons",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("created", String(40), nullable=False),
    Column("payload", PLAIN, nullable=False),
)
"""Who hands in to the arena, each nickname once whatever its capitals."""

ENTRIES = Table(
    "accel_arena_entries",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("event", String(128), nullable=False),
    Column("person", String(128), nullable=False),
    Column("created", String(40), nullable=False),
    Column("summary", PLAIN, nullable=False),
    Column("payload", PLAIN, nullable=False),
    Index("accel_arena_entries_by_person", "person", "created"),
)
"""What was handed in: whole, and as a summary without its code."""

VERDICTS = Table(
    "accel_arena_verdicts",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("entry", String(64), nullable=False),
    Column("event", String(128), nullable=False),
    Column("fingerprint", String(128), nullable=False),
    Column("created", String(40), nullable=False),
    Column("summary", PLAIN, nullable=False),
    Column("payload", PLAIN, nullable=False),
    Index("accel_arena_verdicts_by_entry", "entry"),
    Index("accel_arena_verdicts_by_event", "event"),
)
"""What was found of it: whole, and as a summary that a board is made of."""

RULINGS = Table(
    "accel_arena_rulings",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("entry", String(64), nullable=False),
    Column("created", String(40), nullable=False),
    Column("payload", PLAIN, nullable=False),
)
"""What a presenter decided about entries."""

KEYS: Mapping[Table, tuple[str, ...]] = {
    MEASUREMENTS: ("id",),
    PARTS: ("fingerprint", "kind", "name", "created"),
    PERSONS: ("key",),
    ENTRIES: ("id",),
    VERDICTS: ("id",),
    RULINGS: ("id",),
}
"""The tables of records, and what makes a row of each the same record in every database."""
