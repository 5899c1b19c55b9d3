"""What became of a submission, as one says it: a sentence, its stages, the smallest input that it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_core.model.arena import (
    ACCEPTED,
    JUDGED_CONFIDENCE,
    QUARANTINED,
    REFUSED,
    STAGES,
    TRIED_CONFIDENCE,
    UNSETTLED,
    Verdict,
)
from accel_core.readings.arena_board import score_text
from accel_core.readings.arena_text import plain
from accel_core.readings.estimates import ends_text

STAGE_TITLES: Mapping[str, str] = {
    "read": "Read",
    "compile": "Compile",
    "example": "Example",
    "tests": "Tests",
    "times": "Times",
}
PASSED, FAILED, AHEAD = "passed", "failed", "ahead"
PARTS = ("shape", "input", "expected", "got")
"""Of a failing input, in the order in which they are shown."""


def verdict_headline(verdict: Verdict) -> str:
    """ "68.2 of the roof's 100", "Refused at the tests"."""
    if verdict.verdict == ACCEPTED:
        return f"{score_text(verdict.score)} of 100"
    if verdict.verdict == QUARANTINED:
        return "Faster than the machine"
    if verdict.verdict == UNSETTLED:
        return "Right, but not scored yet"
    return f"Refused at the step “{stage_title(verdict, verdict.stage)}”"


def stage_title(verdict: Verdict, stage: str) -> str:
    """A stage as one says it; where nothing is timed, its last one counts misses."""
    if stage == STAGES[-1] and any(size.misses is not None for size in verdict.sizes):
        return "Misses"
    return STAGE_TITLES.get(stage, plain(stage, 20))


def verdict_beside(verdict: Verdict) -> str:
    """What stands below the headline: the interval, and whether it counts; never what somebody else wrote."""
    if verdict.verdict != ACCEPTED:
        return ""
    ends = ends_text(verdict.score_low, verdict.score_high, score_text)
    counts = "tried, not handed in" if verdict.tried else "handed in"
    return f"{interval_name(verdict)} {ends}, {counts}" if ends else counts


def interval_name(verdict: Verdict) -> str:
    """ "95 % interval"; that of a trial, which has three samples of a size at the most, is less certain."""
    return f"{100 * (TRIED_CONFIDENCE if verdict.tried else JUDGED_CONFIDENCE):.0f} % interval"


def rescored_text(then: Verdict, now: Verdict) -> str:
    """What the score was when it was judged; empty where the roofs of today make no other one."""
    before, after = (score_text(one.score) for one in (then, now))
    if (then.verdict, before) == (now.verdict, after):
        return ""
    was = f"the score was {before}" if then.verdict == ACCEPTED else "it was faster than the roof"
    return f"When it was judged, {was}: other roofs were known then. The times are the same."


def noise_text(verdict: Verdict) -> str:
    """Who disturbed a trial that was scored all the same; empty where nobody did."""
    if verdict.verdict != ACCEPTED or not verdict.disturbed:
        return ""
    reason = " ".join(plain(verdict.disturbed_reason, 300, keep="").split())
    return f"{reason} Times of a trial count all the same; an entry would be judged again.".strip()


def stages_of(verdict: Verdict) -> dict[str, str]:
    """By stage: PASSED, FAILED or AHEAD. Who was disturbed or too fast had passed everything."""
    reached = STAGES.index(verdict.stage) if verdict.stage in STAGES else 0
    failed = verdict.verdict == REFUSED
    return {
        stage: AHEAD if at > reached else FAILED if failed and at == reached else PASSED
        for at, stage in enumerate(STAGES)
    }


def failing_parts(verdict: Verdict) -> dict[str, Any]:
    """The smallest input that it fails, part by part; nothing of other names or kinds."""
    return {name: verdict.failing[name] for name in PARTS if verdict.failing.get(name) not in (None, "")}


def blocks(text: str) -> list[str]:
    """Arrays that stand one after the other, as NumPy writes them; without brackets all is one."""
    found, depth, begun = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        if sign == "]" and depth == 0:
            found.append(text[begun : at + 1].strip())
            begun = at + 1
    return [one for one in (*found, text[begun:].strip()) if one]


def failing_rows(part: object) -> list[dict[str, str]] | None:
    """A small matrix, given as lines of numbers, as rows of a table; None where it is something else."""
    bare = str(part).translate(str.maketrans("[],", "   "))
    rows = [row for line in bare.split("\n") if (row := line.split())]
    if len({len(row) for row in rows}) != 1 or not all(_is_number(text) for row in rows for text in row):
        return None
    return [{str(at): value for at, value in enumerate(row)} for row in rows]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def verdict_alt(verdict: Verdict) -> str:
    """The headline with its reason, in plain letters."""
    return f"{verdict_headline(verdict)}. {plain(verdict.reason, keep='')}"
