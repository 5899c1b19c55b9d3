"""Samples as the clock gave them: whole nanoseconds, each with its start, packed as texts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from accel_core.codec import PlainData
from accel_core.model.packed import unpacked

NS = 1e-9


@dataclass(frozen=True, slots=True)
class Series(PlainData):
    """Samples as the clock gave them, in whole nanoseconds; texts are what `packed.packed` writes."""

    repetitions: int
    """Calls in a sample, or turns of a loop."""
    samples: str
    starts: str
    """When each began: the first by the monotonic clock of its boot, each other after the one before it."""

    def took_ns(self) -> tuple[int, ...]:
        """The length of each sample; ValueError where the text holds none."""
        return unpacked(self.samples)

    def starts_ns(self) -> tuple[int, ...]:
        """When each began, by the monotonic clock; ValueError where the text holds none."""
        return tuple(accumulate(unpacked(self.starts)))

    def call_s(self) -> tuple[float, ...]:
        """Seconds of a call in each sample."""
        return tuple(took * NS / self.repetitions for took in self.took_ns())


@dataclass(frozen=True, slots=True)
class RateSeries(Series):
    """Samples of a loop whose rate counts, each the fastest of its tries."""

    amount: float
    """What a turn of the loop does: FLOP, bytes, loads or cycles, of all threads together."""

    def rates(self) -> tuple[float, ...]:
        """Units per second of each sample."""
        return tuple(rate(self.amount, self.repetitions, took) for took in self.took_ns())


def rate(amount: float, turns: int, took_ns: int) -> float:
    """Units per second of so many turns; a time that the clock did not see counts as a nanosecond."""
    return amount * turns / (max(took_ns, 1) * NS)
