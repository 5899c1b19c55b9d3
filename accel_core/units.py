"""Numbers as people read them: the only place where a prefix (k, M, G, Ki, Mi, Gi) is written."""

from __future__ import annotations

import math

_DECIMAL = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_BINARY = ((1024.0**4, "TiB"), (1024.0**3, "GiB"), (1024.0**2, "MiB"), (1024.0, "KiB"), (1.0, "B"))
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def format_number(value: float, digits: int = 3) -> str:
    """`value` with `digits` significant digits and no exponent: 0.00123, 12.3, 1230."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if rounded != 0:  # 9.996 rounds up into the next decade and needs one place fewer
        places = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(places, 0)}f}"


def format_time(seconds: float) -> str:
    """Seconds as `1.23 ms`; from two minutes on as minutes, hours or days."""
    if not math.isfinite(seconds):
        return "unknown time"
    if seconds == 0:
        return "0 s"
    if abs(seconds) >= 172_800:
        return f"{format_number(seconds / 86_400)} days"
    if abs(seconds) >= 7_200:
        return f"{format_number(seconds / 3_600)} hours"
    if abs(seconds) >= 120:
        return f"{format_number(seconds / 60)} min"
    for scale, unit in _TIMES:
        if abs(seconds) >= scale * 0.9995:
            return f"{format_number(seconds / scale)} {unit}"
    return f"{format_number(seconds / 1e-9)} ns"


def format_duration(seconds: float) -> str:
    """A time as one says it beforehand: in whole seconds, from two minutes on in half and whole minutes."""
    if seconds < 120:
        return f"{max(round(seconds), 1)} s"
    if seconds >= 7_200:
        return format_time(seconds)
    halves = round(seconds / 30) if seconds < 600 else 2 * round(seconds / 60)
    return f"{halves / 2:g} min"


def format_bytes(size_bytes: float) -> str:
    """A size in binary units: `48 KiB`, `1.50 MiB`."""
    if not math.isfinite(size_bytes):
        return "unknown size"
    almost = 1 - 0.5 / 1024  # what would round to 1024 of one unit is said in the next
    scale, unit = next((u for u in _BINARY if abs(size_bytes) >= u[0] * almost), _BINARY[-1])
    scaled = size_bytes / scale
    whole = scaled == round(scaled) or abs(scaled) >= 1000  # 1013 KiB has four digits before the point
    return f"{scaled:.0f} {unit}" if whole else f"{format_number(scaled)} {unit}"


def format_rate(value: float, unit: str) -> str:
    """A rate with a decimal prefix: `format_rate(1.177e11, "FLOP/s")` is `118 GFLOP/s`."""
    if not math.isfinite(value):
        return "unknown rate"
    for scale, prefix in _DECIMAL:
        if abs(value) >= scale * 0.9995:
            return f"{format_number(value / scale)} {prefix}{unit}"
    return f"{format_number(value)} {unit}"


def format_ratio(ratio: float) -> str:
    """A speed-up as a person would say it: `36 times faster`, `1.3 times slower`, `as fast`."""
    if not math.isfinite(ratio) or ratio <= 0:
        return "unknown"
    if 0.995 <= ratio <= 1.005:
        return "as fast"
    return f"{format_number(ratio)} times faster" if ratio > 1 else f"{format_number(1 / ratio)} times slower"


def format_count(number: int, what: str) -> str:
    """`1 thread`, `2 threads`, `0 threads`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def format_arrays(arrays: float | None) -> str:
    """Extra memory in arrays: `8 arrays`, `1 array`, `none` under half a hundredth, `unknown`."""
    if arrays is None or not math.isfinite(arrays):
        return "unknown"
    if arrays < 0.005:
        return "none"
    return f"{arrays:.3g} array{'' if round(arrays, 2) == 1 else 's'}"
