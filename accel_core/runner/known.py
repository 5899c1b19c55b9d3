"""What is known of a machine before a job: its records and its pace now."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from accel_core.model import Machine, Measurement
from accel_core.model.pace import USUAL, Pace
from accel_core.race import Calibration

if TYPE_CHECKING:
    from accel_core.bench.duration import Experience


class Known:
    """Measurements come newest first, calibrations oldest first."""

    def __init__(
        self,
        machine: Machine,
        measurements: Iterable[Measurement] = (),
        calibrations: Iterable[Calibration] = (),
        core_pace: Pace = USUAL,
    ) -> None:
        self.machine = machine
        self.core_pace = core_pace
        self.calibrations = tuple(calibrations)
        self._measurements = measurements

    @cached_property
    def experience(self) -> Experience:
        """How long cases took; asked for by those who have the compiler."""
        from accel_core.bench.duration import Experience

        return Experience(self._measurements, self.core_pace)
