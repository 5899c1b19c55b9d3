"""What a page says while its job waits, runs and ends. The runner is played by a job that obeys."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from conftest import Open
from figure_records import ladder, measurement
from records_of import store_measurements
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from accel_core import machine, registry, runner
from accel_core.errors import BadInput
from accel_core.model import Measurement
from accel_core.runner import tickets
from accel_core.runner.promise import Promise
from accel_core.runner.visitors import Visitor
from accel_core.store import Entry
from app.parts import progress, sidebar
from app.session import cached, crowd, jobs, visitors


@dataclass
class PlayedJob:
    """Looks like `runner.Job`."""

    id: str = "played"
    state: str = "queued"
    place: int = 2
    results: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unstored: list[Entry] = field(default_factory=list)
    error: str | None = None
    progress: runner.Progress = field(default_factory=runner.Progress)
    data: dict[str, Any] = field(default_factory=lambda: {"kind": "peaks", "threads": [1]})
    promise: Promise | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What was submitted."""
    owner: str = "the tab"
    cancel_requested: bool = False
    host: str = ""
    theirs: bool = False
    """Whether somebody else handed it in."""

    def cancel(self) -> None:
        self.state, self.cancel_requested = "cancelled", True

    def claim(self, visitor: Visitor) -> bool:
        return not self.theirs


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> PlayedJob:
    """The job that the next press of the button submits."""
    played = PlayedJob()

    def submit(data: dict, owner: str, **_: Any) -> PlayedJob:
        played.asked.append({**data, "owner": owner})
        played.data = data
        return played

    monkeypatch.setattr(runner, "submit", submit)
    monkeypatch.setattr(runner, "find", lambda id: played if id == played.id else None)
    return played


def started(open_page: Open, page: str = "ladder", **link: str) -> AppTest:
    app = open_page(page, **link)
    app.button(key="measure").click().run()
    assert not app.exception
    return app


def test_the_button_hands_in_every_rung_and_computes_nothing(open_page: Open, job: PlayedJob):
    app = started(open_page, size="128", budget="0.5")
    [asked] = job.asked
    assert asked["kind"] == "bench"
    assert asked["budget_s"] == 0.5
    assert {case["size"] for case in asked["cases"]} == {128}
    rungs = [f"matmul/{kernel.name}" for kernel in registry.workload("matmul").kernels]
    assert [case["kernel"] for case in asked["cases"]] == rungs
    assert app.query_params["job"] == job.id
    assert app.button(key="measure").disabled


def test_a_waiting_job_says_how_many_are_ahead(open_page: Open, job: PlayedJob):
    app = started(open_page)
    assert "2 other jobs are ahead" in app.progress[0].text
    assert app.button(key="cancel").label == "Cancel"


def test_a_running_job_names_its_step_and_its_time(open_page: Open, job: PlayedJob):
    job.state = "running"
    job.progress = runner.Progress(step="matmul/numpy N=256", done=2, total=7, elapsed_s=3.0, expected_s=9.0)
    app = started(open_page)
    assert app.progress[0].text == "Step 3 of 7: matmul/numpy N=256 · 3 s elapsed, about 9 s to go"
    assert app.progress[0].value == 25


def test_results_are_drawn_while_the_job_still_runs(open_page: Open, job: PlayedJob):
    job.state = "running"
    here = machine.detect().fingerprint
    job.results = [measurement(name, size=256, fingerprint=here) for name in ("compiled_ijk", "numpy")]
    app = started(open_page, size="256")
    assert list(app.dataframe[0].value["Kernel"]) == ["compiled_ijk", "numpy"]
    assert app.progress


def test_cancel_says_that_earlier_results_stay(open_page: Open, job: PlayedJob):
    app = started(open_page)
    app.button(key="cancel").click().run()
    assert job.state == "cancelled"
    assert any("Cancelled" in said.value for said in app.info)
    assert not app.button(key="measure").disabled
    assert "job" not in app.query_params


