"""The rungs of the ladder on a board: as they ran in turns with an entry, and what they scored."""

from __future__ import annotations

from accel_core import registry
from accel_core.arena.event import Event
from accel_core.arena.scoring import baseline_score
from accel_core.errors import BadInput
from accel_core.model.arena import Verdict
from accel_core.readings.arena_board import Line


def rung_lines(verdict: Verdict, event: Event) -> list[Line]:
    """A line for each rung of `event` that was timed at all sizes that count, without a rank."""
    found = []
    for name in event.baselines:
        score = baseline_score(name, verdict.sizes, event)
        if score is not None:
            title, family = named(name)
            found.append(Line(title, score, family=family))
    return found


def named(kernel: str) -> tuple[str, str]:
    """Title and family of a rung; its id where the ladder has none of that name any more."""
    try:
        rung = registry.kernel(kernel)[1]
    except BadInput:
        return kernel, ""
    return rung.title, rung.family
