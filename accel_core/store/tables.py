"""The tables, in types that SQLite and PostgreSQL share: columns to search by, and the whole record as JSON.

A record's fields live in `payload` alone (`to_dict` / `from_dict` of the model), so a new field needs no change
here; only a change of these columns, or of what a payload means, raises SCHEMA_VERSION.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, MetaData, String, Table

SCHEMA_VERSION = 1
"""What this program writes; a store that says more was made by a newer program and is left alone."""

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
    Column("size", Integer, nullable=False),
    Column("payload", JSON, nullable=False),
    Index("accel_measurements_by_machine", "fingerprint", "workload", "created"),
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

PARTS = Table(
    "accel_parts",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("created", String(40), nullable=False),
    Column("fingerprint", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("name", String(256), nullable=False),
    Column("environment", JSON, nullable=False),
    Column("payload", JSON, nullable=False),
    Index("accel_parts_by_machine", "fingerprint", "kind"),
)
"""All else: parts of a machine's peaks, comparisons, calibrations, runs of transformer blocks, disks, products
on a disk; guesses and answers of lessons."""

PERSONS = Table(
    "accel_arena_persons",
    METADATA,
    Column("row", Integer, primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("created", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
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
    Column("summary", JSON, nullable=False),
    Column("payload", JSON, nullable=False),
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
    Column("summary", JSON, nullable=False),
    Column("payload", JSON, nullable=False),
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
    Column("payload", JSON, nullable=False),
)
"""What a presenter decided about entries."""