def test_a_failed_job_ends_in_its_own_sentence(open_page: Open, job: PlayedJob):
    job.state, job.error = "failed", "The worker ran out of memory: choose a smaller size."
    job.warnings = ["Nothing was stored: the disk is full."]
    app = started(open_page)
    assert [error.value for error in app.error] == [job.error]
    assert job.warnings[0] in [warning.value for warning in app.warning]


def offered(app: AppTest) -> list[str]:
    return [button.proto.label for button in app.get("download_button")]


def test_what_was_not_stored_is_offered_as_a_file(
    open_page: Open, job: PlayedJob, monkeypatch: pytest.MonkeyPatch
):
    here, label = machine.detect().fingerprint, "Download what was not stored"
    job.state, job.results = "done", [measurement("numpy", size=256, fingerprint=here)]
    assert label not in offered(started(open_page))
    job.unstored = [Entry("measurement", record, here, record.environment) for record in job.results]
    files = dict[str, str]()
    button = st.download_button
    monkeypatch.setattr(
        st,
        "download_button",
        lambda name, data, *a, **k: [files.update({name: data}), button(name, data, *a, **k)],
    )
    assert label in offered(started(open_page))
    (kept,) = json.loads(files[label])["records"]
    assert Measurement.from_dict(kept["data"]) == job.results[0]


