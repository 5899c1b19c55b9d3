"""The Store: saves records as they are made and finds them again. Only `thinning` takes rows out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from sqlalchemy import URL, func, select

from accel_core import machine as this_machine
from accel_core.errors import StoreUnavailable
from accel_core.model import BlockRun, Comparison, Disk, Environment, Measurement, OutOfCoreRun, Peaks
from accel_core.model.answers import Answer, Guess
from accel_core.race import Calibration
from accel_core.store import adding, answered, blocks, cases, faults, parts, sampling
from accel_core.store.again import persistently, read_again
from accel_core.store.database import Database
from accel_core.store.moments import utc
from accel_core.store.refine import PeakPart, refine
from accel_core.store.sampling import Sampled
from accel_core.store.sound import DAMAGE, Made, Row, measurement, sound, text
from accel_core.store.tables import MEASUREMENTS
from accel_core.store.unsaved import Entry, Stored, Unsaved


class Store:
    """Records by the machine's fingerprint. `url` is any SQLAlchemy URL; None means the user's own store.
    `busy_s` is how long to wait for a program that holds a SQLite file; None means faults.BUSY_S.

    Every method raises StoreUnavailable, with one sentence, where the store cannot be read or written. A
    damaged row is left out, and `skipped` says so. A server that restarts is waited for.
    """

    def __init__(self, url: str | URL | None = None, *, busy_s: float | None = None) -> None:
        self.database = Database(url, busy_s)
        """Where the records lie, for other readers of this package."""
        self._damaged: dict[str, int] = {}

    @property
    def url(self) -> str | URL:
        """As given, with its password: not for showing."""
        return self.database.url

    @cached_property
    def _unsaved(self) -> Unsaved:
        return Unsaved(self.url)

    # -- saving ----------------------------------------------------------------------------------------------

    def save(self, kind: str, record: Stored, fingerprint: str, environment: Environment | None = None) -> None:
        """Save a result by the `type` of its event; `environment` is this process's own where None."""
        self.add(Entry(kind, record, fingerprint, environment or this_machine.environment()))

    def save_measurement(self, measurement: Measurement) -> None:
        """Add one measurement; one that is stored already (the same id) stays as it is."""
        self.add(Entry("measurement", measurement, measurement.fingerprint, measurement.environment))

    def save_peak(self, fingerprint: str, environment: Environment | None, part: PeakPart) -> None:
        """Add one part of a machine's peaks, measured with the versions `environment`."""
        self.save(part.called(), part, fingerprint, environment)

    def add(self, entry: Entry) -> None:
        """Store one record, once however often it is added, and then what waits for the store.

        faults.RecordTooLarge where it is longer than any store takes.
        """
        self._insert([entry])
        with suppress(StoreUnavailable):
            self.take_in()

    def _insert(self, entries: Sequence[Entry]) -> None:
        """All of them or none."""

        def insert() -> None:
            with self.database.writing() as connection:
                for entry in entries:
                    adding.add(connection, entry)

        persistently(insert, faults.BUSY_S)

    # -- what the database does not take -----------------------------------------------------------------------

    def set_aside(self, entry: Entry) -> None:
        """Keep `entry` until the store takes it: in a file, or in memory where none can be written."""
        self._unsaved.keep(entry)

    def keep(self, entry: Entry) -> str:
        """Store one record, or set it aside; the sentence that says so where it was not stored."""
        try:
            self.add(entry)
        except faults.RecordTooLarge as fault:
            return str(fault)
        except StoreUnavailable as fault:
            self.set_aside(entry)
            waiting, folder = self.unsaved([entry])
            return faults.waits(str(fault), f"The {entry.kind} waits", folder) if waiting else ""
        return ""

    def unsaved(self, entries: Iterable[Entry]) -> tuple[list[Entry], Path | None]:
        """Those of `entries` that were set aside and still are, and their folder; None: in memory only."""
        return self._unsaved.left(entries)

    def take_in(self) -> None:
        """Store what was set aside, by this program or another one."""
        for entries, forget in self._unsaved.bundles():
            with suppress(faults.RecordTooLarge, *DAMAGE):  # of somebody's file: it stays where it is
                self._insert(entries)
                forget()

    def waiting(self) -> Iterator[Entry]:
        """What was set aside and still waits for the store."""
        for entries, _ in self._unsaved.bundles():
            yield from entries

    # -- finding ---------------------------------------------------------------------------------------------

    @read_again
    def measurements(
        self,
        fingerprint: str,
        *,
        workload: str | None = None,
        dtype: str | None = None,
        since: str | None = None,
        limit: int | None = None,
    ) -> list[Measurement]:
        """Measurements of one machine, newest first.

        At most `limit`, of one workload or dtype, made at or after `since` (ISO 8601; no zone means UTC).
        """
        query = select(text(MEASUREMENTS.c.payload)).where(MEASUREMENTS.c.fingerprint == fingerprint)
        if workload is not None:
            query = query.where(MEASUREMENTS.c.workload == workload)
        if dtype is not None:
            query = query.where(MEASUREMENTS.c.dtype == dtype)
        if since is not None:
            query = query.where(MEASUREMENTS.c.created >= utc(since))
        query = query.order_by(MEASUREMENTS.c.created.desc(), MEASUREMENTS.c.row.desc()).limit(limit)
        with self.database.reading() as connection:
            rows = connection.scalars(query).all() if connection is not None else []
        return self.sound("measurements", rows, measurement)

    @read_again
    def newest(self, fingerprint: str, each: int = 1) -> list[Measurement]:
        """The newest `each` measurements of every case of one machine, newest first.

        Where there are more than `cases.MOST` cases, of those that `cases.kept` keeps.
        """
        self.find_cases()
        with self.database.reading() as connection:
            payloads, damaged = cases.newest(connection, fingerprint, each) if connection else ([], 0)
        found = self.sound("measurements", payloads, measurement)
        self._damaged["measurements"] += damaged
        return cases.newest_of_each(found, each)

    @read_again
    def sampled(
        self,
        fingerprint: str,
        most: int,
        *,
        dtype: str,
        threads: int,
        kernels: Collection[str] | None = None,
        since: str = "",
    ) -> Sampled:
        """At most `most` of one machine's measurements, evenly in their order, of its newest sampling.LOOKED.

        Of any kernel where None is given; made at or after `since` (ISO 8601) where it is given.
        """
        if not can_be(threads):
            return Sampled()
        with self.database.reading() as connection:
            if connection is None:
                return Sampled()
            rows, more = sampling.rows(connection, fingerprint, dtype, threads, kernels, since)
            payloads = sampling.payloads(connection, sampling.evenly(rows, most))
        return Sampled(tuple(self.sound("sampled", payloads, measurement)), len(rows), more)

    def find_cases(self) -> None:
        """Let SQL know the cases of records that it does not: of an older program, and many at first.

        Where nothing can be written they are read whole each time.
        """
        with suppress(StoreUnavailable):
            with self.database.reading() as connection:
                lacking = cases.missing(connection) if connection is not None else 0
            while lacking > 0:
                with self.database.writing() as connection:
                    lacking = cases.add_missing(connection)

    @read_again
    def count(
        self, fingerprint: str | None = None, *, dtype: str | None = None, threads: int | None = None
    ) -> int:
        """How many measurements are stored: of one machine, type and thread count, or of all."""
        if not can_be(threads):
            return 0
        query = select(func.count()).select_from(MEASUREMENTS)
        for name, value in (("fingerprint", fingerprint), ("dtype", dtype), ("threads", threads)):
            if value is not None:
                query = query.where(MEASUREMENTS.c[name] == value)
        with self.database.reading() as connection:
            return int(connection.scalar(query) or 0) if connection is not None else 0

    @read_again
    def peaks(self, fingerprint: str) -> Peaks | None:
        """The roofs of one machine, refined over all runs (the rule is in refine.py); None if unmeasured."""
        with self.database.reading() as connection:
            rows = parts.rows(connection, fingerprint, tuple(parts.PEAK_KINDS))
        return refine(fingerprint, self.sound("peaks", rows, parts.part))

    @read_again
    def comparisons(self, fingerprint: str) -> list[Comparison]:
        """All comparisons of one machine, newest first."""
        with self.database.reading() as connection:
            rows = parts.rows(connection, fingerprint, ("comparison",))
        return self.sound("comparisons", reversed(rows), parts.comparison)

    @read_again
    def calibrations(self, fingerprint: str, environment: Environment) -> list[Calibration]:
        """Calibrations of one machine, oldest first, made with the library of `environment` and its overrides.

        The library's thread count is not compared.
        """
        with self.database.reading() as connection:
            rows = parts.rows(connection, fingerprint, ("calibration",))
        found = self.sound("calibrations", rows, parts.calibration)
        return [made for made_with, made in found if made_with == parts.libraries(environment)]

    @read_again
    def guesses(self, fingerprint: str | None = None, *, lesson: str | None = None) -> list[Guess]:
        """What was guessed, newest first: on one machine or on all, in one lesson or in all."""
        with self.database.reading() as connection:
            rows = answered.payloads(connection, "guess", fingerprint, lesson)
        return self.sound("guesses", rows, answered.guess)

    @read_again
    def answers(self, fingerprint: str | None = None, *, lesson: str | None = None) -> list[Answer]:
        """What lessons found, newest first: on one machine or on all, in one lesson or in all."""
        with self.database.reading() as connection:
            rows = answered.payloads(connection, "answer", fingerprint, lesson)
        return self.sound("answers", rows, answered.answer)

    @read_again
    def block_runs(self, fingerprint: str) -> list[BlockRun]:
        """Transformer blocks that were run on one machine, newest first."""
        with self.database.reading() as connection:
            rows = parts.rows(connection, fingerprint, ("block_run",))
        return self.sound("block runs", reversed(rows), lambda row: blocks.block_run(row["payload"]))

    @read_again
    def disks(self, fingerprint: str) -> list[Disk]:
        """Disks that were measured on one machine, newest first."""
        with self.database.reading() as connection:
            rows = parts.rows(connection, fingerprint, ("disk",))
        return self.sound("disks", reversed(rows), parts.disk)

    @read_again
    def out_of_core_runs(self, fingerprint: str) -> list[OutOfCoreRun]:
        """Products on a disk that were run on one machine, newest first."""
        with self.database.reading() as connection:
            rows = parts.rows(connection, fingerprint, ("out_of_core_run",))
        return self.sound("products on a disk", reversed(rows), parts.out_of_core_run)

    # -- damage ----------------------------------------------------------------------------------------------

    @property
    def skipped(self) -> str:
        """What the latest readings left out: of a damaged file, or damaged rows; empty where nothing."""
        with suppress(StoreUnavailable):  # no place for a store, so nothing in it is damaged
            if said := self.database.damage_said:
                return said
        damaged = sum(self._damaged.values())
        return faults.skipped(faults.place(self.url), damaged) if damaged else ""

    def sound(
        self, what: str, rows: Iterable[Row], make: Callable[[Row], Made], *, more: bool = False
    ) -> list[Made]:
        """The records of `rows`; the damaged ones are counted for `skipped`, under `what` was read.

        With `more` they are counted beside those of the last reading.
        """
        made, damaged = sound(rows, make)
        self._damaged[what] = damaged + (self._damaged.get(what, 0) if more else 0)
        return made


def can_be(threads: int | None) -> bool:
    """Whether a record may have so many threads; no database takes more in a question."""
    return threads is None or 0 < threads < 2**31
