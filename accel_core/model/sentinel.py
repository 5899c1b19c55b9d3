"""What a short probe, run between the samples of a measurement, says of neighbours that no counter shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.model.words import Estimate


@dataclass(frozen=True, slots=True)
class Sentinel:
    """How fast the core was for additions, of which it can start a known number a cycle."""

    core_cycles: Estimate
    """Cycles an addition took among others that do not wait for it: more beside a neighbour on the core."""
    undisturbed_cycles: float | None
    """What it takes undisturbed; None where nothing was known of it before."""
    clock_hz: float
    """Median of the additions a second that wait for one another: one a cycle."""

    @property
    def drift(self) -> float | None:
        """How much longer the additions took than undisturbed: 0.08 is 8 %."""
        return self.core_cycles.median / self.undisturbed_cycles - 1 if self.undisturbed_cycles else None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sentinel:
        seen = Estimate.from_dict(data["core_cycles"])
        return cls(seen, data["undisturbed_cycles"], data["clock_hz"])
