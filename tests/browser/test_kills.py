"""A kill of each kind at a random moment: the short form of tests/faults/kills.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from recorded_hosts import ON_THIS

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))

import arena_kills
import kills

from accel_core.store.persons import checked_nickname

pytestmark = ON_THIS


def test_a_killed_worker_submitter_or_server_loses_nothing_and_blocks_nobody(tmp_path: Path) -> None:
    room = kills.killed(3, kills.VICTIMS, tmp_path)
    assert room.faults == []
    assert room.hit.total() == 3 and len(room.known) >= 2 * 6, "two jobs ran to their ends"


@pytest.mark.parametrize("loss", ["records", "ticket", "worker"])
def test_what_is_lost_or_left_behind_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    monkeypatch.setattr(kills, "PATIENCE_S", 0.5)
    room = kills.Room(tmp_path, kills.random.Random(0))
    if loss == "records":
        room.known["an id"] = {}
    elif loss == "ticket":
        with kills.own_queue(room) as queue:
            queue.take_turn(queue.enter("somebody who lives"))
    else:
        orphan = kills.psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        monkeypatch.setattr(kills, "workers", lambda room: [orphan] if orphan.poll() is None else [])
    kills.check(room)
    assert room.faults


def test_those_who_hand_in_while_the_arena_is_killed_have_nicknames() -> None:
    assert [checked_nickname(name) for name in arena_kills.PEOPLE] == list(arena_kills.PEOPLE)
