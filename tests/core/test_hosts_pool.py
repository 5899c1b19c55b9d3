"""A pool as the README starts it, with four pretended hosts on this computer; one for all tests here.

Beside them a host with all processors and one that takes a recorded machine for its own join it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import recorded_hosts
from pool_of import ACCEL, PATIENCE_S, free_port, joined, running, surroundings, until
from test_readme import blocks

from accel_core import pool as pools
from accel_core.arena.files import event as event_of
from accel_core.arena.starter import starter
from accel_core.cache import CLASSROOM, Traversal
from accel_core.errors import BadInput
from accel_core.machine import detect
from accel_core.model import Case
from accel_core.model.hosts import Wanted
from accel_core.pool import carrying
from accel_core.pool import line as lines
from accel_core.pool.address import POOL
from accel_core.runner import Job, run, submit
from accel_core.runner.folders import queue_folder
from accel_core.runner.kinds import KINDS
from accel_core.runner.tickets import TicketFolder
from accel_core.store import Store
from accel_core.store.entries import Entries
from accel_core.studies.arena.handing import judge_job
from accel_core.transformer import BlockShape

LOCAL = [f"local-{at}" for at in range(1, 5)]
RECORDED = "darwin-m2"


@dataclass
class Pool:
    """The one that all tests here use."""

    address: str
    folder: Path
    environment: dict[str, str]
    whole: psutil.Process
    """The host that has all processors."""


def typed() -> list[list[str]]:
    """The README's commands from nothing to a pool, line by line."""
    (block,) = [text for text in blocks("") if "accel pool start" in text]
    return [shlex.split(line, comments=True) for line in block.splitlines()]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """A pool by the README's own words, but for the port."""
    folder = tmp_path_factory.mktemp("pool")
    install, start, export = typed()
    assert install == ["pip", "install", "-e", ".[pool]"] and start[:2] == ["accel", "pool"]
    port = str(free_port())
    address = export[1].removeprefix(f"{POOL}=").replace("8786", port)
    # what a shell or a batch system may have set for all programs
    environment = surroundings(folder, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    said = folder / "said"
    more = {"whole": {}, "recorded": {"ACCEL_MACHINE": str(recorded_hosts.path_of(RECORDED))}}
    with ExitStack() as stack:
        stack.enter_context(running([*start[1:], "--port", port], said, environment))
        until(lambda: f"The pool is at {address}" in said.read_text())
        started = {}
        for name, own in more.items():
            (folder / name).mkdir()
            keeps = {"ACCEL_QUEUE": str(folder / name), "ACCEL_HOST_LOCK": str(folder / name)}
            words = ["pool", "worker", address, "--name", name]
            started[name] = stack.enter_context(
                running(words, folder / f"{name}.log", {**environment, **keeps, **own})
            )
        until(lambda: joined(said, *LOCAL))
        before = os.environ.get(POOL)
        os.environ[POOL] = address
        try:
            until(lambda: len(pools.hosts()) == len(LOCAL) + len(more))
            yield Pool(address, folder, environment, psutil.Process(started["whole"].pid))
        finally:
            lines.close()
            os.environ.pop(POOL)
            if before is not None:
                os.environ[POOL] = before


@pytest.fixture(autouse=True)
def used(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of this process go to the pool."""
    monkeypatch.setenv(POOL, pool.address)


def bench(*sizes: int, **more: Any) -> dict[str, Any]:
    """A job that times a sum of so many numbers, for each size."""
    cases = [
        {"kernel": "dot/numpy", "size": size, "dtype": "float32", "threads": 1, "parameters": {}}
        for size in sizes
    ]
    return {"kind": "bench", "cases": cases, "budget_s": 0.05, **more}


def long_bench() -> dict[str, Any]:
    """One that brings a result soon, and another in a minute."""
    slow = {**bench(1), "cases": [Case("matmul/numpy", 128, "float32").to_dict()], "budget_s": 60}
    return {"kind": "sequence", "jobs": [bench(100), slow]}


def ended(job: Job) -> Job:
    assert job.wait(PATIENCE_S), job.state
    return job


def children_of(host: psutil.Process) -> list[psutil.Process]:
    """The measuring processes of a host."""
    return [
        one for one in host.children(recursive=True) if "accel_core.runner.worker" in " ".join(one.cmdline())
    ]


def test_the_hosts_say_what_they_are_and_that_they_share_a_computer(pool: Pool) -> None:
    hosts = {host.name: host for host in pools.hosts()}
    assert sorted(hosts) == sorted([*LOCAL, "whole", "recorded"])
    here = detect().fingerprint
    assert {host.machine.fingerprint for host in hosts.values()} == {
        here,
        recorded_hosts.machine(RECORDED).fingerprint,
    }
    for name, host in hosts.items():
        assert set(host.shares) == hosts.keys() - {name}
        assert not host.busy and not host.waiting and host.seen
    told = subprocess.run(
        [*ACCEL, "pool", "status"], env={**pool.environment, POOL: pool.address}, capture_output=True, text=True
    )
    assert told.returncode == 0 and "are one computer and disturb each other" in told.stdout, told.stderr


# -- every kind of job ---------------------------------------------------------------------------------------

EVENT = replace(event_of("misses-4k-direct"), shapes=((8, 9, 7),), drawn=())
OTHER = {**bench(100)["cases"][0], "kernel": "dot/compiled"}
SHAPE = BlockShape(width=16, heads=2, feed_forward=32, sequence=8, vocabulary=64, layers=1)
CACHES = [one.to_dict() for one in CLASSROOM]
TINY: dict[str, dict[str, Any]] = {
    "bench": bench(100),
    "compare": {"pairs": [[bench(100)["cases"][0], OTHER]], "budget_s": 0.05},
    "peaks": {"dtypes": ["float32"], "threads": [1], "budget_s": 0.3},
    "calibrate": {"operations": ["add"], "dtypes": ["float32"], "budget_s": 0.1},
    "tune": {"dtypes": ["float32"], "budget_s": 0.1},
    "simulate": {
        "traversals": [Traversal((4, 4, 4)).to_dict()],
        "caches": [one.to_dict() for one in CLASSROOM],
    },
    "disk": {"budget_s": 1.0},
    "out_of_core": {"memory_bytes": 4 << 20, "budget_s": 4.0},
    "trial": {"names": ["denormal"], "budget_s": 0.05},
    "transformer": {"shape": asdict(SHAPE), "budget_s": 0.1},
    "sequence": {"jobs": [bench(100)]},
    "arena": judge_job(EVENT, starter(EVENT), (), entry="an entry"),
}
"""A job of each kind that ends within moments."""


@pytest.fixture(scope="module")
def all_kinds(pool: Pool) -> dict[str, tuple[Job, list[dict[str, Any]]]]:
    """A job of each kind with the events that it told, all handed in at once and ended."""
    store, jobs = Store(f"sqlite:///{(pool.folder / 'app.db').as_posix()}"), {}
    for kind, job in TINY.items():
        events: list[dict[str, Any]] = []
        wanted = Wanted(name="whole") if kind == "peaks" else Wanted(fingerprint=detect().fingerprint)
        where = {"folder": str(pool.folder)} if "folder" in KINDS[kind].keys else {}
        asked, owner = {"kind": kind, **job, **where}, f"who wants {kind}"
        made = submit(asked, owner, store=store, on_event=events.append, wanted=wanted)
        jobs[kind] = made, events
    for job, _ in jobs.values():
        ended(job)
    return jobs


def test_there_is_a_job_of_each_kind() -> None:
    assert TINY.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", TINY)
def test_every_kind_of_job_runs_in_the_pool(kind: str, all_kinds) -> None:
    job, events = all_kinds[kind]
    if kind == "out_of_core" and " lies in memory" in str(job.error):
        return  # where /tmp is a tmpfs, the host says so, and does no more
    assert (job.state, job.error) == ("done", None), job.detail
    assert job.results and job.host in (*LOCAL, "whole")
    told = [event["event"] for event in events if event["event"] not in ("queued", "warning")]
    assert told[:2] == ["started", "ready"] and told[-1] == "done" and set(told[2:-1]) <= {"step", "result"}
    assert told.count("result") == len(job.results)


def test_several_hosts_took_part_and_each_said_that_it_is_pretended(all_kinds) -> None:
    assert len({job.host for job, _ in all_kinds.values()}) > 2
    for job, _ in all_kinds.values():
        assert any(f"The host {job.host} is on one computer with" in said for said in job.warnings)


def test_records_are_kept_once_by_who_asked_and_on_a_host_only_what_it_acts_by(pool: Pool, all_kinds) -> None:
    here = detect().fingerprint
    asked = Store(f"sqlite:///{(pool.folder / 'app.db').as_posix()}")
    assert len(asked.measurements(here)) == 2  # of bench and sequence
    assert len(Entries(asked).judged(EVENT.name)) == 1
    assert asked.peaks(here).ceilings
    whole = Store(f"sqlite:///{(pool.folder / 'hosts' / 'whole' / 'records.db').as_posix()}")
    assert whole.peaks(here).ceilings == asked.peaks(here).ceilings
    for name in LOCAL:
        file = pool.folder / "hosts" / name / "records.db"
        assert not file.exists() or not Store(f"sqlite:///{file.as_posix()}").measurements(here)


def test_a_submission_meets_the_wall_of_its_host(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    code = starter(EVENT) + "\nopen('/etc/passwd').read()\n"
    job = judge_job(EVENT, code, (), entry="an entry")
    there = ended(submit(job, "me", wanted=Wanted(name="local-1")))
    monkeypatch.delenv(POOL)
    here = ended(submit(job, "me"))

    def end(one: Job) -> list[Any]:
        return [one.error, *((found.verdict, found.stage, found.reason) for found in one.results)]

    assert end(there) == end(here)
    assert there.error or there.results[0].verdict != "valid"


# -- which host ----------------------------------------------------------------------------------------------


def test_a_job_for_other_hardware_goes_there_and_is_credited_to_it(pool: Pool) -> None:
    other = recorded_hosts.machine(RECORDED)
    events: list[dict[str, Any]] = []
    job = {"kind": "simulate", **TINY["simulate"]}
    found = ended(submit(job, "me", wanted=Wanted(fingerprint=other.fingerprint), on_event=events.append))
    assert (found.state, found.host) == ("done", "recorded")
    (ready,) = [event for event in events if event["event"] == "ready"]
    assert ready["fingerprint"] == other.fingerprint != detect().fingerprint
    with pytest.raises(BadInput, match="Nothing can be measured on the pretend host"):
        submit(bench(100), "me", wanted=Wanted(name="recorded"))


def test_a_repeat_is_measured_anew(pool: Pool) -> None:
    first, second = (run(bench(100), "me", wanted=Wanted(name="local-2"))[0] for _ in range(2))
    assert first.id != second.id


def test_threads_are_those_of_a_run_without_a_pool(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    (there,) = run(bench(100), "me", wanted=Wanted(name="whole"))
    monkeypatch.delenv(POOL)
    (here,) = run(bench(100), "me")
    assert pool.environment["OMP_NUM_THREADS"] == "1"
    assert there.environment == here.environment


def test_who_measures_on_the_host_itself_goes_first(pool: Pool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCEL_QUEUE", str(pool.folder / "hosts" / "local-3"))
        queue = TicketFolder(queue_folder())
    ticket = queue.enter("a command on the host")
    try:
        assert until(lambda: queue.take_turn(ticket))
        until(lambda: {host.name: host.busy for host in pools.hosts()}["local-3"])
        job = submit(bench(100), "me", wanted=Wanted(name="local-3"))
        until(lambda: len(queue.places()) == 2 and job.place == 1)
        assert job.state == "queued"
    finally:
        queue.leave(ticket)
    assert ended(job).state == "done"


# -- how it ends ---------------------------------------------------------------------------------------------


def test_a_cancelled_job_keeps_what_it_measured_and_leaves_its_host_free(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "CANCEL_WAIT_S", 2 * PATIENCE_S)  # so that the host itself answers
    job = submit(long_bench(), "me", wanted=Wanted(name="local-1"))
    until(lambda: job.results)
    job.cancel()
    ended(job)
    assert (job.state, len(job.results)) == ("cancelled", 1)
    assert "what it had measured before is kept" in str(job.error)
    assert len(run(bench(100), "me", wanted=Wanted(name="local-1"))) == 1


def test_a_program_that_is_gone_holds_no_host(pool: Pool) -> None:
    code = (
        "import os; from accel_core.runner import submit; from accel_core.model.hosts import Wanted\n"
        f"job = submit({long_bench()!r}, 'me', wanted=Wanted(name='local-4'))\n"
        "while not job.results: job.wait(0.1)\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], env={**pool.environment, POOL: pool.address}, check=True)
    until(lambda: not {host.name: host.busy for host in pools.hosts()}["local-4"])


def test_the_engine_is_kept_from_what_disturbs_or_repeats_a_measurement(pool: Pool) -> None:
    def of_the_scheduler(dask_scheduler: Any) -> dict[str, Any]:
        stealing = dask_scheduler.extensions.get("stealing")
        topics = dask_scheduler._broker._topics.items()
        return {
            "ttl": dask_scheduler.worker_ttl,
            "failures": dask_scheduler.allowed_failures,
            "stealing": stealing is not None and stealing._pc is not None and stealing._pc.is_running(),
            "http": hasattr(dask_scheduler, "http_server"),
            "kept events": sum(len(topic.events) for name, topic in topics if name.startswith("accel-")),
        }

    def of_a_worker(dask_worker: Any) -> dict[str, Any]:
        return {
            "profiled": "profile" in dask_worker.periodic_callbacks,
            "nanny": dask_worker.nanny,
            "threads": dask_worker.state.nthreads,
            "bench": dask_worker.state.total_resources["bench"],
            "http": hasattr(dask_worker, "http_server"),
        }

    client = lines.line()._client
    asked = {"ttl": None, "failures": 0, "stealing": False, "http": False, "kept events": 0}
    assert client.run_on_scheduler(of_the_scheduler) == asked
    told = list(client.run(of_a_worker).values())
    assert told == [{"profiled": False, "nanny": None, "threads": 1, "bench": 1.0, "http": False}] * len(told)
    assert len(told) > len(LOCAL)


def test_a_host_that_stops_answering_gets_no_job_until_it_does(pool: Pool) -> None:
    pool.whole.suspend()
    try:
        until(lambda: {host.name: host.does for host in pools.hosts()}["whole"] == "does not answer")
        waits = submit(bench(100), "me", wanted=Wanted(name="whole"))
        assert len(run(bench(100), "another", wanted=Wanted(fingerprint=detect().fingerprint))) == 1
        assert waits.state == "queued"
    finally:
        pool.whole.resume()
    assert ended(waits).state == "done" and waits.host == "whole"


def test_a_host_that_is_killed_leaves_the_job_to_one_that_is_alike(pool: Pool) -> None:
    job = submit(long_bench(), "me", wanted=Wanted(name="whole", alike=True))
    until(lambda: job.results)
    measuring = children_of(pool.whole)
    assert measuring
    pool.whole.kill()
    until(lambda: job.host in LOCAL and len(job.results) == 2)
    assert any("The host whole went away" in said for said in job.warnings)
    assert len({one.fingerprint for one in job.results}) == 1
    job.cancel()
    assert ended(job).state == "cancelled"
    until(lambda: not any(one.is_running() for one in measuring))
    with pytest.raises(BadInput, match="The pool has not the host whole"):
        until(lambda: submit(bench(100), "me", wanted=Wanted(name="whole")) and False)
