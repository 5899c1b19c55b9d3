"""What came out when a transformer block was run on real arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.codec import PlainData
from accel_core.model.machine import Environment
from accel_core.model.results import Series
from accel_core.model.words import Estimate

SQUARE_SIDE = 1024
"""Of the product that says what the library reaches: 2.1 GFLOP, a hundredth of a second or two."""


@dataclass(frozen=True, slots=True)
class OperationTime(PlainData):
    """One operation of a block, timed by itself between the one before and the one after."""

    name: str
    """That of `transformer.Operation`: "QK^T"."""
    how: str
    """What computed it: "library", "numpy", "in_place", "compiled", "compiled_threads", "python_loops"."""
    time_s: Estimate
    series: Series
    call_s: float | None = None
    """Median of the same call on rows of four numbers in its place, on one thread: what it takes with nothing
    to compute."""


@dataclass(frozen=True, slots=True)
class BlockRun(PlainData):
    """A block's operations in the order in which they ran, and the whole block run as one."""

    shape: Mapping[str, Any]
    """The fields of `transformer.BlockShape`."""
    state: str
    """Which of `transformer.STATES` chose what computes each operation."""
    threads: int
    operations: tuple[OperationTime, ...]
    """Timed one by one, round after round: every round runs the block once from its first operation on."""
    whole_s: Estimate
    """The block between two looks at the clock, in turns with the rounds above."""
    whole: Series
    max_relative_error: float
    """Of the block's output, against a block computed in float64."""
    disturbed: bool
    disturbed_reason: str
    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC."""
    id: str
    """Random, made when measured."""
    library_flop_per_s: float | None = None
    """What the library reached meanwhile, in turns with the rounds, in a product of SQUARE_SIDE; None where no
    product of the block is large enough to be held against that."""
