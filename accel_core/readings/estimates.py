"""Numbers with their intervals, as people read them."""

from __future__ import annotations

from collections.abc import Callable

from accel_core.model import Estimate, Measurement
from accel_core.stats import LEAST_SAMPLES
from accel_core.units import format_rate, format_time

NO_INTERVAL = f"no interval under {LEAST_SAMPLES} samples"


def rate_bounds(m: Measurement) -> tuple[float, float] | None:
    """FLOP/s at the ends of the interval of the time: (low, high); None where there is no interval."""
    if m.time_s.low is None or m.time_s.high is None or m.time_s.low <= 0:
        return None
    return m.flop / m.time_s.high, m.flop / m.time_s.low


def rate_ends(m: Measurement) -> tuple[float, float]:
    """FLOP/s at the ends of the interval; the median twice where there is none."""
    return rate_bounds(m) or (m.flop_per_s, m.flop_per_s)


def speed_text(m: Measurement) -> str:
    """ "118 GFLOP/s, 2.27 ms (median)"."""
    return f"{format_rate(m.flop_per_s, 'FLOP/s')}, {format_time(m.time_s.median)} (median)"


def interval(m: Measurement) -> str:
    """ "95 % interval 98 to 103 GFLOP/s, n = 21", or why there is none."""
    low, high = rate_bounds(m) or (None, None)
    ends = ends_text(low, high, lambda rate: format_rate(rate, "FLOP/s"))
    return f"{f'95 % interval {ends}' if ends else NO_INTERVAL}, n = {m.time_s.n}"


def ends_text(low: float | None, high: float | None, show: Callable[[float], str]) -> str:
    """The ends of an interval: "1.90 ns to 1.92 ns"; empty where there is none."""
    return "" if low is None or high is None else f"{show(low)} to {show(high)}"


def estimate_text(value: Estimate, show: Callable[[float], str]) -> str:
    """A median with its interval: "1.91 ns (1.90 ns to 1.92 ns, n = 21)", or with why there is none."""
    median, ends = show(value.median), ends_text(value.low, value.high, show) or NO_INTERVAL
    said = "" if ends == f"{median} to {median}" else f"{ends}, "  # narrower than three digits show
    return f"{median} ({said}n = {value.n})"


def time_text(value: Estimate) -> str:
    """A time with its interval."""
    return estimate_text(value, format_time)


def rate_text(value: Estimate, unit: str) -> str:
    """A rate with its interval."""
    return estimate_text(value, lambda rate: format_rate(rate, unit))
