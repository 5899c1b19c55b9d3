"""A verdict under other roofs than those that it was made with, so that one board has one ruler.

A verdict keeps its times and, of each size, FLOPs, least bytes and the level of its working set: the score is
made of these and of roofs alone, by the same sums as at the judging, so that under the same roofs the same
numbers come out. No time is changed. The score of a size is roof_s / time, so other roofs multiply it by a
factor that depends on its shape only: at the printed sizes it is the same for everybody. The order of two
entries can change only through their drawn sizes, which differ, and through the floor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from accel_core.arena.event import MISSES, ONE_THREAD, Event
from accel_core.arena.roofs import HeldAgainst
from accel_core.arena.scoring import DOUBT, outcome, score_of, size_score
from accel_core.model import Ceiling, SizeResult, Verdict
from accel_core.model.arena import ACCEPTED, QUARANTINED
from accel_core.roofline.limit import Limit
from accel_core.store.handed import Judged, JudgedSize

Rated = TypeVar("Rated", Judged, Verdict)


def rescored(one: Rated, event: Event, ceilings: Iterable[Ceiling]) -> Rated:
    """The verdict on the same times under `ceilings` of its machine.

    As it is where no clock was asked, where it has no score to change, and where a roof is missing.
    """
    if event.kind == MISSES or one.verdict not in (ACCEPTED, QUARANTINED):
        return one
    return under(one, event, roofs_of(one, event, tuple(ceilings)))


def roofs_of(one: Judged | Verdict, event: Event, ceilings: tuple[Ceiling, ...]) -> HeldAgainst:
    """Those of `ceilings` that count for a verdict, by the number of threads that it might use."""
    threads = one.roof_threads or threads_known(event, ceilings)
    return HeldAgainst.of(ceilings, event.dtype, threads)


def threads_known(event: Event, ceilings: Iterable[Ceiling]) -> int:
    """Whose roofs count in an event where that was not kept: of all threads, the most that were measured."""
    if event.division == ONE_THREAD:
        return 1
    return max((one.threads for one in ceilings if one.dtype == event.dtype), default=1)


def under(one: Rated, event: Event, roofs: HeldAgainst) -> Rated:
    """The verdict on the same times under these roofs; as it is where one of them is missing."""
    limits = [roofs.limit(size.flop, size.least_bytes, size.level) for size in one.sizes]
    held = [limit for limit in limits if limit is not None]
    if not held or len(held) < len(limits):
        return one
    sizes = tuple(_held(size, limit) for size, limit in zip(one.sizes, held, strict=True))
    scored = score_of(sizes, event)
    tried = isinstance(one, Verdict) and one.tried
    kept = one.reason.partition(DOUBT)[0].rstrip() if one.verdict == ACCEPTED else ""
    what, reason = outcome(scored, one.disturbed_reason, tried, kept, roofs.doubt(held))
    counts = what == ACCEPTED
    made = replace(
        one,
        verdict=what,
        reason=reason,
        score=scored.score if counts else None,
        score_low=scored.low if counts else None,
        score_high=scored.high if counts else None,
    )
    return replace(made, sizes=sizes) if isinstance(made, Verdict) else made


def _held(size: SizeResult | JudgedSize, limit: Limit) -> SizeResult:
    """The size with what the roof allows it, and so its score."""
    if isinstance(size, JudgedSize):
        size = SizeResult(
            size.shape,
            False,
            size.flop,
            size.least_bytes,
            time_s=size.time_s,
            level=size.level,
            ranked=size.ranked,
        )
    roof_s = size.flop / limit.flop_per_s
    score = None if size.time_s is None else size_score(roof_s, size.time_s.median)
    return replace(size, roof_s=roof_s, bound_by=limit.bound_by, score=score)
