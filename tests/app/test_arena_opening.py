"""A server judges what waits, and loads nothing for that while nobody ever handed in."""

from __future__ import annotations

import threading

import pytest

from accel_core.model import ArenaEntry
from accel_core.store import Entries, Store
from accel_core.studies import arena
from app.server import opening

ENTRY = ArenaEntry("a", "matmul-one", "Ada", "", "2026-01-01T00:00:00+00:00")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each time that the judge was woken."""
    found: list[int] = []

    class Fake:
        def wake(self) -> None:
            found.append(1)

    monkeypatch.setattr(arena, "background", Fake)
    return found


def test_what_waits_is_judged_once_a_server_starts(woken: list[int]) -> None:
    opening.judge_what_waits()
    assert woken == []
    Entries(Store()).add(ENTRY)
    opening.judge_what_waits()
    assert woken == [1]


def test_the_first_entry_may_come_from_elsewhere_long_after_the_start(woken: list[int]) -> None:
    waited: list[float | None] = []

    class Ended(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            if len(waited) == 3:
                Entries(Store()).add(ENTRY)
            return len(waited) > 9

    opening.judge_from_then_on(Ended())
    assert woken == [1]
    assert waited == [opening.JUDGE_AFTER_S, opening.LOOK_S, opening.LOOK_S]


def test_a_store_that_cannot_be_read_is_said_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_STORE_URL", "nonsense://")
    opening.judge_what_waits()
