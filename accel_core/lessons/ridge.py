"""The ridge as one run of a lesson finds it: the library's product over the bandwidth of a triad."""

from __future__ import annotations

from typing import Any

from accel_core.lessons.lesson import case
from accel_core.lessons.run import Run
from accel_core.model import Estimate, Machine, Measurement
from accel_core.stats import quotient_interval
from accel_core.units import format_number, format_rate

PRODUCT, TRIAD = "matmul/numpy", "triad/compiled"
SIDE = 1024
ELEMENTS, FEW_ELEMENTS = 1 << 24, 1 << 22
"""Of each of the triad's three vectors: 192 MiB together, or 48 MiB where memory is short."""
SHORT_OF_MEMORY_BYTES = 3 << 30


def ridge_cases(machine: Machine) -> list[dict[str, Any]]:
    """The two cases that say where the ridge is."""
    return [case(PRODUCT, SIDE), triad(machine)]


def triad(machine: Machine) -> dict[str, Any]:
    """The triad over vectors as large as the memory of `machine` allows within a lesson."""
    short = machine.memory_bytes is not None and machine.memory_bytes < SHORT_OF_MEMORY_BYTES
    return case(TRIAD, FEW_ELEMENTS if short else ELEMENTS)


def ridge(run: Run) -> Estimate:
    """FLOP/B at which memory and arithmetic take the same time. LookupError where a result is missing."""
    product, stream = run.measurement(PRODUCT, SIDE), run.measurement(TRIAD)
    over = quotient_interval(stream.samples_s, product.samples_s)
    return scaled(over, product.flop / stream.least_bytes)


def bandwidth(run: Run) -> float:
    """Bytes per second of the triad. LookupError where it is missing."""
    return byte_per_s(run.measurement(TRIAD))


def byte_per_s(measured: Measurement) -> float:
    """Its least traffic over its median time."""
    return measured.least_bytes / measured.time_s.median


def ridge_told(run: Run) -> str:
    """Where the ridge is and of what it is made, in a sentence."""
    rate = format_rate(run.measurement(PRODUCT, SIDE).flop_per_s, "FLOP/s")
    return (
        f"The ridge of one thread is at {format_number(ridge(run).median)} FLOP/B: {rate} of the library's "
        f"product over the {format_rate(bandwidth(run), 'B/s')} of a triad."
    )


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """An estimate in another unit; `factor` is above 0."""
    low, high = (None if end is None else end * factor for end in (estimate.low, estimate.high))
    return Estimate(estimate.median * factor, low, high, estimate.n)


def computed(value: float) -> Estimate:
    """A number that comes from a formula: it has no interval and no samples."""
    return Estimate(value, None, None, 0)
