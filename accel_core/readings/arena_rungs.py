"""The rungs of the ladder on a board: as they ran in turns with an entry, and what they scored."""

from __future__ import annotations

from accel_core import registry
from accel_core.arena.event import Event
from accel_core.arena.scoring import baseline_score, mean_score
from accel_core.errors import BadInput
from accel_core.model.arena import Verdict
from accel_core.readings.arena_board import Line


def rung_lines(verdict: Verdict, event: Event) -> list[Line]:
    """A line for each rung of `event` that was timed at all sizes that count, without a rank."""
    found = []
    for name in event.baselines:
        score = _misses_score(name, verdict, event) or baseline_score(name, verdict.sizes, event)
        if score is not None:
            title, family = named(name)
            found.append(Line(title, score, family=family))
    return found


def _misses_score(name: str, verdict: Verdict, event: Event) -> float | None:
    """The score of the order of a rung's loops, in an event that counts misses."""
    pairs = [(size.least_misses, size.baseline_misses.get(name)) for size in verdict.sizes if size.ranked]
    shares = [least / misses for least, misses in pairs if least and misses]
    return mean_score(shares, event.floor) if shares and len(shares) == len(pairs) else None


def named(kernel: str) -> tuple[str, str]:
    """Title and family of a rung; its id where the ladder has none of that name any more."""
    try:
        rung = registry.kernel(kernel)[1]
    except BadInput:
        return kernel, ""
    return rung.title, rung.family
