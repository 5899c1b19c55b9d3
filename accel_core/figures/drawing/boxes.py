"""Rectangles of a plot in pixels, and which of them keep clear of one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """What a mark or a label takes, counted from the plot's lower left corner."""

    left: float
    right: float
    low: float
    high: float

    def is_free(self, frame: Box, taken: Iterable[Box]) -> bool:
        """Whether it lies within `frame` and touches none of `taken`."""
        inside = frame.left <= self.left and self.right <= frame.right
        inside = inside and frame.low <= self.low and self.high <= frame.high
        return inside and not any(map(self.touches, taken))

    def touches(self, other: Box) -> bool:
        """Whether the two have a part of the plot in common."""
        beside = self.right <= other.left or other.right <= self.left
        return not beside and self.low < other.high and other.low < self.high
