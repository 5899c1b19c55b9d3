"""What all trials share: a checked call, and its samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.bench.causes import told
from accel_core.bench.clocks import Clocks
from accel_core.bench.sampling import Samples, calls_in_a_sample, no_garbage_collection, sample, time_calls
from accel_core.bench.starts import series
from accel_core.errors import WrongResult
from accel_core.kernels.verify import max_relative_error
from accel_core.model import Series

Trying = Callable[[float, int, Clocks], Any]
"""(seconds for samples, most threads, clocks) -> `model.Trial`."""


def require(name: str, result: Any, expected: Any, tolerance: float) -> None:
    """WrongResult where `result` is off by more than `tolerance`, so that its time is not taken."""
    if not max_relative_error(result, expected) <= tolerance:
        raise WrongResult(f"The trial {name} gives a wrong result here, so it is not timed.")


def samples_of(call: Callable[[], Any], budget_s: float, clocks: Clocks, threads: int = 1) -> Samples:
    """Samples of a call that was checked, after one that does not count."""
    with no_garbage_collection():
        first_s, _ = time_calls(call, 1, clocks)
        return sample(call, calls_in_a_sample(call, first_s, clocks), budget_s, clocks, threads)


def kept(samples: Samples) -> Series:
    """Samples as the record of a trial keeps them."""
    return series(samples.starts_s, samples.times_s, samples.repetitions)


def disturbed(samples: Samples, clocks: Clocks, threads: int = 1) -> str:
    """What disturbed the samples taken last, in a sentence; empty where nothing did."""
    return told([*samples.span.causes(threads), *clocks.lookout.causes()])
