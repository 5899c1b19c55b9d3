"""What a long-running reader shows: the newest of each case of one machine, read once and then kept up.

A server of a class asks at each move of each slider. It reads what came since the last row that it knows, and
everybody shares what it made of it: nothing here is ever changed after it was handed out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Table, select

from accel_core.errors import StoreUnavailable
from accel_core.model import Environment, Measurement, Peaks
from accel_core.race import Calibration
from accel_core.store import cases, parts
from accel_core.store.again import read_again
from accel_core.store.moments import utc
from accel_core.store.parts import PEAK_KINDS
from accel_core.store.records import Store
from accel_core.store.refine import Refinement
from accel_core.store.sound import measurement, text
from accel_core.store.tables import MEASUREMENTS, PARTS

EACH = 3
"""Of every case: as many as the prediction of durations asks (`bench.duration.NEWEST`)."""
FRESH_S = 5.0
"""Records that another program adds show after so long."""


@dataclass(frozen=True)
class Seen:
    """The records of one machine at one time."""

    number: int = 0
    """Another one each time that something came: what was made of these records is kept under it."""
    peaks: Peaks | None = None
    measurements: tuple[Measurement, ...] = ()
    """The newest of each case, newest first; of too many cases those that `cases.kept` keeps."""
    experience: tuple[Measurement, ...] = ()
    """The newest EACH of each case, newest first."""
    calibrations: tuple[Calibration, ...] = ()
    """Those made with the reader's library, oldest first."""
    fault: str = ""
    """What is wrong with the store, in a sentence: then the rest is what was known before."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far one table was read: the last row, and its moment, which another store does not have there."""

    row: int = 0
    created: str = ""


class Recent:
    """Keeps up with the records of one machine; any thread may look."""

    def __init__(
        self,
        store: Store,
        fingerprint: str,
        environment: Environment,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._fingerprint, self._clock = store, fingerprint, clock
        self._libraries = parts.libraries(environment)
        self._lock = threading.Lock()
        self._looked_s: float | None = None
        self._seen = Seen()
        self._begin()

    def _begin(self) -> None:
        self._marks = {table: _Mark() for table in (MEASUREMENTS, PARTS)}
        self._refinement = Refinement(self._fingerprint)
        self._cases: dict[str, list[Measurement]] = {}
        self._calibrations: list[Calibration] = []

    def forget(self) -> None:
        """Look into the store at the next `look`, however soon that is."""
        self._looked_s = None

    def look(self) -> Seen:
        """The records as they were FRESH_S ago at the earliest.

        Whoever comes while another one reads does not wait for it, but for the first reading. Where the store
        cannot be read, `fault` says why beside what was known before, until the next look.
        """
        if self._lock.acquire(blocking=self._seen.number == 0):
            try:
                if self._looked_s is None or self._clock() - self._looked_s >= FRESH_S:
                    self._looked_s = self._clock()
                    self._try()
            finally:
                self._lock.release()
        return self._seen

    def _try(self) -> None:
        try:
            self._read()
        except StoreUnavailable as fault:
            self._seen = replace(self._seen, number=self._seen.number + 1, fault=str(fault))
            self._looked_s = self._clock()  # the store may have been waited for
        else:
            if self._seen.fault or not self._seen.number:
                self._seen = replace(self._seen, number=self._seen.number + 1, fault="")

    @read_again
    def _read(self) -> None:
        """Take what came, or all of it where the store is another one than it was."""
        with self._store.database.reading() as connection:
            marks = {table: _mark(connection, table) for table in self._marks}
            if marks == self._marks:
                return
            if not all(_is_there(connection, table, known) for table, known in self._marks.items()):
                self._begin()  # the file was moved away, and another one begun
            known = {table: mark.row for table, mark in self._marks.items()}
            kinds = (*PEAK_KINDS, "calibration")
            rows = parts.rows(connection, self._fingerprint, kinds, known[PARTS])
            payloads = _payloads(connection, self._fingerprint, known[MEASUREMENTS])
        sound = self._store.sound
        if known[MEASUREMENTS]:
            found = sound("measurements", payloads, measurement, more=True)
        else:
            found = self._store.newest(self._fingerprint, EACH)[::-1]
        made = sound("peaks", (row for row in rows if row["kind"] in PEAK_KINDS), parts.part, more=True)
        for part in made:
            self._refinement.add(part)
        run = (row for row in rows if row["kind"] == "calibration")
        for libraries, calibration in sound("calibrations", run, parts.calibration, more=True):
            if libraries == self._libraries:
                self._calibrations.append(calibration)
        self._add(found)
        self._marks = marks
        self._show()

    def _add(self, found: Iterable[Measurement]) -> None:
        """Keep the newest of each case, and of too many cases those that `cases.kept` keeps.

        `found` come oldest first. A case that fell out and is measured again begins with that.
        """
        for one in found:
            case = cases.case_key(one)
            alike = self._cases.setdefault(case, [])
            if all(one.id != other.id for other in alike):
                alike.insert(0, one)  # before another one of the same moment
                alike.sort(key=_created, reverse=True)
                del alike[EACH:]
                if alike[0] is one:
                    self._cases[case] = self._cases.pop(case)  # the one that came last stands last
        if len(self._cases) > cases.MOST:
            last_first = [(case, alike[0]) for case, alike in reversed(self._cases.items())]
            wanted = cases.kept(sorted(last_first, key=lambda pair: _created(pair[1]), reverse=True))
            self._cases = {case: alike for case, alike in self._cases.items() if case in wanted}

    def _show(self) -> None:
        last_first = list(reversed(self._cases.values()))
        first = [alike[0] for alike in last_first]
        every = [one for alike in last_first for one in alike]
        self._seen = Seen(
            self._seen.number + 1,
            self._refinement.peaks(),
            tuple(sorted(first, key=_created, reverse=True)),
            tuple(sorted(every, key=_created, reverse=True)),
            tuple(self._calibrations),
        )


def _created(m: Measurement) -> str:
    return utc(m.created)


def _mark(connection: Connection | None, table: Table) -> _Mark:
    if connection is None:
        return _Mark()
    last = select(table.c.row, table.c.created).order_by(table.c.row.desc()).limit(1)
    found = connection.execute(last).first()
    return _Mark(found.row, found.created) if found else _Mark()


def _is_there(connection: Connection | None, table: Table, mark: _Mark) -> bool:
    """Whether what was read last is still there."""
    if not mark.row:
        return True
    if connection is None:
        return False
    return bool(connection.scalar(select(table.c.created).where(table.c.row == mark.row)) == mark.created)


def _payloads(connection: Connection | None, fingerprint: str, after: int) -> list[str]:
    """Measurements of one machine that came after a row, oldest first; none where none were read before."""
    if connection is None or not after:
        return []
    of_machine = (MEASUREMENTS.c.fingerprint == fingerprint, MEASUREMENTS.c.row > after)
    query = select(text(MEASUREMENTS.c.payload)).where(*of_machine).order_by(MEASUREMENTS.c.row)
    return list(connection.scalars(query))
