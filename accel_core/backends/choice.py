"""A choice: which backend for which operands, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from accel_core.contest import LENGTHS
from accel_core.model import Shape
from accel_core.units import format_number

_HOW = {
    "measured": "measured on this machine at this shape",
    "interpolated": "worked out between shapes measured on this machine",
    "nearest": "as at the nearest shape measured on this machine",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What AutoBackend takes for operands of one operation, lengths, dtype and layout."""

    operation: str
    lengths: Shape
    dtype: str
    layout: str
    backend: str
    source: str
    """"measured" (at these lengths), "interpolated", "nearest" (past the lengths measured here) or "rule"."""
    rule: str
    """The sentence of the rule where it decided; empty else."""
    times_s: Mapping[str, float]
    """Seconds of one call, measured or interpolated, for each backend that was timed; empty for a rule."""

    @property
    def second(self) -> str | None:
        """The next best of those that were timed."""
        others = [name for name in self.times_s if name != self.backend]
        return min(others, key=lambda name: self.times_s[name], default=None)

    @property
    def margin(self) -> float | None:
        """How many times longer the next best takes."""
        return None if self.second is None else self.times_s[self.second] / self.times_s[self.backend]

    @property
    def reason(self) -> str:
        """Who and why, in one sentence."""
        return f"{self.backend}, {self.because}"

    @property
    def because(self) -> str:
        """Why, to stand behind the name."""
        if self.source == "rule":
            return f"by rule: {self.rule}"
        how = _HOW[self.source]
        if self.margin is None:
            return f"{how}; nothing else was timed."
        if self.margin <= 1:
            return f"{how}; {self.second} is as fast within 2 %, and {self.backend} is asked first."
        more = f"{format_number(100 * (self.margin - 1), 2)} % longer"
        beaten = f"{format_number(self.margin)} times as long" if self.margin >= 2 else more
        return f"{how}; the next best, {self.second}, takes {beaten}."

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "second": self.second, "margin": self.margin, "reason": self.reason}

    def __str__(self) -> str:
        shape = " x ".join(map(str, self.lengths))
        names = ", ".join(LENGTHS[self.operation])
        return f"{self.operation} of {shape} ({names}), {self.dtype}, {self.layout}: {self.reason}"
