"""What the bars of the blocks say: which block fills which level, and which overflows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.units import format_bytes, format_number

JUST = 0.9
"""From this share on nothing else has room beside the block."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A block of the packed product, and the level that it is cut for."""

    level: str
    """"registers", "L1", "L2" or "L3"."""
    beyond: str
    """The next level, which takes what does not fit."""
    block: str
    """What it is: "micro-panel of a"."""
    names: str
    """Its lengths as the literature names them: "mr x kc"."""
    rows: int
    columns: int
    size_bytes: int
    level_bytes: int
    derived_bytes: int
    """Bytes of this level's block with the block sizes from the caches."""
    assumed: bool = False
    """Whether the system does not say how large the level is, and a typical size stands in."""

    @property
    def title(self) -> str:
        """The level's name, as a title begins."""
        return self.level.capitalize()

    @property
    def share(self) -> float:
        """The part of its level that the block fills; above 1 it overflows."""
        return self.size_bytes / self.level_bytes

    @property
    def overflows(self) -> bool:
        """Whether the block is larger than its level."""
        return self.size_bytes > self.level_bytes


def lengths(panel: Panel) -> str:
    """ "mr x kc = 6 x 512"."""
    return f"{panel.names} = {panel.rows} x {panel.columns}"


def amounts(panel: Panel, gap: str = " ") -> str:
    """ "12 KiB of 48 KiB, 25 %"; `gap` stands before what is said of a size that the system does not know."""
    taken = f"{gap}(taken as typical)" if panel.assumed else ""
    return (
        f"{format_bytes(panel.size_bytes)} of {format_bytes(panel.level_bytes)}{taken}, {percent(panel.share)}"
    )


def percent(share: float) -> str:
    """A share as a percentage: "25 %", "0.6 %"."""
    return f"{format_number(share * 100, 2 if share < 0.995 else 3)} %"


def verdict(panel: Panel) -> str:
    """Whether the block fits, in words."""
    if panel.overflows:
        return f"overflows into {panel.beyond}"
    return "just fits" if panel.share > JUST else "fits"


def panels_reading(panels: Sequence[Panel]) -> str:
    """Which blocks overflow which level and by how much; that all fit, where none does."""
    over = [p for p in panels if p.overflows]
    if not over:
        fullest = max((p for p in panels if p.level != "registers"), key=lambda p: p.share, default=None)
        if fullest is None:
            return ""
        return (
            f"Every block fits in its level; the fullest is {fullest.level}: {percent(fullest.share)} of it "
            f"is the {fullest.block}. The rest is for what passes through."
        )
    parts = [need(p) for p in over]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}. What does not fit has to come from the next level again."


def need(panel: Panel) -> str:
    """ "the micro-panel of a needs 96 KiB, L1 has 48 KiB"."""
    return (
        f"the {panel.block} needs {format_bytes(panel.size_bytes)}, "
        f"{panel.level} has {format_bytes(panel.level_bytes)}"
    )


def panels_alt(panels: Sequence[Panel]) -> str:
    """Each level with its block, how full it is, and whether it fits."""
    parts = [f"{p.title}: {p.block}, {lengths(p)}, {amounts(p)}, {verdict(p)}" for p in panels]
    return f"Which block of the packed product fills which level. {'; '.join(parts)}."
