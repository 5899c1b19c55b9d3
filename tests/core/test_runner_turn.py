"""The turn of the host for what a process does itself: it waits among the jobs, and nothing runs beside it."""

from __future__ import annotations

import json

import pytest

from accel_core.errors import AccelError
from accel_core.runner import turn
from accel_core.runner.queue import RUNNING
from accel_core.runner.tickets import open_queue
from accel_core.runner.turn import host_turn


def test_the_turn_comes_when_who_has_it_leaves_and_ends_with_the_block() -> None:
    queue, told = open_queue(), []
    theirs = queue.enter("another")
    assert queue.take_turn(theirs)

    def tell(jobs: int) -> None:
        told.append(jobs)
        if jobs == 1:
            queue.leave(theirs)

    with host_turn("me", lambda: True, tell) as mine:
        assert mine and told[-1] == 0 and set(told) == {0, 1}
        (ticket,) = queue.folder.glob("*.json")
        assert json.loads(ticket.read_text(encoding="utf-8"))["state"] == RUNNING
        waiting = queue.enter("another")
        assert not queue.take_turn(waiting)
    assert queue.take_turn(waiting)


def test_who_is_not_wanted_any_more_leaves() -> None:
    queue = open_queue()
    assert queue.take_turn(theirs := queue.enter("another"))
    with host_turn("me", iter([True, False]).__next__, lambda jobs: None) as mine:
        assert not mine
    assert set(queue.places()) == {theirs.id}


def test_where_there_is_no_queue_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise AccelError("There is no folder for the queue.")

    monkeypatch.setattr(turn, "open_queue", refused)
    with host_turn("me", lambda: True, lambda jobs: None) as mine:
        assert mine
