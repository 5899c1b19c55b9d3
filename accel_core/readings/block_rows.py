"""A transformer block's operations with the time that each takes: predicted, and measured where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accel_core.model import Ceiling
from accel_core.model.blocks import BlockRun
from accel_core.transformer import Operation, Prediction, faster, predict

TIMES = "×"


@dataclass(frozen=True, slots=True)
class Row:
    """One operation under two roofs, and what it took."""

    predicted: Prediction
    measured_s: float | None = None

    @property
    def operation(self) -> Operation:
        """What was counted."""
        return self.predicted.operation

    @property
    def time_s(self) -> float:
        """As measured, else as predicted."""
        return self.predicted.predicted_s if self.measured_s is None else self.measured_s


@dataclass(frozen=True, slots=True)
class Part:
    """The operations of one kind, which stand at one intensity, as one."""

    kind: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """ "feed-forward ×2"."""
        return self.kind + (f" {TIMES}{len(self.rows)}" if len(self.rows) > 1 else "")

    @property
    def measured(self) -> bool:
        """Whether all of them were."""
        return all(row.measured_s is not None for row in self.rows)

    @property
    def flop(self) -> int:
        """Of all of them."""
        return sum(row.operation.counted.flop for row in self.rows)

    @property
    def intensity(self) -> float:
        """FLOP for each byte."""
        return self.flop / sum(row.operation.counted.bytes for row in self.rows)

    @property
    def time_s(self) -> float:
        """Of all of them."""
        return sum(row.time_s for row in self.rows)

    @property
    def predicted_s(self) -> float:
        """Of all of them."""
        return sum(row.predicted.predicted_s for row in self.rows)


@dataclass(frozen=True, slots=True)
class Faster:
    """A block in which some operations are `factor` times as fast: G. M. Amdahl's law, AFIPS 1967."""

    word: str
    factor: float
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    share: float
    """Of the block's time, what is made faster."""

    @property
    def before_s(self) -> float:
        """The block as it is."""
        return whole_s(self.before)

    @property
    def after_s(self) -> float:
        """The block then."""
        return whole_s(self.after)

    @property
    def speedup(self) -> float:
        """1 / (1 - p + p / k)."""
        return self.before_s / self.after_s

    @property
    def limit(self) -> float:
        """1 / (1 - p): how many times as fast the block is at most; infinite where it is all of the block."""
        return 1 / (1 - self.share) if self.share < 1 else float("inf")


def rows_of(
    listed: Sequence[Operation], roofs: tuple[Ceiling, Ceiling], run: BlockRun | None
) -> tuple[Row, ...]:
    """Each operation under the roofs (FLOP/s, byte/s), with its time in `run` where it has one."""
    times = {one.name: one.time_s.median for one in run.operations} if run else {}
    return tuple(
        Row(under, times.get(under.operation.name)) for under in predict(listed, roofs[0].value, roofs[1].value)
    )


def parts_of(rows: Sequence[Row]) -> tuple[Part, ...]:
    """The kinds of operations, in the order in which the first of each runs."""
    kinds = dict.fromkeys(row.operation.kind for row in rows)
    return tuple(Part(kind, tuple(row for row in rows if row.operation.kind == kind)) for kind in kinds)


def whole_s(timed: Sequence[Row] | Sequence[Part]) -> float:
    """The sum of all times."""
    return sum(one.time_s for one in timed)


def words_of(listed: Sequence[Operation]) -> tuple[str, ...]:
    """What can be made faster: every kind, then the operations of kinds that have several."""
    return tuple(dict.fromkeys([*(one.kind for one in listed), *(one.name for one in listed)]))


def sped_up(rows: Sequence[Row], word: str, factor: float) -> Faster:
    """The block with the operation or the kind called `word` so many times as fast as it was timed."""
    timed = [replace(row.predicted, predicted_s=row.time_s) for row in rows]
    after = [
        replace(row, measured_s=None if row.measured_s is None else then.predicted_s, predicted=then)
        for row, then in zip(rows, faster(timed, {word: factor}), strict=True)
    ]
    kept = whole_s([row for row in rows if word not in (row.operation.name, row.operation.kind)])
    return Faster(word, factor, parts_of(rows), parts_of(after), 1 - kept / whole_s(rows))
