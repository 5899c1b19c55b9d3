"""Rows as records: one that is damaged is left out and counted, so that it costs no other record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Text, cast

from accel_core.model import Measurement
from accel_core.store.moments import utc

DAMAGE = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError)
"""What a row that is no record raises while one is made of it."""
REPLACED = "\ufffd"
"""Stands where a text in the database is no UTF-8."""
Row = TypeVar("Row")
Made = TypeVar("Made")


def text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A JSON column as it is stored: the database's driver would stop at the first row that is none."""
    return cast(column, Text)


def decoded(stored: str) -> Any:
    """The plain data of a stored text; ValueError or TypeError where it is damaged."""
    if REPLACED in stored:
        raise ValueError("no UTF-8")
    return json.loads(stored)


def measurement(stored: str) -> Measurement:
    """The measurement of a stored text; one of DAMAGE where it is none."""
    made = Measurement.from_dict(decoded(stored))
    float(made.flop_per_s)  # what every page asks of it first
    utc(made.created)  # and the order of records
    return made


def sound(rows: Iterable[Row], make: Callable[[Row], Made]) -> tuple[list[Made], int]:
    """What `make` makes of each row, and how many rows were damaged."""
    made, damaged = [], 0
    for row in rows:
        try:
            made.append(make(row))
        except DAMAGE:
            damaged += 1
    return made, damaged
