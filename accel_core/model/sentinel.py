"""What a short probe, run between the samples of a measurement, says of neighbours that no counter shows."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.model.words import Estimate
from accel_core.units import format_number, format_rate

READ_BYTES = 512 << 10
"""What the probe reads at a time after a kernel whose data are larger than a core's own caches."""


@dataclass(frozen=True, slots=True)
class Sentinel(PlainData):
    """How fast the core was for additions, of which it can start a known number a cycle, and for reads.

    The fields of reads are None where the kernel's data are small, and in records of before there were any.
    """

    core_cycles: Estimate
    """Cycles an addition took among others that do not wait for it: more beside a neighbour on the core."""
    undisturbed_cycles: float | None
    """What it takes undisturbed; None where nothing was known of it before."""
    clock_hz: float
    """Median of the additions a second that wait for one another: one a cycle."""
    read_s: Estimate | None = None
    """Seconds to read READ_BYTES that the kernel had pushed out: more beside a neighbour on the memory."""
    undisturbed_read_s: float | None = None
    """What that takes undisturbed; None where nothing was known of it before."""
    most_read_s: float | None = None
    """The most that it takes in the usual course of things; None where too little was known."""

    @property
    def drift(self) -> float | None:
        """How much longer the additions took than undisturbed: 0.08 is 8 %."""
        return self.core_cycles.median / self.undisturbed_cycles - 1 if self.undisturbed_cycles else None

    @property
    def read_drift(self) -> float | None:
        """How much longer the reads took than undisturbed: 0.08 is 8 %."""
        if self.read_s is None or not self.undisturbed_read_s:
            return None
        return self.read_s.median / self.undisturbed_read_s - 1

    @property
    def reads(self) -> str:
        """The rate of the reads, and how it differs from what it is undisturbed; empty without reads."""
        if self.read_s is None:
            return ""
        rate, drift = format_rate(READ_BYTES / self.read_s.median, "B/s"), self.read_drift
        if drift is None:
            return f"{rate}; nothing was known of it before"
        return f"{rate}, in {format_number(100 * (1 + drift), 3)} % of the time that they take undisturbed"
