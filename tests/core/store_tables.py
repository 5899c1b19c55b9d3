"""A store's tables as a test reaches into them, on either database."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from accel_core.store import Store

IN_A_FILE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""Marks a test of what happens to SQLite's file."""


def execute(store: Store, statement: str, **values: object) -> list[tuple[object, ...]]:
    """Run a statement in the database of `store`; the rows that it gives."""
    engine = create_engine(store.url, poolclass=NullPool)
    with engine.begin() as connection:
        done = connection.execute(text(statement), values)
        return [tuple(row) for row in done] if done.returns_rows else []
