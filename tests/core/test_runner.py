"""Jobs from submission to their end, with real worker processes (runner_worker.py) that behave and misbehave.

Nothing here depends on how fast the host is: every wait ends when the thing happens and fails after PATIENCE_S.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from accel_core import host_lock
from accel_core.errors import JobCancelled, JobFailed, StoreUnavailable, WrongResult
from accel_core.model import Clock
from accel_core.runner import submitting as runner
from accel_core.runner import supervisor, tickets
from accel_core.runner.folders import queue_folder
from accel_core.runner.job import FINAL, Job
from accel_core.runner.spec import Spec
from accel_core.runner.visitors import Visitor
from accel_core.runner.workers import Worker
from accel_core.store import Entry, Store, faults

SCRIPT = Path(__file__).with_name("runner_worker.py")
COMMAND = (sys.executable, str(SCRIPT))
PATIENCE_S = 120.0


class Records:
    """A store in memory; where `errors` are given, each saving raises the next of them."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.saved: list[tuple[str, Any]] = []
        self.aside: list[Entry] = []

    def add(self, entry: Entry) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.saved.append((entry.kind, entry.record))

    def set_aside(self, entry: Entry) -> None:
        self.aside.append(entry)

    def unsaved(self, entries: list[Entry]) -> tuple[list[Entry], None]:
        return [entry for entry in entries if entry in self.aside], None

    def take_in(self) -> None:
        while self.aside:
            self.add(self.aside[0])
            del self.aside[0]


