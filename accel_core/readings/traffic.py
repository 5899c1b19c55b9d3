"""What a lens looks at: a measured kernel with the bytes that a simulation gives for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accel_core.model import Measurement


@dataclass(frozen=True, slots=True)
class Traffic:
    """A measured kernel with its simulated bytes: memory level -> bytes that it delivers, from near to far."""

    measurement: Measurement
    level_bytes: Mapping[str, int]

    def intensity(self, level: str) -> float:
        """FLOP/byte."""
        return self.measurement.flop / self.level_bytes[level]
