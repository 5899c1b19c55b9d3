"""The server's own judge: woken, it judges; what goes wrong is said, and it goes on."""

from __future__ import annotations

import threading
from typing import Any

from accel_core.errors import StoreUnavailable
from accel_core.studies.arena.alone import JudgedElsewhere
from accel_core.studies.arena.keeping import Background

PATIENCE_S = 20.0


class Calls:
    """A judge that does what it is told, call by call, and hears what was said of the call before."""

    def __init__(self, *does: Exception | None) -> None:
        self.does = list(does)
        self.made = threading.Semaphore(0)
        self.said: list[str] = []
        self.background: Background | None = None

    def __call__(self, **given: Any) -> None:
        error = self.does.pop(0) if self.does else None
        self.said.append(self.background.fault if self.background else "")
        self.made.release()
        if error is not None:
            raise error


def test_it_judges_whenever_it_is_woken_and_says_what_is_wrong() -> None:
    calls = Calls(None, StoreUnavailable("The disk is full."), RuntimeError("x"), JudgedElsewhere("y"))
    calls.background = background = Background(calls, look_s=1e9)
    for _ in range(5):
        background.wake()
        assert calls.made.acquire(timeout=PATIENCE_S)
    background.stop()
    assert calls.said == ["", "", "The disk is full.", "The judge failed; what waits is judged later.", ""]


def test_it_looks_by_itself_too_because_other_programs_hand_in() -> None:
    calls = Calls()
    background = Background(calls, look_s=0.01)
    background.wake()
    assert all(calls.made.acquire(timeout=PATIENCE_S) for _ in range(3))
    background.stop()