@pytest.fixture(autouse=True)
def own_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A queue for each test; nothing is left in it, and no worker lives on."""
    monkeypatch.setenv("ACCEL_QUEUE", str(tmp_path))
    yield
    assert list(queue_folder().glob("*.json")) == []
    children = psutil.Process().children()
    until(lambda: not any(SCRIPT.name in " ".join(command_of(child)) for child in children))


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def until(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def start(
    kind: str,
    owner: str = "me",
    *,
    store: Any = None,
    events: list[dict[str, Any]] | None = None,
    command: tuple[str, ...] = COMMAND,
    time_limit_s: float = PATIENCE_S,
    memory_limit_bytes: int | None = None,
    visitor: Visitor | None = None,
    **data: Any,
) -> Job:
    spec = Spec(kind, {"kind": kind, **data}, time_limit_s, memory_limit_bytes)
    on_event = None if events is None else events.append
    store = store or Records()
    return runner.start(spec, owner, store=store, on_event=on_event, visitor=visitor, command=command)


def ended(job: Job) -> Job:
    assert job.wait(PATIENCE_S), job.state
    return job


def failed(job: Job) -> str:
    """The sentence of a job that must fail after one result, which is kept."""
    assert ended(job).state == "failed"
    assert len(job.results) == 1
    assert isinstance(job.failure, JobFailed)
    return one_sentence(job.error)


def one_sentence(text: str | None) -> str:
    assert text and text.endswith(".") and "\n" not in text and "Traceback" not in text
    return text


def assert_the_next_job_runs() -> None:
    assert ended(start("work")).state == "done"


# -- a job that goes well ------------------------------------------------------------------------------------


def test_a_job_is_measured_told_and_stored() -> None:
    store, events = Records(), list[dict[str, Any]]()
    job = ended(start("work", store=store, events=events))
    assert (job.state, job.error, job.warnings) == ("done", None, [])
    assert [type(result) for result in job.results] == [Clock, Clock]
    assert store.saved == [("clock", result) for result in job.results]
    told = [event["event"] for event in events if event["event"] != "queued"]
    assert told == ["started", "ready", "step", "result", "step", "result", "done"]
    progress = job.progress
    assert (progress.step, progress.done, progress.total, progress.expected_s) == ("step 1", 2, 2, 0.0)
    assert progress.elapsed_s == job.progress.elapsed_s > 0


def test_results_of_a_job_are_returned_or_its_error_raised() -> None:
    assert len(runner.results_of(start("work"))) == 2
    with pytest.raises(JobFailed, match="7"):
        runner.results_of(start("leave"))


def test_ctrl_c_cancels_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    job = start("sleep")
    real, calls = job.wait, list[float | None]()

    def interrupted(timeout_s: float | None = None) -> bool:
        calls.append(timeout_s)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real(PATIENCE_S)

    monkeypatch.setattr(job, "wait", interrupted)
    with pytest.raises(JobCancelled):
        runner.results_of(job)


def test_a_listener_that_fails_does_not_end_the_job() -> None:
    def deaf(event: dict[str, Any]) -> None:
        raise RuntimeError("deaf")

    spec = Spec("work", {"kind": "work"}, PATIENCE_S)
    assert ended(runner.start(spec, "me", store=Records(), on_event=deaf, command=COMMAND)).state == "done"


def test_a_store_that_cannot_be_used_is_one_warning_and_the_results_are_there() -> None:
    store = Records(*itertools.repeat(StoreUnavailable("The disk is full."), 99))
    job = ended(start("work", store=store))
    assert (job.state, len(job.results), len(job.warnings)) == ("done", 2, 1)
    assert job.warnings[0].startswith("The disk is full. 2 results of this job wait in memory only")
    assert [entry.record for entry in job.unstored] == job.results


@pytest.mark.parametrize("error", [StoreUnavailable("It is locked."), RuntimeError("no store is perfect")])
@pytest.mark.parametrize("times", [1, 2])
def test_what_the_store_refuses_is_stored_as_soon_as_it_works_again(error: Exception, times: int) -> None:
    store = Records(*itertools.repeat(error, times))
    job = ended(start("work", store=store))
    assert (job.state, job.warnings, job.unstored, len(store.saved)) == ("done", [], [], 2)


def test_a_store_that_is_held_holds_neither_the_worker_nor_the_queue() -> None:
    held = threading.Event()

    class Held(Records):
        def add(self, entry: Entry) -> None:
            assert held.wait(PATIENCE_S)
            super().add(entry)

    store = Held()
    first = start("work", store=store)
    until(lambda: first.state == "running")
    assert_the_next_job_runs()
    assert (first.state, len(first.results), store.saved) == ("running", 2, [])
    until(lambda: "storing the results" in first.progress.step)
    held.set()
    assert (ended(first).state, first.warnings, len(store.saved)) == ("done", [], 2)


def test_what_another_program_keeps_out_of_the_database_waits_in_files_and_is_stored_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "BUSY_S", 0.05)
    path = tmp_path / "records.db"
    store = Store(f"sqlite:///{path}")
    ended(start("work", store=store))
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    job = ended(start("work", store=store))
    assert "2 results of this job wait in" in one_sentence(job.warnings[0]) and len(job.unstored) == 2
    assert len(list((tmp_path / "records.db.unsaved").iterdir())) == 2
    holder.close()
    ended(start("work", store=Store(f"sqlite:///{path}")))
    count = sqlite3.connect(path).execute("SELECT count(*) FROM accel_parts").fetchone()
    assert count == (6,) and list((tmp_path / "records.db.unsaved").iterdir()) == []


def test_a_cancel_waits_for_no_store_and_loses_nothing() -> None:
    held = threading.Event()

    class Held(Records):
        def add(self, entry: Entry) -> None:
            assert held.wait(PATIENCE_S)
            super().add(entry)

    store = Held()
    job = start("work", store=store)
    until(lambda: "storing the results" in job.progress.step)
    job.cancel()
    assert ended(job).state == "done", "it was measured whole"
    assert [entry.record for entry in store.aside] == [entry.record for entry in job.unstored] == job.results
    assert "2 results of this job wait" in one_sentence(job.warnings[0])
    held.set()


def test_a_listener_that_takes_longer_than_the_worker_lives_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited, drain = list[bool](), Worker.drain
    monkeypatch.setattr(supervisor, "WATCH_S", 0.01)
    monkeypatch.setattr(Worker, "drain", lambda worker, s: [drain(worker, s), waited.append(True)][0])

    def slow(event: dict[str, Any]) -> None:
        if event["event"] == "result":
            until(lambda: waited)

    spec, store = Spec("work", {"kind": "work"}, PATIENCE_S), Records()
    job = ended(runner.start(spec, "me", store=store, on_event=slow, command=COMMAND))  # type: ignore[arg-type]
    assert (job.state, job.error, len(store.saved)) == ("done", None, 2)


def test_what_is_printed_or_malformed_never_passes_for_an_event() -> None:
    job = ended(start("babble", command=(*COMMAND, "noise")))
    assert (job.state, len(job.results)) == ("done", 1)
    assert all("could not be read" in warning for warning in job.warnings) and len(job.warnings) == 2


# -- cancel, limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["spin", "sleep"])
def test_a_job_is_cancelled_in_the_middle_of_its_work(kind: str) -> None:
    job = start(kind)
    until(lambda: job.progress.step)
    job.cancel()
    assert ended(job).state == "cancelled"  # of itself it would work for ever, or sleep for ten minutes
    assert isinstance(job.failure, JobCancelled) and one_sentence(job.error)
    assert len(job.results) == (1 if kind == "spin" else 0)
    assert_the_next_job_runs()


def test_a_waiting_job_is_cancelled_without_ever_running() -> None:
    first = start("sleep")
    until(lambda: first.state == "running")
    events = list[dict[str, Any]]()
    second = start("work", events=events)
    until(lambda: second.place == 1)
    second.cancel()
    assert ended(second).state == "cancelled"
    assert "started" not in [event["event"] for event in events]
    assert first.state == "running"
    first.cancel()
    ended(first)


def test_a_job_that_waits_for_nobody_leaves_the_queue_and_one_that_runs_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "unattended_s", lambda: 0.1)
    left, stays = Visitor("closed", present=lambda: False), Visitor("open", present=lambda: True)
    first = start("sleep", "a", visitor=stays)
    until(lambda: first.state == "running")
    gone, waits = start("work", "b", visitor=left), start("work", "c", visitor=stays)
    assert ended(gone).state == "cancelled"
    assert "left the queue" in one_sentence(gone.error) and not gone.cancel_requested
    assert (first.state, waits.state) == ("running", "queued")
    first.cancel()
    assert ended(waits).state == "done"
    monkeypatch.setattr(supervisor, "unattended_s", lambda: PATIENCE_S)
    running = start("work", "b", visitor=left)
    until(lambda: running.state != "queued")
    monkeypatch.setattr(supervisor, "unattended_s", lambda: 0.0)
    assert ended(running).state == "done"


def test_cancelling_a_finished_job_changes_nothing() -> None:
    job = ended(start("work"))
    job.cancel()
    assert (job.state, job.error) == ("done", None)


def test_a_job_over_its_time_limit_is_ended() -> None:
    job = ended(start("sleep", time_limit_s=0.5))
    assert job.state == "failed" and "time limit of 500 ms" in one_sentence(job.error)
    assert_the_next_job_runs()


def test_a_job_over_its_memory_limit_is_ended() -> None:
    assert "memory limit of 150 MiB" in failed(start("devour", memory_limit_bytes=150 * 2**20))
    assert_the_next_job_runs()


# -- faults of the worker ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals; crashes there are the next test")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("SIGKILL", "memory ran out"),
        ("SIGILL", "instruction"),
        ("SIGABRT", "libraries"),
        ("SIGUSR1", "SIGUSR1"),
    ],
)
def test_a_worker_ended_by_a_signal_says_why_and_what_to_do(name: str, says: str) -> None:
    assert says in failed(start("die", signal=name))
    assert_the_next_job_runs()


def test_a_crash_in_compiled_code_is_a_sentence_and_its_trace_is_kept_for_the_log() -> None:
    job = start("crash")
    assert "crashed in compiled code" in failed(job)
    assert "in crash" in job.detail
    assert_the_next_job_runs()


@pytest.mark.parametrize(("error", "says"), [("memory", "ran out of memory"), ("zero", "ZeroDivisionError")])
def test_an_exception_is_a_sentence_and_its_trace_is_kept_for_the_log(error: str, says: str) -> None:
    job = start("fail", error=error)
    assert says in failed(job)
    assert "Traceback" in job.detail
    assert_the_next_job_runs()


def test_a_library_that_exits_is_a_failure() -> None:
    assert "SystemExit" in failed(start("fail", error="exit"))


def test_an_error_made_for_people_keeps_its_class_and_its_sentence() -> None:
    job = ended(start("refuse"))
    assert isinstance(job.failure, WrongResult)
    assert job.error == "The kernel's result is wrong."


def test_an_early_exit_quotes_the_last_words() -> None:
    job = ended(start("leave"))
    assert "exit status 7" in one_sentence(job.error) and "the last words" in str(job.error)
    assert_the_next_job_runs()


def test_a_worker_that_cannot_be_started_is_a_sentence() -> None:
    job = ended(start("work", command=("/nowhere/python",)))
    assert job.state == "failed" and one_sentence(job.error)
    assert_the_next_job_runs()


# -- one at a time, in fair order ----------------------------------------------------------------------------


def test_owners_take_turns_and_places_are_told(tmp_path: Path) -> None:
    first = start("sleep", "a")
    until(lambda: first.state == "running")
    notes = tmp_path / "notes"
    events = list[dict[str, Any]]()
    waiting = []
    for owner in "aab":
        waiting.append(
            start("work", owner, file=str(notes), name=owner, events=events if owner == "b" else None)
        )
        until(lambda: len(list(queue_folder().glob("*.json"))) == 1 + len(waiting))
    until(lambda: [job.place for job in waiting] == [2, 3, 1])
    first.cancel()
    for job in waiting:
        assert ended(job).state == "done"
    assert [line.split()[0] for line in notes.read_text().splitlines()] == ["b", "a", "a"]
    assert {"event": "queued", "place": 1} in events


SUBMITTER = """
import sys
from accel_core.runner import submitting as runner
from accel_core.runner import supervisor
from accel_core.runner.spec import Spec
from accel_core.runner.visitors import Visitor
from accel_core.runner.workers import Worker
kind, owner, file, count, script = sys.argv[1:]
class Records:
    def add(self, entry): pass
    def unsaved(self, entries): return [], None
