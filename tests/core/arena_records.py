"""Persons, entries and verdicts of the arena, made in a test."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from test_store import NEW

from accel_core.arena.event import Event
from accel_core.errors import AccelError
from accel_core.model import ArenaEntry, Machine, Verdict
from accel_core.model.arena import ACCEPTED
from accel_core.store import Entries, Store

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


# -- a judge without a clock ---------------------------------------------------------------------------------


class Judged:
    """A job that has ended, with what it brought."""

    def __init__(self, results: list[Any], failure: AccelError | None = None, warning: str = "") -> None:
        self.results, self.failure, self.warnings = results, failure, [warning] if warning else []

    def wait(self, timeout_s: float | None = None) -> bool:
        return True

    def cancel(self) -> None:
        """Too late."""


class FakeJudge:
    """In the place of runner.submit: the verdict of each job is `say(job, number)`, and stored at once."""

    def __init__(self, say: Callable[[dict[str, Any], int], Verdict | AccelError]) -> None:
        self.say = say
        self.asked: list[dict[str, Any]] = []
        """The jobs, in the order in which they came."""
        self.owners: list[str] = []

    def __call__(
        self, job: dict[str, Any], owner: str, *, store: Store, machine: Machine, on_event: Any
    ) -> Judged:
        if job["kind"] == "peaks":
            return Judged([])
        self.asked.append(job)
        self.owners.append(owner)
        said = self.say(job, len(self.asked))
        if isinstance(said, AccelError):
            return Judged([], said)
        made = replace(said, entry=job["entry"], confirms=job["confirms"], fingerprint=machine.fingerprint)
        return Judged([made], warning=Entries(store).keep(made))


def soon(number: int, score: float | None = 50.0, **changes: object) -> Verdict:
    """A verdict of now, which the clock of the machine says too."""
    made = a_verdict(number, "", score, **changes)
    return replace(made, created=datetime.now(UTC).isoformat(timespec="microseconds"), id=uuid.uuid4().hex)
