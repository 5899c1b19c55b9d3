"""The command that draws what is stored."""

from __future__ import annotations

import contextlib
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from accel_core.cli import text
from accel_core.cli.jobs import known_machine, stored_disk, warn_of_damage
from accel_core.cli.output import Answer
from accel_core.errors import AccelError
from accel_core.folders import check_target
from accel_core.model import Ceiling, Machine, Measurement

if TYPE_CHECKING:
    from accel_core.store import Store


def roofline(options: Namespace) -> Answer:
    """Draw what is stored of this machine, as one HTML page that needs no network."""
    target = Path(options.html)
    check_target(target)
    from accel_core.figures import PAPER, figure_html, roofline_figure
    from accel_core.readings.moved import counted
    from accel_core.registry import WORKLOADS, workload
    from accel_core.roofline import with_theory
    from accel_core.store import Store

    named = workload(options.named).name if options.named else ""
    here, store = known_machine(), Store()
    known = store.peaks(here.fingerprint)
    if known is None:
        raise AccelError("The roofs of this machine are not measured yet: run `accel peaks` first.")
    points, count = _points(store, here, options)
    by_count = options.bytes == "counted"
    if by_count:
        known_bytes = counted(WORKLOADS, points)
        points = [m for m in points if m.id in known_bytes]
    warn_of_damage(store)
    picture = roofline_figure(
        here,
        with_theory(here, known.ceilings, known.clock),
        points,
        PAPER,
        workloads=WORKLOADS,
        dtype=options.dtype,
        threads=options.threads,
        named=named,
        clock=known.clock,
        environment=known.environment,
        created=known.created,
        by_count=by_count,
        disk=_disk_roof(here) if options.disk else None,
    )
    _write(target, figure_html(picture, title="Accel Explorer: roofline", filename="roofline"))
    data = {
        "html": str(target),
        "measurements": len(points),
        "stored": count,
        "dtype": options.dtype,
        "threads": options.threads,
        "bytes": options.bytes,
    }
    return Answer(data, text.roofline(target, len(points), count, options.dtype, options.threads))


def _disk_roof(here: Machine) -> Ceiling:
    """The roof of the disk that was measured last."""
    disk = stored_disk(here)
    roof = disk.roof() if disk else None
    if roof is None:
        raise AccelError("No disk of this machine is measured yet: run `accel disk FOLDER` first.")
    return roof


def _points(store: Store, here: Machine, options: Namespace) -> tuple[list[Measurement], int]:
    """What is drawn of the stored measurements at this dtype and thread count, and how many there are."""
    from accel_core.readings.roofline import MOST_POINTS, latest
    from accel_core.registry import WORKLOADS

    dtype, threads = options.dtype, options.threads
    count = store.count(here.fingerprint, dtype=dtype, threads=threads)
    if options.points == "all":
        sampled = store.sampled(here.fingerprint, MOST_POINTS, dtype=dtype, threads=threads)
        return list(sampled.measurements), count
    newest = [m for m in store.newest(here.fingerprint) if (m.dtype, m.threads) == (dtype, threads)]
    return latest(newest, WORKLOADS), count


def _write(target: Path, page: str) -> None:
    """Write `page` whole or not at all: an earlier one stays where the disk is full."""
    draft = target.with_name(f".{target.name}.draft")
    try:
        draft.write_text(page, encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise AccelError(f"Cannot write {target}: {error.strerror or error}.") from error
