"""What tests of the judge share: a small event, and submissions that are tried in this process."""

from __future__ import annotations

from typing import Any

from accel_core.arena.event import Event
from accel_core.judge.asked import Asked
from accel_core.judge.judging import judge
from accel_core.machine import detect
from accel_core.model import Verdict

LOOPS = """
def matmul(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = a[0, 0] * 0
            for p in range(a.shape[1]):
                total += a[i, p] * b[p, j]
            out[i, j] = total
"""
"""A product that is right."""


def event(division: str = "one", **changed: Any) -> Event:
    """A product of two small sizes."""
    known: dict[str, Any] = {
        "name": f"small-{division}",
        "title": "Small",
        "kind": "speed",
        "workload": "matmul",
        "dtype": "float32",
        "division": division,
        "shapes": ((64, 64, 64), (40, 72, 56)),
    }
    return Event(**known | changed)


def tried(code: str, division: str = "one", walled: bool = False, **changed: Any) -> Verdict:
    """The verdict on `code`, which is only tried."""
    return judged(code, division, walled, tried=True, **changed)


def judged(
    code: str, division: str = "one", walled: bool = False, tried: bool = False, **changed: Any
) -> Verdict:
    """The verdict on `code`."""
    machine = detect()
    threads = 1 if division == "one" else machine.cores.allowed
    ceilings = changed.pop("ceilings", ())
    asked = Asked(event(division, **changed), code, threads, ceilings=ceilings, walled=walled, tried=tried)
    return judge(asked, machine, lambda _: None)
