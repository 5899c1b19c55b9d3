"""A server that starts judges what waits, and loads nothing for that where nobody ever handed in."""

from __future__ import annotations

import pytest

from accel_core.model import ArenaEntry
from accel_core.store import Entries, Store
from accel_core.studies import arena
from app.server import opening


def test_what_waits_is_judged_once_a_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []

    class Fake:
        def wake(self) -> None:
            woken.append(1)

    monkeypatch.setattr(arena, "background", Fake)
    opening.judge_what_waits()
    assert woken == []
    Entries(Store()).add(ArenaEntry("a", "matmul-one", "Ada", "", "2026-01-01T00:00:00+00:00"))
    opening.judge_what_waits()
    assert woken == [1]


def test_a_store_that_cannot_be_read_is_said_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_STORE_URL", "nonsense://")
    opening.judge_what_waits()
