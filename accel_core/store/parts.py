"""Rows of PARTS, and the records that they hold.

Those of lessons are read in `answered`, and of transformer blocks in `blocks`.
"""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select

from accel_core.codec import kinds
from accel_core.machine.overrides import compiler_overrides
from accel_core.model import Comparison, Disk, Environment, OutOfCoreRun
from accel_core.model.disk import WAYS
from accel_core.race import Calibration
from accel_core.store.moments import utc
from accel_core.store.refine import Part, PeakPart
from accel_core.store.sound import decoded, text
from accel_core.store.tables import PARTS

PEAK_KINDS: dict[str, type[PeakPart]] = kinds(PeakPart)


def rows(
    connection: Connection | None, fingerprint: str, kinds: tuple[str, ...], after: int = 0
) -> list[RowMapping]:
    """Those of one machine and of these kinds that came after the row `after`, oldest first."""
    if connection is None:
        return []
    columns = (
        PARTS.c.created,
        PARTS.c.kind,
        *(text(PARTS.c[name]).label(name) for name in ("environment", "payload")),
    )
    wanted = (PARTS.c.fingerprint == fingerprint, PARTS.c.kind.in_(kinds), PARTS.c.row > after)
    query = select(*columns).where(*wanted).order_by(PARTS.c.created, PARTS.c.row)
    return list(connection.execute(query).mappings())


def part(row: RowMapping) -> Part:
    """The part of a machine's peaks that a row holds; one of sound.DAMAGE where it holds none."""
    environment = Environment.from_dict(decoded(row["environment"]))
    return Part(row["created"], environment, PEAK_KINDS[row["kind"]].from_dict(decoded(row["payload"])))


def comparison(row: RowMapping) -> Comparison:
    """The comparison that a row holds; one of sound.DAMAGE where it holds none."""
    return Comparison.from_dict(decoded(row["payload"]))


def calibration(row: RowMapping) -> tuple[tuple[object, ...], Calibration]:
    """The calibration that a row holds, with the `libraries` that make it hold in another process."""
    environment = Environment.from_dict(decoded(row["environment"]))
    return libraries(environment), Calibration.from_dict(decoded(row["payload"]))


def disk(row: RowMapping) -> Disk:
    """The disk that a row holds; one of sound.DAMAGE where it holds none."""
    made = Disk.from_dict(decoded(row["payload"]))
    utc(made.created)
    WAYS[made.way]  # what a reader says of it
    return made


def out_of_core_run(row: RowMapping) -> OutOfCoreRun:
    """The product on a disk that a row holds; one of sound.DAMAGE where it holds none."""
    made = OutOfCoreRun.from_dict(decoded(row["payload"]))
    utc(made.created)
    return made


def libraries(environment: Environment) -> tuple[object, ...]:
    """What decides who is fastest: BLAS' name, version and kernels, and what the compiler was told."""
    blas, told = environment.blas, tuple(sorted(compiler_overrides(environment.overrides).items()))
    return (blas.name, blas.version, blas.architecture, told) if blas else (None, told)
