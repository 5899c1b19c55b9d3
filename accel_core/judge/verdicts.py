"""What was found, as results of sizes and as the verdict."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from accel_core.arena.scoring import RIGHT, is_ranked, outcome, score_of, size_score
from accel_core.judge.asked import Asked, Refused
from accel_core.judge.reading import digest
from accel_core.judge.roofs import roof_of
from accel_core.judge.rounds import Timed
from accel_core.machine import environment
from accel_core.model import BaselineTime, Machine, Shape, SizeResult, Verdict, Workload
from accel_core.model.arena import ACCEPTED, JUDGED_CONFIDENCE, REFUSED, TRIED_CONFIDENCE
from accel_core.model.limits import MOST_DRIFT
from accel_core.stats import median_interval
from accel_core.units import format_number


@dataclass
class Found:
    """What is known so far; the verdict is made of it, wherever the judging ends."""

    seed: int | None = None
    stage: str = "read"
    null_s: float | None = None
    sizes: list[SizeResult] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    disturbed: list[str] = field(default_factory=list)
    """Clauses on who disturbed a size, or how the machine drifted."""


def size_result(
    asked: Asked,
    machine: Machine,
    workload: Workload,
    shape: Shape,
    drawn: bool,
    timed: Timed | None,
    null_s: float,
) -> SizeResult:
    """The result of one size; `timed` is None where there was no time for it."""
    counts = (shape, drawn, workload.flop(shape), workload.least_bytes(shape, asked.event.dtype))
    roof = roof_of(workload, shape, asked.roofs, machine)
    known: dict[str, Any] = {}
    if roof is not None:
        known = {
            "roof_s": counts[2] / roof.flop_per_s,
            "bound_by": roof.bound_by,
            "level": roof.memory.level or "",
        }
    if timed is None:
        return SizeResult(*counts, ranked=False, note="There was no time left for this size.", **known)
    confidence = TRIED_CONFIDENCE if asked.tried else JUDGED_CONFIDENCE
    time_s = median_interval(timed.track.seconds, confidence)
    ranked = is_ranked(time_s.median, null_s)
    return SizeResult(
        *counts,
        time_s=time_s,
        series=timed.track.series(),
        score=None if roof is None else size_score(known["roof_s"], time_s.median),
        ranked=ranked,
        note=""
        if ranked
        else "It is too short to be told from a call that does nothing, so it does not count.",
        max_error=timed.max_error,
        baselines=tuple(track.baseline() for track in timed.baselines),
        **known,
    )


def drifted(timed: Timed) -> str:
    """How the machine became faster or slower while a size was timed, in a sentence; empty where it did not.

    It did where all baselines together did, and where one of them did by more than its own noise explains: a
    median of five calls is off by more than 5 % at times on a quiet machine, and then nothing has changed.
    """
    if timed.drift is not None and abs(timed.drift) > MOST_DRIFT:
        return f"The baselines became {_changed(timed.drift)}."
    far = max((track.baseline() for track in timed.baselines), key=_least, default=None)
    if far is None or _least(far) <= MOST_DRIFT:
        return ""
    return f"The baseline {far.kernel} became at least {_changed(far.least_drift)}."


def _least(one: BaselineTime) -> float:
    return abs(one.least_drift)


def _changed(share: float) -> str:
    return f"{format_number(100 * abs(share), 2)} % {'slower' if share > 0 else 'faster'}"


def verdict(asked: Asked, machine: Machine, found: Found, refused: Refused | None) -> Verdict:
    """The verdict on what was found, or on why the submission was turned away."""
    scored = score_of(found.sizes, asked.event)
    noise = found.disturbed[0] if found.disturbed else ""
    if refused is not None:
        what, reason = REFUSED, refused.reason
    else:
        doubt = asked.roofs.doubt_of(found.sizes)
        what, reason = outcome(scored, noise, asked.tried, _accepted(asked, found), doubt)
    counts = what == ACCEPTED
    return Verdict(
        event=asked.event.name,
        verdict=what,
        stage=found.stage,
        reason=reason,
        score=scored.score if counts else None,
        score_low=scored.low if counts else None,
        score_high=scored.high if counts else None,
        sizes=tuple(found.sizes),
        tried=asked.tried,
        seed=found.seed,
        null_s=found.null_s,
        walled=asked.walled,
        layers=asked.layers,
        facts=found.facts,
        failing=dict(refused.failing) if refused is not None else {},
        disturbed=bool(noise),
        disturbed_reason=f"{noise}." if noise else "",
        code_digest=digest(asked.code),
        entry=asked.entry,
        fingerprint=machine.fingerprint,
        environment=environment(),
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        id=uuid.uuid4().hex,
        confirms=asked.confirms,
        roof_threads=asked.threads,
    )


def _accepted(asked: Asked, found: Found) -> str:
    timed = sum(size.time_s is not None for size in found.sizes)
    if asked.tried and timed < len(found.sizes):
        return f"It is right at every size that was tried; {timed} of {len(found.sizes)} sizes were timed."
    return RIGHT
