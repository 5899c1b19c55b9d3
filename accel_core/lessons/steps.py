"""A measured product by its steps, one multiplication and one addition each, whatever its shape."""

from __future__ import annotations

from accel_core.model import Estimate, Measurement
from accel_core.stats import median_interval, quotient_interval

GIGA = 1e9


def step_ns(measurement: Measurement) -> Estimate:
    """Nanoseconds of a step."""
    return median_interval([GIGA * took_s for took_s in _steps_s(measurement)])


def longer(slow: Measurement, fast: Measurement) -> Estimate:
    """How many times as long a step of `slow` takes as one of `fast`, with its interval."""
    return quotient_interval(_steps_s(slow), _steps_s(fast))


def rate(measurement: Measurement) -> Estimate:
    """GFLOP/s."""
    return median_interval([measurement.flop / took_s / GIGA for took_s in measurement.samples_s])


def _steps_s(measurement: Measurement) -> list[float]:
    return [2 * took_s / measurement.flop for took_s in measurement.samples_s]
