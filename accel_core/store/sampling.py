"""An even choice of many measurements, by questions whose cost does not grow with what is stored."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from accel_core.model import Measurement
from accel_core.store.cases import KEYS_AT_ONCE, batched
from accel_core.store.moments import utc
from accel_core.store.sound import text
from accel_core.store.tables import MEASUREMENTS

LOOKED = 10_000
"""The newest measurements of a type and thread count, among which is chosen: a page asks with every new one."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Measurements, newest first, and among how many they were chosen."""

    measurements: tuple[Measurement, ...] = ()
    among: int = 0
    """Of the kernels asked for, those among the newest LOOKED."""
    more: bool = False
    """Whether there are older ones, which were not looked at."""


def rows(
    connection: Connection,
    fingerprint: str,
    dtype: str,
    threads: int,
    kernels: Collection[str] | None = None,
    since: str = "",
) -> tuple[list[int], bool]:
    """Of the newest LOOKED rows of MEASUREMENTS those of `kernels` (of any where None), newest first.

    Also whether there are older ones.
    """
    columns = MEASUREMENTS.c
    alike = (columns.fingerprint == fingerprint, columns.dtype == dtype, columns.threads == threads)
    query = select(columns.row, columns.kernel).where(*alike, columns.created >= (utc(since) if since else ""))
    query = query.order_by(columns.created.desc(), columns.row.desc()).limit(LOOKED + 1)
    found = connection.execute(query).all()
    wanted = [row for row, kernel in found[:LOOKED] if kernels is None or kernel in kernels]
    return wanted, len(found) > LOOKED


def evenly(rows: list[int], most: int) -> list[int]:
    """At most `most` of `rows`, in even steps from the first one on."""
    return rows[:: max(1, math.ceil(len(rows) / most))]


def payloads(connection: Connection, rows: list[int]) -> list[str]:
    """What those rows of MEASUREMENTS hold, in their order."""
    found: dict[int, str] = {}
    for some in batched(rows, KEYS_AT_ONCE):
        query = select(MEASUREMENTS.c.row, text(MEASUREMENTS.c.payload)).where(MEASUREMENTS.c.row.in_(some))
        found.update((row, payload) for row, payload in connection.execute(query))
    return [found[row] for row in rows if row in found]
