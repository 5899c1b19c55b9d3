"""A pool of invented hosts: the page Pool, a host chosen in the address, and nothing of it without a pool."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import recorded_hosts
from conftest import APP, Open
from figure_records import ENVIRONMENT, ceiling, ceilings, measurement
from streamlit.testing.v1 import AppTest

import accel_core.pool
from accel_core import runner
from accel_core.errors import AccelError
from accel_core.model.hosts import Host, Wanted
from accel_core.pool import fleet
from accel_core.runner.job import Job
from accel_core.store import Store
from app import catalogue
from app.pool import listing
from app.session import cached, hosts

ALIKE, OTHER = recorded_hosts.machine("linux-emerald-rapids-vm"), recorded_hosts.machine("darwin-m2")
NOW = datetime.now(UTC).isoformat()


class Pool:
    """What the pool says, and what was sent there."""

    def __init__(self) -> None:
        plain = replace(ALIKE, pretended=None)
        self.hosts = [
            Host("node1", plain, seen=NOW, shares=("node2",)),
            Host("node2", plain, busy="measures for the pool", waiting=2, seen=NOW, shares=("node1",)),
            Host("node3", plain, seen=NOW),
            Host("apple", replace(OTHER, pretended=None), seen="2020-01-01T00:00:00+00:00"),
        ]
        self.fault = ""
        self.sent: list[tuple[dict[str, Any], Wanted | None]] = []
        self.jobs: list[Job] = []

    def ask(self) -> list[Host]:
        if self.fault:
            raise AccelError(self.fault)
        return self.hosts

    def submit(self, job: dict[str, Any], owner: str, *, wanted: Wanted | None = None, **rest: Any) -> Job:
        self.sent.append((job, wanted))
        made = Job(f"job {len(self.jobs)}", owner, job, visitor=rest.get("visitor"))
        self.jobs.append(made)
        return made


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    known = Pool()
    monkeypatch.setenv("ACCEL_POOL", "tcp://127.0.0.1:1")
    monkeypatch.setattr(accel_core.pool, "hosts", known.ask)
    monkeypatch.setattr(runner, "submit", known.submit)
    monkeypatch.setattr(runner, "find", lambda id: next((job for job in known.jobs if job.id == id), None))
    monkeypatch.setattr(fleet, "submit", known.submit)
    monkeypatch.setattr(hosts, "FRESH_S", 0.0)
    yield known
    for job in known.jobs:
        job.finish(None)


def said(app: AppTest, *kinds: str) -> str:
    return "\n".join(str(e.value) for kind in kinds for e in app.get(kind))


def look_again(app: AppTest) -> AppTest:
    """What a later run of the page shows: the look at the pool that this one begins."""
    cached.pool.clear()
    app.run()
    assert not app.exception
    return app


def test_without_a_pool_no_page_is_added_and_nothing_of_it_is_imported(open_page: Open) -> None:
    assert catalogue.shown() == catalogue.PAGES
    app = open_page("machine")
    assert not [box for box in app.selectbox if box.key == hosts.KEY] and "pool" not in said(app, "caption")
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
from app.session import cached
cached.warm_up = lambda: None  # the compiler is not what is looked for
app = AppTest.from_file({str(APP / "main.py")!r}, default_timeout=100).run()
assert not app.exception
of_a_pool = ("accel_core.pool", "app.session.hosts", "distributed")
found = [name for name in sys.modules if name.startswith(of_a_pool)]
assert not found, found
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=APP.parent)


def test_the_page_says_who_is_alike_who_measures_and_who_shares_a_computer(open_page: Open, pool: Pool) -> None:
    app = open_page("pool")
    assert [title.value for title in app.title] == [catalogue.POOL.question]
    assert "4 hosts, 2 kinds of hardware; 1 measures, 2 jobs waiting on them." in said(app, "markdown")
    (table,) = [frame.value for frame in app.dataframe]
    assert list(table["Alike"]) == ["kind 1", "kind 1", "kind 1", "kind 2"]
    assert table["Heard of"][3].endswith("days ago")
    assert table["Does now"][1] == "measures for the pool"
    pool.hosts[1] = replace(pool.hosts[1], silent=True)
    (table,) = [frame.value for frame in open_page("pool").dataframe]
    assert list(table["Does now"]) == ["idle", "does not answer", "idle", "idle"]
    assert "2 kinds of hardware; none measures" in said(open_page("pool"), "markdown")
    assert "node2: does not answer, 2 waiting" in said(open_page("pool", host="node2"), "caption")
    assert "node1 and node2 share one computer" in said(app, "caption")
    (chart,) = app.get("plotly_chart")
    assert "No host of the pool has measured" in chart.proto.alt


@pytest.mark.parametrize(
    ("seen", "told"),
    [("2026-01-01T00:00:05+00:00", "just now"), ("2026-01-01T00:00:00+00:00", "10 s ago"), ("", "unknown")],
)
def test_how_long_ago_a_host_was_heard_of(seen: str, told: str) -> None:
    assert listing.age_text(seen, datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC).timestamp()) == told


def test_all_roofs_are_asked_of_every_host_and_the_outlier_is_named(open_page: Open, pool: Pool) -> None:
    app = open_page("pool")
    app.button(key="measure").click().run()
    assert [wanted for _, wanted in pool.sent] == [Wanted(name=host.name) for host in pool.hosts]
    assert {job["kind"] for job, _ in pool.sent} == {"peaks"}
    assert app.button(key="measure").disabled
    assert "0 of 4 hosts have ended." in said(app, "markdown")
    for job, host, speed in zip(pool.jobs, pool.hosts, (1, 1, 0.5, 2), strict=True):
        for roof in ceilings():
            job.add(replace(roof, value=roof.value * speed))
        job.finish(AccelError("The host apple went away.") if host.name == "apple" else None)
    app.run()
    assert not app.exception and not app.button(key="measure").disabled
    assert "**node3** is the outlier of 3 alike hosts" in said(app, "markdown")
    assert "**apple**: The host apple went away." in said(app, "warning")
    ratios, roofs = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert "outlier: node3 at computing" in ratios and "Outlier: node3." in roofs


def test_all_are_cancelled_by_one_button_of_who_started_them(open_page: Open, pool: Pool) -> None:
    app = open_page("pool")
    app.button(key="measure").click().run()
    assert not [one for one in open_page("pool").button if one.key == "cancel all"]
    app.button(key="cancel all").click().run()
    assert all(job.cancel_requested for job in pool.jobs)


@pytest.mark.parametrize("page", ["machine", "ladder", "lab", "roofline"])
def test_a_host_in_the_address_is_the_machine_of_the_page(open_page: Open, pool: Pool, page: str) -> None:
    app = open_page(page, host="apple")
    assert "Shown and measured: host apple of the pool (Apple M2" in said(app, "caption")
    assert not app.warning and not app.error
    assert app.selectbox(key="host").value == "apple"


def test_what_is_started_goes_to_the_chosen_host(open_page: Open, pool: Pool) -> None:
    for asked, wanted in (
        ("node2", Wanted(name="node2")),
        ("any like node1", Wanted(fingerprint=ALIKE.fingerprint, alike=True)),
    ):
        app = open_page("machine", host=asked)
        app.button(key="measure").click().run()
        assert pool.sent[-1][1] == wanted
        assert pool.sent[-1][0]["threads"] == sorted({1, ALIKE.cores.allowed})


def test_at_first_any_of_the_most_hosts_that_are_alike_is_chosen(open_page: Open, pool: Pool) -> None:
    app = open_page("ladder")
    assert app.selectbox(key="host").options == ["any like node1", "node1", "node2", "node3", "apple"]
    assert "any of 3 alike hosts of the pool" in said(app, "caption")


def test_a_host_that_is_not_there_is_one_sentence_and_never_one_of_a_like_name(
    open_page: Open, pool: Pool
) -> None:
    app = open_page("machine", host="node4")
    (warning,) = [one.value for one in app.warning]
    assert warning.startswith("The pool has no host “node4” now: choose another one")
    assert app.selectbox(key="host").value == "any like node1"
    app = open_page("machine", host="apple")
    pool.hosts = pool.hosts[:3]
    look_again(app)
    (warning,) = [one.value for one in app.warning]
    assert "no host “apple” now" in warning and app.selectbox(key="host").value == "any like node1"


def test_a_pool_that_does_not_answer_is_a_sentence_on_pages_that_work(open_page: Open, pool: Pool) -> None:
    pool.fault = "The pool at tcp://127.0.0.1:1 does not answer."
    app = open_page("machine")
    assert [one.value for one in app.error] == [pool.fault] and app.title[0].value
    assert open_page("pool").button(key="measure").disabled
    pool.fault, pool.hosts = "", []
    cached.pool.clear()
    assert "The pool has no host yet" in said(open_page("pool"), "warning")


def test_hosts_of_a_pool_that_has_gone_are_shown_and_not_asked(
    open_page: Open, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "seen", lambda: hosts.Seen(tuple(pool.hosts), "It does not answer."))
    app = open_page("pool")
    assert app.button(key="measure").disabled and "4 hosts" in said(app, "markdown")


def test_records_of_one_host_are_not_shown_as_another_ones(open_page: Open, pool: Pool) -> None:
    for fingerprint, speed in ((ALIKE.fingerprint, 111e9), (OTHER.fingerprint, 333e9)):
        for roof in (ceiling("compute", speed), ceiling("memory", 2e10, level="DRAM")):
            Store().save_peak(fingerprint, ENVIRONMENT, roof)
    assert "333 GFLOP/s" in str([m.value for m in open_page("machine", host="apple").metric])
    assert "111 GFLOP/s" in str([m.value for m in open_page("machine", host="node3").metric])


def test_what_one_host_measured_in_this_session_is_not_told_of_another(open_page: Open, pool: Pool) -> None:
    app = open_page("ladder", host="apple")
    app.button(key="measure").click().run()
    pool.jobs[-1].add(replace(measurement("numpy", 7.77e9), fingerprint=OTHER.fingerprint))
    pool.jobs[-1].finish(None)

    def own() -> bool:
        return "7.77" in str([chart.proto.spec for chart in app.get("plotly_chart")])

    app.run()
    here = own()
    app.selectbox(key="host").select("node3").run()
    assert not app.exception
    assert here and not own()


def test_a_look_at_the_pool_is_shared_and_its_failure_keeps_what_was_known() -> None:
    now, asked = [0.0], []

    def ask() -> list[Host]:
        asked.append(now[0])
        if len(asked) > 1:
            raise AccelError("gone")
        return [Host("a", ALIKE)]

    watcher = hosts.Watcher(ask, lambda: now[0])
    assert [watcher.look().hosts[0].name for _ in range(5)] == ["a"] * 5 and asked == [0.0]
    now[0] = hosts.FRESH_S
    watcher._look()
    assert watcher.look() == hosts.Seen((Host("a", ALIKE),), "gone")


def test_the_class_draws_each_host_by_its_name_once_its_roofs_are_known(open_page: Open, pool: Pool) -> None:
    app = open_page("pool")
    app.button(key="measure").click().run()
    for job in pool.jobs[:2]:
        for roof in ceilings():
            job.add(roof)
    for job in pool.jobs:
        job.finish(None)
    for fingerprint in (ALIKE.fingerprint, OTHER.fingerprint):
        for roof in ceilings():
            Store().save_peak(fingerprint, ENVIRONMENT, roof)
    app = open_page("classroom", host="node1")
    (chart,) = app.get("plotly_chart")
    assert "Rooflines of 2 machines" in chart.proto.alt
    assert "node1" in chart.proto.spec and "This machine" not in chart.proto.spec
    app = open_page("classroom", host="apple")
    (chart,) = app.get("plotly_chart")
    assert "Rooflines of 3 machines" in chart.proto.alt
