"""The rows of a board as its picture and its table take them."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.readings.arena_board import Line
from accel_core.studies.arena import BoardRow


def lines_of(rows: Sequence[BoardRow], own: str = "") -> list[Line]:
    """The rows that count, best first; `own` is the nickname of whoever looks."""
    return [
        Line(
            row.person,
            row.score,
            row.low,
            row.high,
            row.rank,
            row.shared,
            row.entry,
            when=row.when,
            built_on=row.built_on,
            own=row.person == own and not row.ruled,
        )
        for row in rows
        if row.rank is not None and row.score is not None
    ]


def verdict_of(rows: Sequence[BoardRow]) -> str:
    """The id of the verdict on the best of the rows that count; empty where none counts."""
    return next((row.verdict for row in rows if row.rank is not None and row.score is not None), "")
