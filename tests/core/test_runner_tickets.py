"""The queue's folder: tickets of living, dead and look-alike processes, and damaged files."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from accel_core.errors import AccelError
from accel_core.runner import folders, processes, tickets
from accel_core.runner.queue import Process
from accel_core.runner.tickets import TicketFolder, open_queue

GONE = Process(2**22 + 1, 1.0)
"""Above every process id that Linux gives (proc_sys_kernel(5), pid_max)."""


@pytest.fixture
def folder(tmp_path: Path) -> TicketFolder:
    return TicketFolder(tmp_path)


@pytest.fixture
def stranger() -> Iterator[Process]:
    """A living process that is no worker of anybody's."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = processes.process(child.pid)
    assert found is not None
    yield found
    child.kill()
    child.wait()


def test_a_process_is_known_by_its_number_and_its_start(stranger: Process) -> None:
    assert processes.is_alive(stranger)
    assert not processes.is_alive(replace(stranger, start=stranger.start - 1))
    assert not processes.is_alive(GONE)
    assert processes.is_alive(processes.this_process())


def test_a_process_that_ended_and_was_not_collected_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = processes.process(child.pid)
    assert known is not None
    child.kill()
    deadline = time.monotonic() + 30
    while processes.is_alive(known):
        assert time.monotonic() < deadline
    child.wait()


def test_stopping_a_look_alike_leaves_the_real_process_alone(stranger: Process) -> None:
    assert processes.stop(replace(stranger, start=stranger.start - 1))
    assert processes.is_alive(stranger)


def test_only_one_ticket_has_its_turn(folder: TicketFolder) -> None:
    first, second = folder.enter("a"), folder.enter("b")
    assert not folder.take_turn(second)
    assert folder.take_turn(first)
    assert not folder.take_turn(second)
    assert folder.places() == {first.id: 0, second.id: 1}
    folder.leave(first)
    assert folder.take_turn(second)


def test_two_queues_on_one_folder_are_one_queue(folder: TicketFolder) -> None:
    other = TicketFolder(folder.folder)
    first, second = folder.enter("a"), other.enter("a")
    assert folder.take_turn(first)
    assert not other.take_turn(second)


def test_the_ticket_of_a_dead_process_is_removed_and_its_worker_ended_first(
    folder: TicketFolder, stranger: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "this_process", lambda: GONE)
    dead = folder.enter("a")
    folder.name_worker(dead, stranger)
    monkeypatch.undo()
    mine = folder.enter("b")
    assert folder.take_turn(mine)
    assert not processes.is_alive(stranger)
    assert folder.places() == {mine.id: 0}


def test_a_worker_that_cannot_be_ended_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = TicketFolder(tmp_path, end=lambda worker: False)
    monkeypatch.setattr(tickets, "this_process", lambda: GONE)
    dead = folder.enter("a")
    folder.name_worker(dead, Process(5, 5.0))
    monkeypatch.undo()
    assert not folder.take_turn(folder.enter("b"))


def test_a_ticket_of_an_earlier_process_with_the_same_number_is_removed(
    folder: TicketFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = processes.this_process()
    monkeypatch.setattr(tickets, "this_process", lambda: replace(me, start=me.start - 1))
    stale = folder.enter("a")
    assert folder.folder.joinpath(f"{stale.id}.json").exists()
    monkeypatch.undo()
    assert folder.take_turn(folder.enter("b"))
    assert not folder.folder.joinpath(f"{stale.id}.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"id": 1}', "\x00\x00"])
def test_a_damaged_ticket_is_moved_aside_and_the_queue_goes_on(folder: TicketFolder, text: str) -> None:
    (folder.folder / "0damaged.json").write_text(text)
    (folder.folder / "1damaged.json").write_bytes(b"\xff\xfe")
    mine = folder.enter("a")
    assert folder.take_turn(mine)
    assert (folder.folder / "0damaged.damaged").read_text() == text
    assert [path.stem for path in folder.folder.glob("*.json")] == [mine.id]


def test_a_ticket_whose_file_was_deleted_keeps_its_place(folder: TicketFolder) -> None:
    mine = folder.enter("a")
    (folder.folder / f"{mine.id}.json").unlink()
    assert folder.take_turn(mine)
    assert not folder.take_turn(folder.enter("b"))


def test_a_look_at_the_queue_is_shared_until_it_is_too_old(folder: TicketFolder) -> None:
    mine = folder.enter("a")
    before = folder.places(max_age_s=60)
    theirs = TicketFolder(folder.folder).enter("b")
    assert folder.places(max_age_s=60) == before == {mine.id: 0}
    assert folder.places() == {mine.id: 0, theirs.id: 1}


def test_a_queue_that_stays_locked_is_said_in_a_sentence(
    folder: TicketFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "LOCK_WAIT_S", 0.01)
    with FileLock(folder.folder / "lock"), pytest.raises(AccelError, match="locked"):
        folder.enter("a")


def test_the_queue_lies_in_the_chosen_home_apart_for_each_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEL_QUEUE", str(tmp_path))
    assert open_queue().folder.parent == tmp_path / "queue"
    monkeypatch.setenv("ACCEL_HOME", str(tmp_path / "elsewhere"))  # other records, but the same processor
    assert open_queue().folder.parent == tmp_path / "queue"
    assert open_queue() is open_queue()
    here = folders.queue_folder()
    monkeypatch.setattr(folders.platform, "node", lambda: "another")
    assert folders.queue_folder() != here
