"""The Store: saves records as they are made and finds them again. Rows are only ever added."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import URL, Connection, RowMapping, func, insert, select

from accel_core import machine as this_machine
from accel_core.cache.results import Simulation
from accel_core.contest import Calibration
from accel_core.errors import BadInput, shown
from accel_core.machine.overrides import compiler_overrides
from accel_core.model import (
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Environment,
    Latency,
    Machine,
    Measurement,
    Peaks,
    Refusal,
)
from accel_core.store import faults
from accel_core.store.database import Database
from accel_core.store.refine import Part, PeakPart, part_name, refine
from accel_core.store.sound import Made, Row, decoded, sound, text
from accel_core.store.tables import MACHINES, MEASUREMENTS, PARTS

PEAK_KINDS: dict[str, type[Ceiling] | type[Latency] | type[CurvePoint] | type[Clock]] = {
    "ceiling": Ceiling,
    "latency": Latency,
    "curve_point": CurvePoint,
    "clock": Clock,
}
Record = Measurement | Comparison | Calibration | Refusal | Simulation | PeakPart


class Store:
    """Records by the machine's fingerprint. `url` is any SQLAlchemy URL; None means the user's own store.

    Every method raises StoreUnavailable, with one sentence, where the store cannot be read or written. A
    damaged row is left out, and `skipped` says so.
    """

    def __init__(self, url: str | None = None) -> None:
        self._database = Database(url)
        self._damaged: dict[str, int] = {}

    @property
    def url(self) -> str | URL:
        """As given, with its password: not for showing."""
        return self._database.url

    # -- saving ----------------------------------------------------------------------------------------------

    def save(self, kind: str, record: Record, fingerprint: str, environment: Environment | None = None) -> None:
        """Save the result of a job by the `type` of its event.

        A refusal is no measurement and is not stored, nor is a simulation, which gives the same anywhere.
        `environment` (this process's own where None) is what parts of the peaks, comparisons and calibrations
        were measured with; a measurement carries its own.
        """
        if isinstance(record, Measurement):
            self.save_measurement(record)
        elif isinstance(record, Comparison):
            self._add_part(kind, f"{record.a} / {record.b}", fingerprint, environment, record)
        elif isinstance(record, Calibration):
            self._add_part(kind, record.name, fingerprint, environment, record)
        elif not isinstance(record, Refusal | Simulation):
            self.save_peak(fingerprint, environment, record)

    def save_measurement(self, measurement: Measurement) -> None:
        """Add one measurement; one that is stored already (the same id) stays as it is."""
        row = {
            "created": _utc(measurement.created),
            "payload": measurement.to_dict(),
            **{
                name: getattr(measurement, name)
                for name in ("id", "fingerprint", "workload", "kernel", "dtype", "threads", "size")
            },
        }
        with self._database.writing() as connection:
            known = select(MEASUREMENTS.c.row).where(MEASUREMENTS.c.id == measurement.id)
            if connection.scalar(known) is None:
                connection.execute(insert(MEASUREMENTS), row)

    def save_peak(self, fingerprint: str, environment: Environment | None, part: PeakPart) -> None:
        """Add one part of a machine's peaks, measured with the versions `environment`."""
        kind = next(kind for kind, type_ in PEAK_KINDS.items() if isinstance(part, type_))
        self._add_part(kind, part_name(part), fingerprint, environment, part)

    def save_machine(self, machine: Machine) -> None:
        """Add what is known of a machine, unless just that is known already (its changing clock apart)."""
        payload = json.loads(json.dumps(machine.to_dict()))
        with self._database.writing() as connection:
            newest = select(text(MACHINES.c.payload)).where(MACHINES.c.fingerprint == machine.fingerprint)
            stored = connection.scalars(newest.order_by(MACHINES.c.row.desc()).limit(1)).all()
            known, _ = sound(stored, lambda stored: _lasting(decoded(stored)))
            if known != [_lasting(payload)]:
                row = {"created": _now(), "fingerprint": machine.fingerprint, "payload": payload}
                connection.execute(insert(MACHINES), row)

    def _add_part(
        self,
        kind: str,
        name: str,
        fingerprint: str,
        environment: Environment | None,
        record: PeakPart | Comparison | Calibration,
    ) -> None:
        row = {
            "created": _now(),
            "fingerprint": fingerprint,
            "kind": kind,
            "name": name,
            "environment": (environment or this_machine.environment()).to_dict(),
            "payload": record.to_dict(),
        }
        with self._database.writing() as connection:
            connection.execute(insert(PARTS), row)

    # -- finding ---------------------------------------------------------------------------------------------

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
            query = query.where(MEASUREMENTS.c.created >= _utc(since))
        query = query.order_by(MEASUREMENTS.c.created.desc(), MEASUREMENTS.c.row.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.scalars(query).all() if connection is not None else []
        return self._sound("measurements", rows, _measurement)

    def count(self, fingerprint: str | None = None) -> int:
        """How many measurements are stored: of one machine, or of all."""
        query = select(func.count()).select_from(MEASUREMENTS)
        if fingerprint is not None:
            query = query.where(MEASUREMENTS.c.fingerprint == fingerprint)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0) if connection is not None else 0

    def peaks(self, fingerprint: str) -> Peaks | None:
        """The roofs of one machine, refined over all runs (the rule is in refine.py); None if unmeasured."""
        with self._database.reading() as connection:
            rows = _parts(connection, fingerprint, tuple(PEAK_KINDS))
        return refine(fingerprint, self._sound("peaks", rows, _part))

    def comparisons(self, fingerprint: str) -> list[Comparison]:
        """All comparisons of one machine, newest first."""
        with self._database.reading() as connection:
            rows = _parts(connection, fingerprint, ("comparison",))
        return self._sound(
            "comparisons", reversed(rows), lambda row: Comparison.from_dict(decoded(row["payload"]))
        )

    def calibrations(self, fingerprint: str, environment: Environment) -> list[Calibration]:
        """Calibrations of one machine, oldest first, made with the library of `environment` and its overrides.

        The library's thread count is not compared.
        """
        with self._database.reading() as connection:
            rows = _parts(connection, fingerprint, ("calibration",))
        found = self._sound("calibrations", rows, _calibration)
        return [made for libraries, made in found if libraries == _libraries(environment)]

    def machines(self) -> list[Machine]:
        """Every machine that was saved, as it was last seen, in the order of first sight."""
        query = select(text(MACHINES.c.payload)).order_by(MACHINES.c.row)
        with self._database.reading() as connection:
            rows = connection.scalars(query).all() if connection is not None else []
        found = self._sound("machines", rows, lambda stored: Machine.from_dict(decoded(stored)))
        return list({machine.fingerprint: machine for machine in found}.values())

    # -- damage ----------------------------------------------------------------------------------------------

    @property
    def skipped(self) -> str:
        """A sentence with the number of damaged rows that the latest readings left out; empty where none."""
        damaged = sum(self._damaged.values())
        return faults.skipped(faults.place(self.url), damaged) if damaged else ""

    def _sound(self, what: str, rows: Iterable[Row], make: Callable[[Row], Made]) -> list[Made]:
        """The records of `rows`; the damaged ones are counted for `skipped`, under `what` was read."""
        made, self._damaged[what] = sound(rows, make)
        return made


def _measurement(stored: str) -> Measurement:
    made = Measurement.from_dict(decoded(stored))
    float(made.flop_per_s)  # what every page asks of it first
    return made


def _part(row: RowMapping) -> Part:
    environment = Environment.from_dict(decoded(row["environment"]))
    return Part(row["created"], environment, PEAK_KINDS[row["kind"]].from_dict(decoded(row["payload"])))


def _calibration(row: RowMapping) -> tuple[tuple[object, ...], Calibration]:
    """With what makes it hold in another process."""
    environment = Environment.from_dict(decoded(row["environment"]))
    return _libraries(environment), Calibration.from_dict(decoded(row["payload"]))


def _parts(connection: Connection | None, fingerprint: str, kinds: tuple[str, ...]) -> list[RowMapping]:
    """Rows of these kinds, oldest first."""
    if connection is None:
        return []
    columns = (
        PARTS.c.created,
        PARTS.c.kind,
        *(text(PARTS.c[name]).label(name) for name in ("environment", "payload")),
    )
    query = select(*columns).where(PARTS.c.fingerprint == fingerprint, PARTS.c.kind.in_(kinds))
    return list(connection.execute(query.order_by(PARTS.c.created, PARTS.c.row)).mappings())


def _libraries(environment: Environment) -> tuple[object, ...]:
    """What decides who is fastest: BLAS' name, version and kernels, and what the compiler was told."""
    blas, told = environment.blas, tuple(sorted(compiler_overrides(environment.overrides).items()))
    return (blas.name, blas.version, blas.architecture, told) if blas else (None, told)


def _lasting(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A machine without what the system reports anew each time: the clock of this moment."""
    return {key: value for key, value in payload.items() if key not in ("clock_hz", "facts")}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _utc(when: str) -> str:
    """ISO 8601 text in one form (UTC, microseconds), so that its order as text is its order in time."""
    try:
        moment = datetime.fromisoformat(when)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    except (TypeError, ValueError, OverflowError):
        raise BadInput(f"{shown(when)} is no date and time: give it as 2026-01-31T12:00:00+00:00.") from None
