"""The misses of an order at each size, beside what no order undercuts and what orders of loops make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model.arena import Verdict
from accel_core.readings.arena_rungs import named
from accel_core.readings.arena_sizes import shape_text
from accel_core.units import format_number


@dataclass(frozen=True, slots=True)
class Misses:
    """One size: how many times as many misses as the bound."""

    name: str
    misses: int
    bound: int
    loops: tuple[tuple[str, int], ...]
    """(title, misses) of each order of loops."""
    drawn: bool

    @property
    def times(self) -> float:
        """Of the bound."""
        return self.misses / self.bound


def misses_of(verdict: Verdict) -> tuple[Misses, ...]:
    """The sizes whose misses were counted."""
    return tuple(
        Misses(
            shape_text(size.shape),
            size.misses,
            size.least_misses,
            tuple((named(kernel)[0], count) for kernel, count in size.baseline_misses.items()),
            size.drawn,
        )
        for size in verdict.sizes
        if size.misses and size.least_misses
    )


def misses_text(one: Misses) -> str:
    """ "96×96×96: 30,000 misses, 1.5 times as many as any order must make"."""
    return f"{one.name}: {one.misses:,} misses, {format_number(one.times)} times as many as any order must make"


def misses_alt(found: Sequence[Misses]) -> str:
    """Every size with its misses."""
    return f"Misses at each size. {'; '.join(map(misses_text, found))}." if found else "Nothing was counted."


def misses_reading(found: Sequence[Misses]) -> str:
    """Where the order is nearest to the bound and farthest from it, and which loops it beats everywhere."""
    if not found:
        return ""
    best, worst = min(found, key=lambda one: one.times), max(found, key=lambda one: one.times)
    said = f"At {best.name} it makes **{format_number(best.times)}** times the misses that no order undercuts"
    said += f", at {worst.name} **{format_number(worst.times)}** times." if worst is not best else "."
    titles = [title for title, _ in found[0].loops]
    beaten = [title for title in titles if all(one.misses < dict(one.loops).get(title, 0) for one in found)]
    return f"{said} Fewer at every size than: {'; '.join(beaten)}." if beaten else said
