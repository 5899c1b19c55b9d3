"""What was measured of a disk, in words: what it is, how fast, how far away, and what is in doubt."""

from __future__ import annotations

from accel_core.model import DRAM, Disk, DiskRate, Peaks
from accel_core.model.disk import WAYS
from accel_core.readings.estimates import rate_text, time_text
from accel_core.readings.ratios import times
from accel_core.readings.roofs import load_roof
from accel_core.units import format_bytes, format_number, format_rate, format_time


def disk_title(disk: Disk) -> str:
    """ "ext4 on vda": what lies under the folder, as far as it is known."""
    known = disk.filesystem or "unknown file system"
    return f"{known} on {disk.device}" if disk.device else known


def rates_text(disk: Disk) -> str:
    """ "1.84 GB/s read, 2.51 GB/s written"."""
    parts = []
    for rate, word in ((disk.read, "read"), (disk.write, "written")):
        parts.append(f"{format_rate(rate.rate_byte_per_s.median, 'B/s')} {word}" if rate else f"not {word}")
    return ", ".join(parts)


def latency_text(disk: Disk, peaks: Peaks | None = None) -> str:
    """ "54.4 µs, 163000 cycles" at the measured clock."""
    if disk.latency is None:
        return "latency not measured"
    median_s = disk.latency.time_s.median
    text = format_time(median_s)
    if peaks and peaks.clock:
        text += f", {format_number(median_s * peaks.clock.clock_hz.median, 3)} cycles"
    return text


def way_title(one: DiskRate) -> str:
    """ "read, blocks of 4 MiB, 4 at once"."""
    said = f"{one.operation}, blocks of {format_bytes(one.block_bytes)}"
    if one.fresh:
        return f"{said}, for the first time"
    return f"{said}, {one.depth} at once" if one.depth > 1 else said


def disk_rows(disk: Disk) -> list[tuple[str, str]]:
    """(what, median with its interval) of each way and of the latency."""
    rows = [(way_title(one), rate_text(one.rate_byte_per_s, "B/s")) for one in disk.rates]
    if disk.latency is not None:
        wait = disk.latency
        said = f"{time_text(wait.time_s)}; 95 % within {format_time(wait.most_s)}"
        rows.append((f"one read of {format_bytes(wait.block_bytes)}", said))
    return rows


def how_text(disk: Disk) -> str:
    """How it was measured, in a sentence."""
    return (
        f"A file of {format_bytes(disk.file_bytes)} of random bytes, {WAYS[disk.way]}; what was read is "
        "checked, and writing includes the flush to the disk."
    )


def remarks(disk: Disk) -> list[str]:
    """What was wrong or is in doubt, a sentence each."""
    found = [disk.disturbed_reason] if disk.disturbed_reason else []
    if disk.kept is not None:
        found.append(
            f"Writing fell to {format_number(100 * disk.kept, 2)} % of its rate during the run, as where a "
            "fast buffer of the drive is full."
        )
    return [*found, *disk.doubts]


def disk_reading(disk: Disk, peaks: Peaks | None) -> str:
    """How far below memory the disk is, in bandwidth and in latency; empty where it is memory."""
    if disk.is_memory or disk.read is None:
        return ""
    rate = disk.read.rate_byte_per_s.median
    text = f"The disk ({disk_title(disk)}) is read at {format_rate(rate, 'B/s')}"
    if dram := load_roof(peaks, DRAM):
        ratio = dram.value / rate
        text += f", and one core reads {DRAM} {times(ratio)} as fast" if ratio >= 1 else ""
    near = next((x for x in (peaks.latencies if peaks else ()) if x.level == DRAM), None)
    if disk.latency is None:
        return f"{text}."
    wait = f"a single read takes {format_time(disk.latency.time_s.median)}"
    if near:
        wait += f", {times(disk.latency.time_s.median / near.time_s.median)} as long as a load from {DRAM}"
    return f"{text}; {wait}."
