"""Measure the disk under a folder within a budget, and say what else may have answered."""

from __future__ import annotations

import errno
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from accel_core.bench.clocks import read_own_cpu_times
from accel_core.bench.events import Emit, ignore, result_event, step_event
from accel_core.disk.content import Content
from accel_core.disk.place import VIRTUAL, Place, place_of
from accel_core.disk.room import check_folder, free_bytes, room_bytes
from accel_core.disk.rounds import MOST_SAMPLE_BYTES, Run, in_order
from accel_core.disk.sampling import FRESH, WAYS, File, Sampler, Samples, Way
from accel_core.errors import AccelError
from accel_core.machine import partial as names
from accel_core.machine import refuse_to_measure, steal_fraction
from accel_core.model import Disk, DiskLatency, DiskRate, Machine, RateSeries, Series
from accel_core.model.disk import WRITE
from accel_core.model.limits import DISK_S, MOST_STEAL
from accel_core.model.packed import packed
from accel_core.privacy import without_user
from accel_core.stats import median_interval
from accel_core.units import format_bytes, format_number

STEPS = ("writing a file of random bytes", "reading and writing it in turns")
FULL = (errno.ENOSPC, errno.EDQUOT)
DRIVE_CACHE_BYTES = 1 << 30
"""A file that is no longer may lie whole in a drive's own memory: drives of today bring up to about that."""
ANSWERED = 0.95
"""Less of what was read than this share came from the device: a cache answered the rest."""
OTHERS = 0.1
"""More than this share beyond our own traffic moved on the device: somebody else used it."""
FELL = 0.8
"""Writing that kept less than this share of its rate fell."""


def measure_disk(
    machine: Machine,
    folder: str,
    *,
    budget_s: float = DISK_S,
    emit: Emit = ignore,
    opened: Callable[[Place], File] | None = None,
    place: Place | None = None,
    clock_ns: Callable[[], int] = time.perf_counter_ns,
) -> Disk:
    """The disk under `folder`, by a file that is made there without a name and is gone at the end.

    The file takes a tenth of the free space at most. Emits step events and the result. Raises BadInput for a
    folder that cannot serve, AccelError where the disk fails in the middle.
    """
    refuse_to_measure(machine)
    path = check_folder(folder)
    place = place_of(path) if place is None else place
    room = room_bytes(path, free_bytes(path, in_memory=place.in_memory))
    before, moved, began_ns = read_own_cpu_times(), place.moved_bytes(), clock_ns()

    def clock() -> float:
        return clock_ns() * 1e-9

    def tell(step: int, left_s: float) -> None:
        emit(step_event(STEPS[step], step, len(STEPS), left_s))

    try:
        file = (opened or open_at)(place)
        try:
            with Content(min(MOST_SAMPLE_BYTES, room), room) as content:
                run = Run(Sampler(file, content, clock_ns), room, budget_s, clock, tell)
                run.go()
        finally:
            file.close()
    except OSError as fault:
        raise AccelError(_said(path, fault)) from fault
    stolen = steal_fraction(before, read_own_cpu_times())
    traffic = _traffic(moved, place.moved_bytes(), run.sampler)
    disk = Disk(
        id=uuid.uuid4().hex,
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        fingerprint=machine.fingerprint,
        folder=without_user(str(path)),
        filesystem=place.filesystem,
        device=place.device,
        way=file.way,
        file_bytes=run.file_bytes,
        rates=tuple(_rate(way, run.samples[way]) for way in (FRESH, *WAYS) if way in run.samples),
        latency=_latency(run.small),
        took_s=(clock_ns() - began_ns) * 1e-9,
        kept=_kept([one for way, one in run.samples.items() if _alike(way)]),
        doubts=tuple(_doubts(machine, place, file.way, run.file_bytes, traffic)),
        disturbed_reason=_disturbed(stolen, traffic),
    )
    emit(result_event(disk))
    return disk


def open_at(place: Place) -> File:
    """A new file at `place` without a name, past the page cache where there is a way; OSError where none."""
    if sys.platform == "win32":
        from accel_core.disk.windows import open_file as opened_there

        return opened_there(place.folder)
    from accel_core.disk.posix import open_file

    return open_file(place.folder, in_memory=place.in_memory)


