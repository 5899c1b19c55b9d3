"""A room for rogues: events of small sizes, and a judge that every test of the gallery asks in the same way."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from accel_core.arena.event import ALL_THREADS, DIVISIONS, Event
from accel_core.judge.asked import Asked
from accel_core.judge.judging import judge
from accel_core.machine import detect
from accel_core.model import Shape
from accel_core.model.arena import Verdict

SMALL: dict[str, tuple[Shape, ...]] = {
    "matmul": ((40, 24, 32), (33, 33, 33)),
    "gelu": ((64, 33), (48, 48)),
}
"""Sizes of a few milliseconds at the most; that of more rows than columns is where `one_size_to_zero` stops."""
EVENTS = {
    f"{workload}-{division}": Event(
        name=f"{workload}-{division}",
        title=f"{workload}, {division}",
        kind="speed",
        workload=workload,
        dtype="float32",
        division=division,
        shapes=shapes,
    )
    for workload, shapes in SMALL.items()
    for division in DIVISIONS
}
"""By their names, those of the built-in events: without baselines, which judge nothing of a cheat."""


@cache
def machine() -> Any:
    """This one, looked at once."""
    return detect()


def judged(event: str, code: str, **changed: Any) -> Verdict:
    """The verdict on a file that is tried at small sizes; `changed`: fields of `Asked`."""
    threads = 2 if EVENTS[event].division == ALL_THREADS else 1  # on one processor they take turns
    asked = Asked(EVENTS[event], code, threads=threads, tried=True)
    return judge(replace(asked, **changed), machine(), lambda told: None)
