"""Rows of PARTS that hold what a reader of lessons guessed and found."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from accel_core.model.answers import Answer, Guess
from accel_core.store.moments import utc
from accel_core.store.sound import decoded, text
from accel_core.store.tables import PARTS


def row_name(record: Guess | Answer) -> str:
    """The name of its row: the lesson, and the id, so that two of one moment are two."""
    return f"{record.lesson} {record.id}"


def payloads(
    connection: Connection | None, kind: str, fingerprint: str | None, lesson: str | None
) -> Sequence[str]:
    """Payloads of this kind, newest first: of one machine or of all, of one lesson or of all."""
    if connection is None:
        return []
    query = select(text(PARTS.c.payload)).where(PARTS.c.kind == kind)
    if fingerprint is not None:
        query = query.where(PARTS.c.fingerprint == fingerprint)
    if lesson is not None:
        query = query.where(PARTS.c.name.startswith(f"{lesson} ", autoescape=True))
    return connection.scalars(query.order_by(PARTS.c.created.desc(), PARTS.c.row.desc())).all()


def guess(stored: str) -> Guess:
    """The guess of a stored text; one of sound.DAMAGE where it is none."""
    made = Guess.from_dict(decoded(stored))
    utc(made.committed)
    return made


def answer(stored: str) -> Answer:
    """The answer of a stored text; one of sound.DAMAGE where it is none. Its run is not looked into."""
    made = Answer.from_dict(decoded(stored))
    utc(made.created)
    return made
