"""Small pictures as SVG text, for a page without scripts: log axes, dots, lines and words. Numbers only come in
through functions here, and every word is escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from accel_core.units import format_number

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 860, 70, 20, 16, 46
INK, MUTED, GRID, FONT_PX = "#16202B", "#556270", "#E3E8EE", 14
DASHES = {"solid": "", "dash": "7 4", "dot": "2 4"}


@dataclass(frozen=True)
class Log:
    """A log axis: its title and range."""

    title: str
    low: float
    high: float
    scale: float = 1.0
    """Values are divided by it for the ticks."""

    def part(self, value: float) -> float:
        """Where a value stands, from 0 to 1; at the nearer end where it is beyond."""
        wide = math.log(self.high / self.low)
        return min(max(math.log(max(value, 1e-300) / self.low) / wide, 0.0), 1.0)

    def ticks(self) -> list[float]:
        """Powers of ten within the range; 1, 2 and 5 of each where there are few."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        steps = (1.0, 2.0, 5.0) if last - first <= 2 else (1.0,)
        every = 1 if last - first <= 8 else 2
        found = [step * 10.0**power for power in range(first, last + 1, every) for step in steps]
        return [tick for tick in found if self.low <= tick <= self.high]


@dataclass
class Picture:
    """A drawing with a log axis below, and one at the left where `y` is given; else rows are told in pixels."""

    x: Log
    height: float
    y: Log | None = None
    parts: list[str] = field(default_factory=list)

    def across(self, value: float) -> float:
        """Pixels from the left."""
        left = LEFT if self.y else 10
        return left + self.x.part(value) * (WIDTH - left - RIGHT)

    def down(self, value: float) -> float:
        """Pixels from the top: of a value where there is an axis, else the pixels themselves."""
        return TOP + (1 - self.y.part(value)) * self.height if self.y else TOP + value

    def line(
        self, points: Sequence[tuple[float, float]], colour: str, width: float = 2, dash: str = "solid"
    ) -> None:
        """A line through points (x, y)."""
        path = " ".join(f"{self.across(x):.1f},{self.down(y):.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{DASHES[dash]}"' if DASHES[dash] else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'
        )

    def dot(self, x: float, y: float, colour: str, *, hollow: bool = False, said: str = "") -> None:
        """A circle at (x, y); what it says when it is pointed at."""
        fill = "#FFFFFF" if hollow else colour
        title = f"<title>{html.escape(said)}</title>" if said else ""
        self.parts.append(
            f'<circle cx="{self.across(x):.1f}" cy="{self.down(y):.1f}" r="6" fill="{fill}" stroke="{colour}" '
            f'stroke-width="2">{title}</circle>'
        )

    def bar(self, x: float, y: float, colour: str, thick_px: float = 16) -> None:
        """A bar from the left end of the axis to x."""
        left = self.across(self.x.low)
        self.parts.append(
            f'<rect x="{left:.1f}" y="{self.down(y):.1f}" width="{self.across(x) - left:.1f}" '
            f'height="{thick_px}" fill="{colour}" rx="2"/>'
        )

    def text(self, x: float, y: float, said: str, *, colour: str = INK, anchor: str = "start") -> None:
        """Words at pixels (x, y)."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{html.escape(said)}</text>'
        )

    def svg(self, alt: str) -> str:
        """The whole drawing, with `alt` for those who cannot see it."""
        high = TOP + self.height + BOTTOM
        grid = [*self._below(), *(self._left() if self.y else [])]
        return (
            f'<svg viewBox="0 0 {WIDTH} {high:.0f}" role="img" aria-label="{html.escape(alt)}" '
            f'font-size="{FONT_PX}">{"".join(grid)}{"".join(self.parts)}</svg>'
        )

    def _below(self) -> list[str]:
        floor = TOP + self.height
        found = []
        for tick in self.x.ticks():
            at = self.across(tick)
            found.append(f'<path d="M{at:.1f} {TOP}V{floor:.1f}" stroke="{GRID}"/>')
            found.append(_word(at, floor + 18, _tick(tick / self.x.scale), "middle"))
        return [*found, _word((WIDTH + LEFT) / 2, floor + 40, self.x.title, "middle")]

    def _left(self) -> list[str]:
        found = []
        assert self.y is not None
        for tick in self.y.ticks():
            at = self.down(tick)
            found.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
            found.append(_word(LEFT - 8, at + 5, _tick(tick / self.y.scale), "end"))
        return found


def _word(x: float, y: float, said: str, anchor: str) -> str:
    told = html.escape(said)
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{MUTED}" text-anchor="{anchor}">{told}</text>'


def _tick(value: float) -> str:
    return f"{value:.0f}" if value >= 1 else format_number(value, 1)
