"""What a database of an older program lacks: tables, indexes, and columns of another type.

None of it changes what a record means, so older programs go on reading and writing beside this one.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from accel_core.store.tables import METADATA

CHANGED = {"json": "text", "jsonb": "text"}
"""Types of columns on PostgreSQL that another one has taken the place of."""


def lacking(connection: Connection) -> bool:
    """Whether a table, an index or a type of a column is not as it is made now."""
    indexes = {index.name for table in METADATA.sorted_tables for index in table.indexes}
    return not (
        set(METADATA.tables) <= set(inspect(connection).get_table_names())
        and indexes <= _index_names(connection)
        and not _outdated(connection)
    )


def _index_names(connection: Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        return set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'index'")))
    there = inspect(connection)
    return {str(index["name"]) for name in METADATA.tables for index in there.get_indexes(name)}


def change_columns(connection: Connection) -> None:
    """Give the columns of an older PostgreSQL store the types that they are made with now."""
    for table, column, kind in _outdated(connection):
        changed = f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE {kind} USING "{column}"::{kind}'
        connection.execute(text(changed))


def _outdated(connection: Connection) -> list[tuple[str, str, str]]:
    """(table, column, its new type)."""
    if connection.dialect.name != "postgresql":
        return []
    found = connection.execute(
        text(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema()"
        )
    )
    outdated = []
    for table, column, kind in found:
        if table in METADATA.tables:
            if kind in CHANGED:
                outdated.append((table, column, CHANGED[kind]))
            elif (column, kind) == ("size", "integer"):
                outdated.append((table, column, "bigint"))
    return outdated
