"""Persons, entries and verdicts of the arena, made in a test."""

from __future__ import annotations

from dataclasses import replace

from test_store import NEW

from accel_core.arena.event import Event
from accel_core.model import ArenaEntry, Verdict
from accel_core.model.arena import ACCEPTED

EVENT = Event("quick", "Quick", "speed", "matmul", "float32", "one", ((64, 64, 64),), tries_per_hour=5)
COUNTING = replace(EVENT, name="counting", kind="misses")
HERE = "fp"
CODE = "def matmul(a, b, out):\n    pass\n"


def moment(number: int) -> str:
    return f"2026-01-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000000+00:00"


def an_entry(number: int, person: str = "Ada", **changes: object) -> ArenaEntry:
    made = ArenaEntry(f"entry{number}", EVENT.name, person, CODE, moment(number))
    return replace(made, **changes)  # type: ignore[arg-type]


def a_verdict(number: int, entry: str, score: float | None = 50.0, **changes: object) -> Verdict:
    made = Verdict(
        event=EVENT.name,
        verdict=ACCEPTED,
        stage="times",
        reason="It is right.",
        score=score,
        score_low=None if score is None else score - 1,
        score_high=None if score is None else score + 1,
        sizes=(),
        tried=False,
        seed=1,
        null_s=1e-6,
        walled=True,
        layers=("bubblewrap",),
        facts={"lines": 2},
        failing={},
        disturbed=False,
        disturbed_reason="",
        code_digest="0" * 16,
        entry=entry,
        fingerprint=HERE,
        environment=NEW,
        created=moment(number),
        id=f"verdict{number}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]
