"""What came out when two matrices on a disk were multiplied in less memory than they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from accel_core.codec import PlainData
from accel_core.model.limits import MOST_WAITED
from accel_core.model.machine import Environment

COMPUTE, DISK = "compute", "disk"
"""What a product is predicted to be held back by."""


@dataclass(frozen=True, slots=True)
class OutOfCoreRun(PlainData):
    """One product of square matrices in files, with one block of c in memory: predicted first, then run."""

    derived: ClassVar[tuple[str, ...]] = (
        *("flop", "flop_per_s", "predicted_flop_per_s", "ratio", "intensity_flop_per_byte"),
        "disturbed_reason",
    )
    size: int
    """Side of the matrices, in elements."""
    dtype: str
    threads: int
    tile: int
    """Side of a tile, which lies in one piece in its file."""
    block: int
    """Side of the block of c that stays in memory until it is finished."""
    best_block: int
    """The largest that the memory holds."""
    memory_bytes: int
    """The limit."""
    room_bytes: int
    """What the tiles in memory took."""
    limited: bool
    """Whether the system held the process to the limit; else only its own tiles are counted."""
    grown_bytes: int | None
    """By how much the most that was resident exceeds what was before the first tile; None where unknown."""
    matrix_bytes: int
    """Of each of the three."""
    disk_id: str
    """Of the `Disk` that it was predicted from."""
    folder: str
    """With the home folder and the account's name left out."""
    way: str
    """How the page cache was kept out: a name of `disk.WAYS`."""
    library_flop_per_s: float
    """Tiles that lie in memory, multiplied and added just before, on processors of their own."""
    disk_read_byte_per_s: float
    disk_write_byte_per_s: float
    disk_latency_s: float
    """How long a small read takes by itself; 0 where nobody measured it."""
    predicted_multiply_s: float
    """With what reading takes of it."""
    predicted_read_s: float
    predicted_write_s: float
    predicted_s: float
    bound_by: str
    """COMPUTE or DISK, as predicted."""
    share_of_bound: float
    """FLOP per byte read, as a share of the most that any order of the loops gets from this memory."""
    time_s: float
    multiply_s: float
    waited_s: float
    """Nothing was multiplied, because the next slab was not there."""
    read_s: float
    """For which the thread that reads ahead was reading."""
    write_s: float
    read_bytes: int
    """Asked of the files of a and b."""
    write_bytes: int
    device_read_bytes: int | None
    """What the system read from a disk for this process meanwhile; None where it does not count."""
    share_of_allowed: float
    """The largest error of the check by random signs, over what rounding explains."""
    kept_off: float | None
    """Share of the time in which a thread wanted a processor that others than the run's own readers had; None
    where unknown."""
    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC."""
    id: str
    """Random, made when measured."""
    read_cost_s_per_byte: float = 0.0
    """By how much each byte that is read was measured to lengthen multiplying; 0 where it was not measured."""

    @property
    def flop(self) -> int:
        """Of the product."""
        return 2 * self.size**3

    @property
    def flop_per_s(self) -> float:
        """As measured, with all that was waited for."""
        return self.flop / self.time_s

    @property
    def predicted_flop_per_s(self) -> float:
        """As predicted before it ran."""
        return self.flop / self.predicted_s

    @property
    def ratio(self) -> float:
        """Measured over predicted rate."""
        return self.predicted_s / self.time_s

    @property
    def disturbed_reason(self) -> str:
        """Who kept the threads from their processors, in one sentence; empty where nobody did for long."""
        if (self.kept_off or 0.0) <= MOST_WAITED:
            return ""
        return f"Threads wanted a processor that others had for {100 * (self.kept_off or 0):.0f} % of the time."

    @property
    def intensity_flop_per_byte(self) -> float:
        """FLOP per byte that was read or written."""
        return self.flop / (self.read_bytes + self.write_bytes)
