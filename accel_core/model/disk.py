"""What a folder's disk was measured to reach: the level below DRAM, never among a machine's own roofs."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.model.roofs import Ceiling
from accel_core.model.series import RateSeries, Series
from accel_core.model.words import Estimate

DISK = "disk"
"""The level's name beside those of LEVELS."""
READ, WRITE = "read", "write"
WAYS = {
    "direct": "past the page cache (O_DIRECT)",
    "uncached": "past the page cache (F_NOCACHE, F_FULLFSYNC)",
    "unbuffered": "past the system's cache (FILE_FLAG_NO_BUFFERING, FILE_FLAG_WRITE_THROUGH)",
    "dropped": "through the page cache, which was emptied of the file before each sample",
    "memory": "in memory, which this file system keeps its files in",
}
"""How the page cache was kept out of the way, in a few words."""


@dataclass(frozen=True, slots=True)
class DiskRate(PlainData):
    """How fast large blocks of a file were read or written one after another, in one way."""

    operation: str
    """READ or WRITE; a sample of writing ends when the system says that all of it is on the disk."""
    block_bytes: int
    depth: int
    """Blocks under way at once, a thread each."""
    rate_byte_per_s: Estimate
    series: RateSeries
    """The samples, in bytes."""
    fresh: bool = False
    """Whether each block was written for the first time, and not over another one."""


@dataclass(frozen=True, slots=True)
class DiskLatency(PlainData):
    """How long single small reads at random places took, one after another."""

    block_bytes: int
    time_s: Estimate
    most_s: float
    """95 % of the reads took no longer."""
    series: Series


@dataclass(frozen=True, slots=True)
class Disk(PlainData):
    """All that was measured of the disk under one folder."""

    id: str
    created: str
    """ISO 8601, UTC."""
    fingerprint: str
    folder: str
    """With the home folder and the account's name left out."""
    filesystem: str
    """ "ext4"; empty where unknown."""
    device: str
    """ "vda", or the server's kind; empty where unknown."""
    way: str
    """A name of WAYS."""
    file_bytes: int
    """Length of the file that was read and written, and removed."""
    rates: tuple[DiskRate, ...]
    """Each way of reading and writing that was tried."""
    latency: DiskLatency | None
    took_s: float
    kept: float | None = None
    """What writing kept of its rate after the first quarter of the run, where it fell beyond doubt."""
    doubts: tuple[str, ...] = ()
    """What may have answered instead of the disk, a sentence each."""
    disturbed_reason: str = ""
    """What was wrong with the timing, in one sentence; empty where nothing was seen."""

    @property
    def is_memory(self) -> bool:
        """Whether the folder lies in memory: then nothing of this is a disk's."""
        return self.way == "memory"

    @property
    def read(self) -> DiskRate | None:
        """The fastest way of reading."""
        return self.fastest(READ)

    @property
    def write(self) -> DiskRate | None:
        """The fastest way of writing over what is there."""
        return self.fastest(WRITE)

    @property
    def fresh(self) -> DiskRate | None:
        """Writing as the file was made: each block for the first time."""
        return next((one for one in self.rates if one.fresh), None)

    def fastest(self, operation: str, depth: int | None = None) -> DiskRate | None:
        """The way with the highest lower end of its interval: of all, or of those with this `depth`.

        Fresh writing counts apart.
        """
        found = [x for x in self.rates if x.operation == operation and depth in (None, x.depth) and not x.fresh]
        return max(found, key=_at_least, default=None)

    def roof(self, operation: str = READ) -> Ceiling | None:
        """The fastest way as a roof, for a picture that is asked to show it; None where none was measured."""
        found = self.fastest(operation)
        if found is None:
            return None
        seen = found.rate_byte_per_s
        return Ceiling(
            kind="memory",
            name=f"{operation}_{DISK}",
            level=DISK,
            width_bits=None,
            dtype="",
            threads=found.depth,
            operation=operation,
            byte_convention=None,
            working_set_bytes=self.file_bytes,
            value=seen.median,
            low=seen.low,
            high=seen.high,
            n=seen.n,
            unit="byte/s",
            source="measured",
            definition=f"A file in a folder ({self.filesystem or 'unknown file system'}), {WAYS[self.way]}.",
            disturbed_reason=self.disturbed_reason,
            series=(found.series,),
        )


def _at_least(one: DiskRate) -> tuple[bool, float]:
    seen = one.rate_byte_per_s
    return (False, seen.median) if seen.low is None else (True, seen.low)