def _said(folder: Path, fault: OSError) -> str:
    """What went wrong with the disk, in one sentence."""
    if fault.errno in FULL:
        return (
            f"The disk under {folder}, or what this account may use of it, became full in the middle; the file "
            "is removed: free some space and measure again."
        )
    if fault.errno == errno.EFBIG:
        return (
            f"A file in {folder} may not become as long as a measurement needs (`ulimit -f`, or the file "
            "system); it is removed: raise that limit, or choose another folder."
        )
    return (
        f"The disk under {folder} could not be measured ({fault.strerror or fault}); no file is left there: "
        "choose another folder, or see whether the disk is sound."
    )


# -- samples as results ---------------------------------------------------------------------------------------


def _rate(way: Way, kept: Samples) -> DiskRate:
    series = RateSeries(1, packed(kept.took_ns), packed(_steps(kept.starts_ns)), float(kept.sample_bytes))
    seen = median_interval(series.rates())
    return DiskRate(way.operation, way.block_bytes, way.depth, seen, series, way.fresh)


def _latency(kept: Samples) -> DiskLatency | None:
    if not kept.took_ns:
        return None
    series = Series(1, packed(kept.took_ns), packed(_steps(kept.starts_ns)))
    times = series.call_s()
    most_s = sorted(times)[min(int(0.95 * len(times)), len(times) - 1)]
    return DiskLatency(kept.sample_bytes, median_interval(times), most_s, series)


def _steps(starts_ns: list[int]) -> list[int]:
    """The first start, and each other after the one before it."""
    return [after - before for before, after in zip([0, *starts_ns], starts_ns, strict=False)]


def _alike(way: Way) -> bool:
    """Whether it writes as the file was made: then its rate can be held against that."""
    return way.operation == WRITE and (way.block_bytes, way.depth) == (FRESH.block_bytes, FRESH.depth)


def _kept(samples: list[Samples]) -> float | None:
    """What writing kept of its rate after the first quarter of the run, where it fell beyond doubt."""
    rates = list(in_order(samples))
    quarter = len(rates) // 4
    if not quarter:
        return None
    first, rest = median_interval(rates[:quarter]), median_interval(rates[quarter:])
    apart = first.low is not None and rest.high is not None and rest.high < first.low
    share = rest.median / first.median
    return share if apart and share < FELL else None


# -- what may be wrong ----------------------------------------------------------------------------------------

Traffic = tuple[float, float, int, int]
"""Bytes that the device read and wrote meanwhile, over those that we asked for, which follow."""


def _traffic(before: tuple[int, int] | None, after: tuple[int, int] | None, ours: Sampler) -> Traffic | None:
    if before is None or after is None or not ours.read_bytes or not ours.written_bytes:
        return None
    read, written = (late - early for early, late in zip(before, after, strict=True))
    return read / ours.read_bytes, written / ours.written_bytes, ours.read_bytes, ours.written_bytes


def _doubts(machine: Machine, place: Place, way: str, file_bytes: int, traffic: Traffic | None) -> list[str]:
    if way == "memory":
        return [f"The folder lies in memory ({place.filesystem}): these are rates of memory, not of a disk."]
    found = []
    if place.served:
        found.append(
            f"Another computer or program answers for the files here ({place.filesystem}), and may keep "
            "them in a cache of its own."
        )
    if place.device.startswith(VIRTUAL) or machine.fact(names.HYPERVISOR):
        found.append(
            "The machine is virtual: its host may keep what is written and read in a cache of its own, which "
            "cannot be seen from here."
        )
    if traffic and traffic[0] < ANSWERED:
        found.append(
            f"Of {format_bytes(traffic[2])} that were read only {format_number(100 * traffic[0], 2)} % came "
            "from the device: a cache answered the rest."
        )
    if file_bytes <= DRIVE_CACHE_BYTES:
        found.append(f"A file of {format_bytes(file_bytes)} may lie whole in the drive's own memory.")
    return found


def _disturbed(stolen: float | None, traffic: Traffic | None) -> str:
    """What disturbed the samples, in one sentence; empty where nothing was seen."""
    if stolen is not None and stolen > MOST_STEAL:
        return f"The hypervisor gave {format_number(100 * stolen, 2)} % of the time to others."
    if traffic:
        read, written, ours_read, ours_written = traffic
        more = max(0.0, read - 1) * ours_read + max(0.0, written - 1) * ours_written
        if more > OTHERS * (ours_read + ours_written):
            return f"Others moved about {format_bytes(more)} on the same device meanwhile."
    return ""
