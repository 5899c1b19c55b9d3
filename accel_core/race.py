"""A race: one operation at one shape, timed under several backends in turns. Plain data, as in `model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.model import Estimate, Shape


@dataclass(frozen=True, slots=True)
class Race(PlainData):
    """Seconds of one call under each backend; who is not in `times_s` would have taken too long."""

    lengths: Shape
    """One number for each of the `Form.lengths` of its operation (`accel_core.operations`)."""
    times_s: Mapping[str, Estimate]
    lead: Estimate | None = None
    """The ratio time of the second best / time of the best, from samples taken in turns; None where only one
    was timed. It is called as in stored records."""
    disturbed_reason: str = ""

    @property
    def winner(self) -> str:
        """The backend with the smallest median."""
        return self.order[0]

    @property
    def order(self) -> tuple[str, ...]:
        """All backends that were timed, the fastest first."""
        return tuple(sorted(self.times_s, key=lambda name: self.times_s[name].median))

    @property
    def second(self) -> str | None:
        """The runner-up, None where only one was timed."""
        return next(iter(self.order[1:]), None)

    @property
    def margin(self) -> float | None:
        """How many times longer the second best takes; None where only one was timed."""
        if self.second is None:
            return None
        return self.times_s[self.second].median / self.times_s[self.winner].median

    @property
    def is_tie(self) -> bool:
        """Whether by the interval of the ratio the second best may be the best; False without interval."""
        return self.lead is not None and self.lead.low is not None and self.lead.low <= 1


@dataclass(frozen=True, slots=True)
class Calibration(PlainData):
    """Races of one operation, dtype and layout, measured in one job on one machine."""

    operation: str
    dtype: str
    layout: str
    threads: int
    """The most that any backend could use."""
    contests: tuple[Race, ...]
    """The races, called as in stored records."""
    took_s: float | None = None
    """Wall seconds of all of it, compiling apart; None in records from before it was kept."""

    @property
    def name(self) -> str:
        """Operation, dtype and layout: `matmul float32 C`."""
        return f"{self.operation} {self.dtype} {self.layout}"
