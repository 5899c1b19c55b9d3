"""The queue's folder: tickets of living, dead and look-alike processes, and damaged files."""

from __future__ import annotations

import os
import signal
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
from accel_core.runner.spec import MAX_TIME_S
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
    with monkeypatch.context() as then:
        then.setattr(tickets, "this_process", lambda: GONE)
        dead = folder.enter("a")
    folder.name_worker(dead, stranger, 60.0)
    mine = folder.enter("b")
    assert folder.take_turn(mine)
    assert not processes.is_alive(stranger)
    assert folder.places() == {mine.id: 0}


def test_a_worker_that_cannot_be_ended_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = TicketFolder(tmp_path, end=lambda worker: False)
    with monkeypatch.context() as then:
        then.setattr(tickets, "this_process", lambda: GONE)
        dead = folder.enter("a")
    folder.name_worker(dead, Process(5, 5.0), 60.0)
    assert not folder.take_turn(folder.enter("b"))


def test_a_ticket_of_an_earlier_process_with_the_same_number_is_removed(
    folder: TicketFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = processes.this_process()
    with monkeypatch.context() as then:
        then.setattr(tickets, "this_process", lambda: replace(me, start=me.start - 1))
        stale = folder.enter("a")
    assert folder.folder.joinpath(f"{stale.id}.json").exists()
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


def test_what_has_not_changed_is_not_read_again(folder: TicketFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [folder.enter(f"{number}") for number in range(50)]
    for path in folder.folder.glob("*.json"):
        os.utime(path, (1e9, 1e9))
    before, read = folder.places(), list[str]()
    as_it_is = Path.read_text

    def counted(path: Path, **how: str) -> str:
        read.extend([path.stem] if path.suffix == ".json" else [])
        return as_it_is(path, **how)

    monkeypatch.setattr(Path, "read_text", counted)
    assert folder.places() == before and not read
    newcomer = TicketFolder(folder.folder).enter("another")
    assert folder.places() == {**before, newcomer.id: 50}
    assert read.count(waiting[0].id) == 1 and set(read[50:]) == {newcomer.id}, (
        "the other folder reads all, once"
    )


def test_what_another_process_has_just_changed_is_read_again(folder: TicketFolder) -> None:
    first, second = folder.enter("a"), folder.enter("b")
    path = folder.folder / f"{first.id}.json"
    when = path.stat().st_mtime_ns
    folder.places()
    text = (
        path.read_text(encoding="utf-8").replace('"number": 1', '"number": 9').replace('"turn": 1', '"turn": 9')
    )
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(when, when))  # within one tick of the file system's clock
    assert folder.places() == {second.id: 0, first.id: 1}


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


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


# -- other accounts of this host -----------------------------------------------------------------------------

needs_flock = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no flock")


@pytest.fixture
def elsewhere() -> Iterator[subprocess.Popen[str]]:
    """A process of another account that has the host's turn."""
    code = "from accel_core import host_lock; assert host_lock.take_turn(); print(1, flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "1\n"
    yield process
    process.kill()
    process.communicate()


@needs_flock
def test_who_has_the_hosts_turn_goes_before_all_in_this_queue(
    folder: TicketFolder, elsewhere: subprocess.Popen[str]
) -> None:
    first, second = folder.enter("a"), folder.enter("b")
    assert folder.places() == {first.id: 1, second.id: 2} and folder.measured_elsewhere
    elsewhere.kill()
    elsewhere.wait()
    assert folder.places() == {first.id: 0, second.id: 1} and not folder.measured_elsewhere


@needs_flock
def test_a_turn_on_the_host_beside_our_own_is_our_workers(
    folder: TicketFolder, elsewhere: subprocess.Popen[str]
) -> None:
    running = folder.enter("a")
    assert folder.take_turn(running)
    assert folder.places() == {running.id: 0} and not folder.measured_elsewhere


@needs_flock
def test_who_has_the_hosts_turn_for_longer_than_any_job_takes_blocks_nobody(
    tmp_path: Path, elsewhere: subprocess.Popen[str]
) -> None:
    clock = Clock()
    folder = TicketFolder(tmp_path, now=clock)
    mine = folder.enter("a")
    assert folder.places() == {mine.id: 1}
    clock.now_s += MAX_TIME_S + tickets.LATE_S
    assert folder.places() == {mine.id: 1} and not folder.elsewhere_too_long()
    clock.now_s += 1
    assert folder.places() == {mine.id: 0} and folder.elsewhere_too_long()
    assert folder.take_turn(mine)
    assert folder.places() == {mine.id: 0} and folder.elsewhere_too_long(), "the next one need not wait anew"
    elsewhere.kill()
    elsewhere.wait()
    assert folder.places() == {mine.id: 0} and not folder.elsewhere_too_long()


def test_who_steps_back_waits_where_it_stood(folder: TicketFolder) -> None:
    first, second = folder.enter("a"), folder.enter("b")
    assert folder.take_turn(first)
    folder.step_back(first)
    assert folder.places() == {first.id: 0, second.id: 1}
    assert not folder.take_turn(second) and folder.take_turn(first)


# -- processes that stand still ------------------------------------------------------------------------------


def test_who_stands_still_while_waiting_is_passed_over_and_keeps_its_place(tmp_path: Path) -> None:
    still: set[Process] = set()
    folder = TicketFolder(tmp_path, stopped=lambda process: process in still)
    first = folder.enter("a")
    other = replace(first, process=Process(5, 5.0))
    living = TicketFolder(tmp_path, alive=lambda process: True, stopped=lambda process: process in still)
    living._write(other)
    second = living.enter("b")
    still.add(other.process)
    assert living.places() == {second.id: 0}
    assert living.take_turn(second)
    living.leave(second)
    still.clear()
    assert living.places() == {first.id: 0}
    assert living.take_turn(first)


def test_the_turn_of_one_that_stands_still_ends_with_its_worker(tmp_path: Path) -> None:
    gone: set[Process] = set()
    ended: list[Process] = []
    theirs, worker = Process(5, 5.0), Process(6, 6.0)
    folder = TicketFolder(
        tmp_path,
        alive=lambda process: process not in gone,
        stopped=lambda process: process == theirs,
        end=lambda process: not ended.append(process),
    )
    running = replace(folder.enter("a"), process=theirs)
    folder._write(running)
    folder.name_worker(running, worker, 60.0)
    mine = folder.enter("b")
    assert not folder.take_turn(mine), "its worker measures"
    gone.add(worker)
    assert folder.take_turn(mine)


def test_a_turn_that_outlasts_the_limit_in_its_ticket_is_ended_by_others(tmp_path: Path) -> None:
    clock, ended = Clock(), list[Process]()
    folder = TicketFolder(
        tmp_path,
        alive=lambda process: True,
        stopped=lambda process: False,
        end=lambda p: not ended.append(p),
        now=clock,
    )
    running, worker = folder.enter("a"), Process(6, 6.0)
    assert folder.take_turn(running)
    folder.name_worker(running, worker, 60.0)
    mine = folder.enter("b")
    clock.now_s += 60 + tickets.LATE_S
    assert not folder.take_turn(mine) and ended == []
    clock.now_s += 1
    assert folder.take_turn(mine) and ended == [worker]


def test_one_that_stood_still_before_it_named_its_worker_measures_no_more(tmp_path: Path) -> None:
    clock = Clock()
    folder = TicketFolder(tmp_path, now=clock)
    running = folder.enter("a")
    assert folder.take_turn(running)
    mine = folder.enter("b")
    clock.now_s += tickets.START_S + 1
    assert folder.take_turn(mine)
    with pytest.raises(AccelError, match="stood still until its turn was over"):
        folder.name_worker(running, Process(6, 6.0), 60.0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Ctrl-Z that stops a process")
def test_a_process_that_was_stopped_stands_still_until_it_is_woken(stranger: Process) -> None:
    def until(stands_still: bool) -> None:
        deadline = time.monotonic() + 30
        while processes.is_stopped(stranger) != stands_still:
            assert time.monotonic() < deadline

    until(False)
    os.kill(stranger.pid, signal.SIGSTOP)
    until(True)
    assert processes.is_alive(stranger)
    os.kill(stranger.pid, signal.SIGCONT)
    until(False)
    assert not processes.is_stopped(GONE)