def test_what_the_runner_refuses_is_said_on_the_page(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise BadInput("size is 0; a whole number from 1 to 32768 is allowed.")

    monkeypatch.setattr(runner, "submit", refuse)
    app = started(open_page)
    assert "size is 0" in app.error[0].value


def test_a_reloaded_page_finds_its_running_job_through_the_link(open_page: Open, job: PlayedJob):
    job.state = "running"
    app = open_page("ladder", job=job.id)
    assert app.progress
    assert app.button(key="measure").disabled


def test_who_got_the_link_of_a_running_job_looks_on_and_can_measure_and_cannot_cancel(
    open_page: Open, job: PlayedJob
):
    job.state, job.theirs = "running", True
    job.results = [measurement("numpy", size=256, fingerprint=machine.detect().fingerprint)]
    app = open_page("ladder", job=job.id, size="256")
    assert app.progress[0].text.startswith("You are watching somebody else's measurement. ")
    assert [button.key for button in app.button if button.key == "cancel"] == []
    assert not app.button(key="measure").disabled
    assert list(app.dataframe[0].value["Kernel"]) != ["numpy"], "the sample's, since this session has none"
    job.state = "cancelled"
    app.run()
    assert not app.progress and "job" not in app.query_params
    assert [said.value for said in app.info if "has ended" in said.value]


def test_who_looked_on_and_then_measures_has_a_job_of_their_own(
    open_page: Open, job: PlayedJob, monkeypatch: pytest.MonkeyPatch
):
    other = PlayedJob(id="other", state="running", theirs=True)
    monkeypatch.setattr(runner, "find", {job.id: job, other.id: other}.get)
    app = open_page("ladder", job=other.id)
    app.button(key="measure").click().run()
    assert app.query_params["job"] == job.id
    app.button(key="cancel").click().run()
    assert (job.state, other.state) == ("cancelled", "running")


def test_a_reloaded_page_waits_as_the_tab_that_it_was(open_page: Open, job: PlayedJob):
    app = open_page("ladder", job=job.id)
    job.state = "done"
    app.run()
    app.button(key="measure").click().run()
    assert [asked["owner"] for asked in job.asked] == [job.owner]


def test_a_job_that_left_the_queue_says_why_it_did(open_page: Open, job: PlayedJob):
    job.state, job.error = "cancelled", "The page was closed, so it left the queue."
    app = open_page("ladder", job=job.id)
    assert [said.value for said in app.info if said.value == job.error]


# -- who looks at a page -------------------------------------------------------------------------------------


def cookie_of(token: bytes, mask: bytes) -> str:
    hidden = bytes(byte ^ mask[place % len(mask)] for place, byte in enumerate(token))
    return f"2|{mask.hex()}|{hidden.hex()}|1700000000"


def test_a_browser_is_known_by_the_token_in_its_cookie_however_it_is_masked():
    one, other = bytes(range(16)), bytes(range(1, 17))
    known = visitors.browser_of(cookie_of(one, b"abcd"))
    assert (
        known == visitors.browser_of(cookie_of(one, b"wxyz")) != visitors.browser_of(cookie_of(other, b"abcd"))
    )
    assert known and one.hex() not in known


def test_the_cookie_that_streamlit_sets_names_a_browser():
    first, again = (
        generate_xsrf_token_string(bytes(range(16)), 1),
        generate_xsrf_token_string(bytes(range(16)), 2),
    )
    assert first != again
    assert visitors.browser_of(first) == visitors.browser_of(again) != ""
    assert visitors.browser_of(first) != visitors.browser_of(generate_xsrf_token_string())


@pytest.mark.parametrize(
    "cookie", ["", "2|||", "2|00|00|0", "2|zz|00|0", "3|00|" + 32 * "0" + "|0", "|" * 9, "é"]
)
def test_a_cookie_without_a_token_names_no_browser(cookie: str):
    assert visitors.browser_of(cookie) == ""


class EndingJob(PlayedJob):
    """Runs until a page has looked at its state some times, and is done from then on, all in one run of it."""

    looks = 0
    ends_after = 0

    @property  # type: ignore[override]
    def state(self) -> str:
        self.looks += 1
        return "running" if self.looks <= self.ends_after else "done"

    @state.setter
    def state(self, _: str) -> None: ...


@pytest.mark.parametrize("page", ["machine", "ladder", "lab", "panels", "fusion", "backends"])
def test_a_job_that_ends_while_its_page_is_drawn_holds_no_button(
    page: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    for looks in range(1, 9):
        played = EndingJob()
        played.ends_after = looks
        monkeypatch.setattr(runner, "find", lambda id, played=played: played)
        app = open_page(page, job=played.id)
        held = [button.label for button in app.button if "still running" in (button.help or "")]
        assert app.progress or not held, f"after {looks} looks the page waits for nothing"
        if app.progress:
            break


# -- how quietly a page looks on -----------------------------------------------------------------------------


def of_threads(threads: int, **changes: Any) -> PlayedJob:
    case = {"kernel": "matmul/numpy", "size": 512, "threads": threads}
    return PlayedJob(state="running", data={"kind": "bench", "cases": [case]}, **changes)


def test_a_page_asks_seldom_and_seldomest_while_all_processors_are_measured():
    all_of_them = cached.machine().cores.allowed
    assert all_of_them > 1
    long = Promise(1.0, (60.0,), 0.0)
    assert progress.poll_s(of_threads(all_of_them, promise=long)) == progress.QUIET_POLL_S >= 2
    assert progress.poll_s(of_threads(1, promise=long)) == progress.POLL_S < progress.QUIET_POLL_S
    assert (
        progress.poll_s(of_threads(1, promise=Promise(1.0, (2.0,), 0.0)))
        == progress.SHORT_POLL_S
        < progress.POLL_S
    )
    peaks = PlayedJob(data={"kind": "peaks", "threads": [1, all_of_them]})
    assert progress.poll_s(peaks) == progress.QUIET_POLL_S


def test_a_page_asks_the_more_seldom_the_further_back_its_job_waits():
    long = Promise(1.0, (60.0,), 0.0)
    job = of_threads(1, promise=long)
    waits = [progress.poll_s(replace(job, state="queued", place=place)) for place in (0, 1, 20, 60, 90, 500)]
    assert waits[0] == waits[1] == progress.POLL_S and waits[-1] == progress.FAR_POLL_S
    assert waits == sorted(waits) and waits[2] < waits[3] < waits[4]


def test_all_tabs_together_ask_no_more_often_the_more_they_are(monkeypatch: pytest.MonkeyPatch):
    for tabs, every_s in ((1, 5.0), (50, 5.0), (500, 50.0)):
        monkeypatch.setattr(crowd, "_tabs", 0)
        crowd.see(tabs)
        assert crowd.every_s(5.0) == every_s


def test_pages_that_look_at_the_queue_open_it_once(monkeypatch: pytest.MonkeyPatch):
    opened = list[tickets.TicketFolder]()
    once = tickets.open_queue
    monkeypatch.setattr(tickets, "open_queue", lambda: opened.append(once()) or opened[-1])
    assert sidebar._jobs() == sidebar._jobs() == (0, False)
    opened[0].enter("somebody")
    monkeypatch.setattr(sidebar, "LOOK_EVERY_S", 1.0)
    assert sidebar._jobs() == (1, False) and len(opened) == 1


def test_a_browser_is_told_anew_how_often_to_ask(monkeypatch: pytest.MonkeyPatch):
    sent = list[Any]()
    context = SimpleNamespace(enqueue=sent.append)
    monkeypatch.setattr(crowd, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(crowd.ThreadState, "get", lambda: SimpleNamespace(fragment_id="its number"))
    crowd.ask_again_in(7.0)
    (message,) = sent
    assert (message.auto_rerun.interval, message.auto_rerun.fragment_id) == (7.0, "its number")
    monkeypatch.setattr(crowd.ThreadState, "get", lambda: SimpleNamespace(fragment_id=None))
    crowd.ask_again_in(7.0)
    assert len(sent) == 1, "a whole page is no fragment"


def test_new_results_are_drawn_as_often_as_free_processors_allow(monkeypatch: pytest.MonkeyPatch):
    results = [object(), object()]
    watch = jobs.Watch("1", "", drawn=1, drawn_at=100.0)
    soon_s, late_s = 101.0 + progress.REDRAW_S, 101.0 + progress.CRAMPED_REDRAW_S
    assert soon_s < late_s

    def drawn(threads: int, now_s: float) -> bool:
        return progress.may_draw(of_threads(threads, results=results), watch, now_s)

    here = cached.machine()
    four = replace(here, cores=replace(here.cores, allowed=4))
    monkeypatch.setattr(cached, "machine", lambda: four)
    assert [drawn(threads, soon_s) for threads in (1, 2, 3, 4)] == [True, True, False, False]
    assert [drawn(threads, late_s) for threads in (1, 2, 3, 4)] == [True, True, True, False]
    assert not drawn(1, 100.5)
    assert not progress.may_draw(of_threads(1, results=results[:1]), watch, late_s)


def test_a_speed_that_is_not_drawn_yet_is_said(open_page: Open, job: PlayedJob):
    job.state = "running"
    job.progress = runner.Progress(step="matmul/numpy N=256", done=2, total=7, elapsed_s=3.0)
    app = started(open_page)
    here = machine.detect().fingerprint
    job.results = [measurement("packed", 33e9, size=256, fingerprint=here)]
    watch = jobs.Watch("1", "", drawn=0)
    assert progress._unseen(job, watch) == " · newest: packed 33.0 GFLOP/s"
    watch.drawn = 1
    assert progress._unseen(job, watch) == ""
    assert "newest" not in app.progress[0].text  # nothing is new on a page just drawn


# -- what the buttons promise --------------------------------------------------------------------------------


def test_a_button_says_how_long_it_will_take_and_what_of_that_is_compiling(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "promise", lambda job: Promise(1.0, (30.4,), 12.0))
    button = open_page("ladder").button(key="measure")
    assert button.label == "Time all rungs (about 31 s)"
    assert button.help == "About 12 s of this go to compiling, the first time only."


def test_what_is_on_record_is_what_is_promised(open_page: Open):
    def label() -> str:
        return open_page("ladder", size="512", budget="2").button(key="measure").label

    assert "min)" not in label()
    store_measurements([replace(m, took_s=100.0) for m in ladder()])
    assert label().endswith(" min)")