jobs = [runner.start(Spec(kind, {"kind": kind, "file": file, "seconds": 0.02}, 60.0), owner, store=Records(),
        command=(sys.executable, script)) for _ in range(int(count))]
for job in jobs:
    if kind == "sleep":
        while not job.progress.step: job.wait(0.01)
        print("running", flush=True)
    job.wait()
    assert job.state == "done", job.error
"""


def submitter(kind: str, owner: str, file: Path, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SUBMITTER, kind, owner, str(file), str(count), str(SCRIPT)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_jobs_of_two_processes_never_overlap(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    both = [submitter("work", owner, notes, 3) for owner in "ab"]
    for process in both:
        assert process.wait(PATIENCE_S) == 0
        process.communicate()
    times = sorted(tuple(map(float, line.split())) for line in notes.read_text().splitlines())
    assert len(times) == 6
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(times))


def test_a_killed_submitter_takes_its_worker_along_and_the_next_job_runs(tmp_path: Path) -> None:
    process = submitter("sleep", "a", tmp_path / "notes", 1)
    assert process.stdout is not None and process.stdout.readline() == "running\n"
    (path,) = queue_folder().glob("*.json")
    ticket = json.loads(path.read_text())
    assert ticket["state"] == "running" and psutil.pid_exists(ticket["worker"]["pid"])
    process.kill()
    process.communicate()
    until(lambda: not psutil.pid_exists(ticket["worker"]["pid"]))
    assert_the_next_job_runs()


def test_a_process_that_exits_leaves_neither_ticket_nor_worker(tmp_path: Path) -> None:
    code = SUBMITTER.replace('print("running", flush=True)', "sys.exit(0)")
    arguments = [sys.executable, "-c", code, "sleep", "a", "-", "1", str(SCRIPT)]
    assert subprocess.run(arguments, timeout=PATIENCE_S, check=True).returncode == 0
    assert list(queue_folder().glob("*.json")) == []


# -- one at a time on the host, whatever the queue -----------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no flock")
def test_one_account_waits_while_another_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as other:
        other.setenv("ACCEL_QUEUE", str(tmp_path / "of another account"))
        process = submitter("sleep", "a", tmp_path / "notes", 1)
    assert process.stdout is not None and process.stdout.readline() == "running\n"
    first, second = start("work", "b"), start("work", "c")
    until(lambda: sorted((first.place, second.place)) == [1, 2])  # each enters on a thread of its own
    assert (first.state, second.state) == ("queued", "queued")
    process.kill()
    process.communicate()
    assert ended(first).state == ended(second).state == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no flock")
def test_who_waits_for_another_account_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_lock, "is_taken", lambda: True)
    job = start("work", "a")
    until(lambda: job.place == 1)
    job.cancel()
    assert ended(job).state == "cancelled"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no flock")
def test_a_worker_that_finds_the_host_taken_ends_and_its_job_waits_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setenv("ACCEL_QUEUE", str(tmp_path / "of another account"))
        process = submitter("sleep", "a", tmp_path / "notes", 1)
    assert process.stdout is not None and process.stdout.readline() == "running\n"
    looks = itertools.count()
    look = host_lock.is_taken
    monkeypatch.setattr(host_lock, "is_taken", lambda: next(looks) > 0 and look())  # it began after our look
    events = list[dict[str, Any]]()
    job = start("work", "b", events=events)
    until(lambda: job.place == 1)
    assert (job.state, job.progress.elapsed_s) == ("queued", 0.0)
    process.kill()
    process.communicate()
    assert ended(job).state == "done" and len(job.results) == 2
    assert [event["event"] for event in events].count("started") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Ctrl-Z that stops a process")
def test_a_stopped_submitter_has_the_host_for_as_long_as_its_worker_measures(tmp_path: Path) -> None:
    process = submitter("sleep", "a", tmp_path / "notes", 1)
    assert process.stdout is not None and process.stdout.readline() == "running\n"
    (path,) = queue_folder().glob("*.json")
    worker = psutil.Process(json.loads(path.read_text())["worker"]["pid"])
    process.send_signal(signal.SIGSTOP)
    assert host_lock.is_taken()
    worker.kill()
    until(lambda: not host_lock.is_taken())
    assert_the_next_job_runs()
    process.kill()
    process.communicate()


def test_a_turn_that_lasts_longer_than_any_job_may_blocks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "MAX_TIME_S", -tickets.LATE_S)
    monkeypatch.setattr(host_lock, "is_taken", lambda: True)
    monkeypatch.setenv("ACCEL_HOST_LOCK", str(tmp_path / "nobody may ask"))
    job = ended(start("work"))
    assert job.state == "done"
    assert len(job.warnings) == 1 and "is measured beside it" in one_sentence(job.warnings[0])


# -- finding jobs again --------------------------------------------------------------------------------------


def test_a_job_is_found_by_its_id_and_as_the_latest_of_its_owner() -> None:
    first, second = start("work", "tab"), start("work", "tab")
    assert runner.find(first.id) is first
    assert runner.latest("tab") is second
    assert runner.find("nothing") is None and runner.latest("nobody") is None
    ended(first), ended(second)


def test_the_oldest_finished_jobs_are_forgotten_and_no_other() -> None:
    jobs = runner.Jobs(kept=2)
    made = [Job(str(number), "me", {}) for number in range(5)]
    for job in made:
        jobs.add(job)
    for job in made[1:]:
        job.finish(None)
    jobs.add(Job("last", "me", {}))
    assert [jobs.find(job.id) is not None for job in made] == [True, False, False, True, True]
    assert [job.id for job in jobs.unfinished()] == ["0", "last"]


def test_only_the_first_end_of_a_job_counts() -> None:
    job = Job("id", "me", {})
    job.finish(JobFailed("It failed."))
    job.finish(None)
    assert job.state == "failed" and job.state in FINAL


def test_the_worker_is_not_capped_by_what_the_shell_says_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    from accel_core.machine.thread_settings import BINDINGS, COUNTS, LIMITS
    from accel_core.runner.workers import worker_environment

    names = {*COUNTS, *LIMITS, *BINDINGS}
    for name in names:
        monkeypatch.setenv(name, "1")
    environment, _ = worker_environment()
    assert not names & set(environment)
    assert environment["PATH"] == os.environ["PATH"]
