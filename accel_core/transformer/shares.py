"""Which part of a block's time each kind of operation took when it ran.

A share is taken round by round and is the median of the rounds: what slows a whole round down cancels.
"""

from __future__ import annotations

from collections.abc import Mapping

from accel_core.model import BlockRun, Estimate
from accel_core.model.packed import unpacked
from accel_core.stats import median_interval
from accel_core.transformer.block import operations
from accel_core.transformer.shape import BlockShape


def shares(run: BlockRun) -> Mapping[str, Estimate]:
    """Kind of operation -> its share of the sum of all, in the order in which the first of each runs.

    Raises BadInput where there was no round, ValueError where operations were not timed in the same rounds, and
    KeyError for an operation that a block of this shape does not have.
    """
    kinds = {one.name: one.kind for one in operations(BlockShape(**run.shape))}
    by_kind: dict[str, list[tuple[int, ...]]] = {}
    for one in run.operations:
        by_kind.setdefault(kinds[one.name], []).append(unpacked(one.series.samples))
    took = {kind: [sum(together) for together in zip(*series, strict=True)] for kind, series in by_kind.items()}
    rounds = [sum(together) for together in zip(*took.values(), strict=True)]
    return {
        kind: median_interval([part / whole for part, whole in zip(times, rounds, strict=True)])
        for kind, times in took.items()
    }
