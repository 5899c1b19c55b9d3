"""The page Lessons: a guess is stored before its run, stands as it was given, outlives what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import recorded_hosts
from conftest import APP, Open
from streamlit.testing.v1 import AppTest
from test_jobs import PlayedJob
from test_lessons import answers

from accel_core import lessons, machine, runner
from accel_core.errors import BadInput, StoreUnavailable
from accel_core.lessons import LESSONS, Choice, Claim, Lesson, Look, Number, Order, Truth
from accel_core.lessons.keeping import answer_now, guess_now, keep
from accel_core.model import Case, Estimate, Machine, Refusal
from accel_core.store import Store
from app.lessons.guessing import ALL, NOTHING, scale
from app.session import cached, tries
from app.session.jobs import Watch

LIST = """
import sys
from streamlit.testing.v1 import AppTest
tab = AppTest.from_file(sys.argv[1], default_timeout=300)
tab.switch_page("lessons/lessons.py")
tab.run()
assert not tab.exception and tab.subheader
print("numba" in sys.modules)
"""


def test_the_list_of_lessons_loads_no_compiler(pretend_host: Callable[[str], Machine]) -> None:
    """A room opens it at once, on phones too: nothing of the page waits for Numba."""
    pretend_host(recorded_hosts.USUAL)
    done = subprocess.run(
        [sys.executable, "-c", LIST, str(APP / "main.py")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "False\n", done.stderr


NAMES = {"pack": "packing", "wide": "vectors, a*b*c", "many": "threads"}
EACH = {
    "wide": Estimate(4.0, 3.9, 4.1, 9),
    "many": Estimate(2.0, 1.9, 2.1, 9),
    "pack": Estimate(1.2, None, None, 3),
}


def fake(name: str, form: Any, truth: Truth) -> Lesson:
    """A lesson that needs no run."""
    claim, look = Claim("All bring the same.", "nobody"), Look("roofline", {})
    return Lesson(
        name, f"The {name}", "Which a*b*c?", form, claim, lambda _: None, lambda _: truth, _says, look
    )


def _says(truth: Truth, run: object) -> str:
    return "So it is."


FAKES = (
    fake("choice", Choice(NAMES, "times"), Truth.greatest(EACH)),
    fake("sequence", Order(NAMES, "times"), Truth.ordered(EACH)),
    fake("share", Number("times", 1, 100), Truth(4.8)),
)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "TOPICS", {**lessons.TOPICS, "Without a run": FAKES})
    monkeypatch.setattr(lessons, "LESSONS", (*LESSONS, *FAKES))


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> PlayedJob:
    """The job that a button submits; `asked` says what was stored by then."""
    played = PlayedJob(state="running")

    def submit(data: dict[str, Any], owner: str, **_: Any) -> PlayedJob:
        played.asked.append({"data": data, "stored": [guess.said for guess in Store().guesses()]})
        return played

    monkeypatch.setattr(runner, "submit", submit)
    monkeypatch.setattr(runner, "find", lambda id: played if id == played.id else None)
    return played


def ended(job: PlayedJob, app: AppTest, name: str = "cube", factor: float = 12.0) -> AppTest:
    """The page after the job has brought what makes `factor` the answer."""
    job.results, job.state = list(answers(name, factor).results), "done"
    app.run()
    assert not app.exception
    return app


def guessed(open_page: Open, said: str = " 2.50", name: str = "cube") -> AppTest:
    app = open_page("lessons", lesson=name)
    app.text_input(key=f"guess of {name}").set_value(said)
    app.button(key="commit").click().run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error")
    said = [str(element.value) for kind in kinds for element in app.get(kind)]
    return "\n".join([*said, *(f"{one.label}: {one.value}" for one in app.metric)])


def alt(app: AppTest) -> str:
    return str(app.get("plotly_chart")[0].proto.alt)


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


# -- the list, the address -----------------------------------------------------------------------------------


def test_the_list_shows_every_lesson_and_opens_the_first_and_any(open_page: Open):
    app = open_page("lessons")
    assert f"0 of {len(LESSONS)} answered" in text(app)
    assert {f"open {one.name}" for one in LESSONS} <= keys(app)
    assert r"x\*x\*x instead of x\*\*3" in text(app)
    app.button(key="begin").click().run()
    assert app.query_params["lesson"] == LESSONS[0].name and app.title[0].value == LESSONS[0].question
    app.button(key="all").click().run()
    assert "lesson" not in app.query_params
    app.button(key="open cube").click().run()
    assert app.query_params["lesson"] == "cube"


@pytest.mark.parametrize(
    ("asked", "shown", "said"),
    [
        ("cub", "cube", "lesson=cub: shown is cube."),
        ("zzz", None, "lesson=zzz, and there is no lesson of that"),
    ],
)
def test_a_wrong_name_in_the_address_is_one_sentence(open_page: Open, asked: str, shown: str | None, said: str):
    app = open_page("lessons", lesson=asked)
    assert [warning.value for warning in app.warning if said in warning.value] and not app.error
    assert ("begin" in keys(app)) == (shown is None)
    assert app.query_params.get("lesson") == shown


# -- a guess -------------------------------------------------------------------------------------------------


def test_the_guess_is_stored_before_the_run_and_shown_as_it_was_given(open_page: Open, job: PlayedJob):
    app = guessed(open_page)
    (asked,) = job.asked
    assert asked["stored"] == [" 2.50"] and asked["data"] == lessons.lesson("cube").job(machine.detect())
    assert "You said: 2.50 times" in text(app) and not app.text_input and "commit" not in keys(app)
    ended(job, app)
    assert "Guess: 2.50 times. Found: 12.0 times (11.9 to 12.1)." in alt(app)
    assert "You said 2.5 times, and it is 12.0 times: 4.8 times too low." in text(app)
    assert "stackoverflow.com/questions/18453771" in text(app) and "Answered on" not in text(app)
    (answer,) = Store().answers(machine.detect().fingerprint)
    (guess,) = Store().guesses()
    assert answer.guess == guess and guess.committed < answer.created
    app.button(key="all").click().run()
    assert f"1 of {len(LESSONS)} answered" in text(app)
    assert "You said **2.50 times**, found **12.0 times (11.9 to 12.1)**: 4.8 times too low." in text(app)


def test_a_skipped_guess_is_measured_all_the_same(open_page: Open, job: PlayedJob):
    app = open_page("lessons", lesson="cube")
    app.button(key="skip").click().run()
    assert job.asked[0]["stored"] == [""] and "You said nothing" in text(app)
    ended(job, app)
    assert "Guess: no guess. Found: 12.0 times" in alt(app) and "You said 2" not in text(app)
    app.button(key="all").click().run()
    assert "without a guess" in text(app)


@pytest.mark.parametrize(
    ("said", "sentence"), [("", NOTHING), ("  ", NOTHING), ("1e9", "give a number from 0.1")]
)
def test_what_is_no_guess_starts_and_stores_nothing(open_page: Open, job: PlayedJob, said: str, sentence: str):
    app = guessed(open_page, said)
    assert sentence in text(app) and not job.asked and not Store().guesses()
    app.text_input(key="guess of cube").set_value("3").run()
    assert sentence not in text(app)
    app.button(key="commit").click().run()
    assert job.asked[0]["stored"] == ["3"]


def test_the_slider_and_the_field_follow_each_other(open_page: Open):
    app = open_page("lessons", lesson="cube")
    slider, field = app.select_slider(key="slide of cube"), app.text_input(key="guess of cube")
    assert slider.value == 10 and field.value == ""
    slider.set_value(25.0).run()
    assert app.text_input[0].value == "25"
    app.text_input[0].set_value("0.52").run()
    assert app.select_slider[0].value == 0.5


def at_once(app: AppTest) -> AppTest:
    """Press Commit before the browser has drawn what a change brought: it sends all else as it was before."""
    before = app._tree.get_widget_states()
    app._run(before)
    before.widgets.add(id=app.button(key="commit").proto.id, trigger_value=True)
    app._run(before)
    assert not app.exception
    return app


@pytest.mark.parametrize("typed_first", [False, True])
def test_a_commit_right_after_a_change_stores_what_was_said_last(
    open_page: Open, job: PlayedJob, typed_first: bool
):
    app = open_page("lessons", lesson="cube")
    if typed_first:
        app.text_input[0].set_value("3").run()
        app.select_slider[0].set_value(25.0)
    else:
        app.text_input[0].set_value("1e2")
    at_once(app)
    assert [guess.said for guess in Store().guesses()] == ["25" if typed_first else "1e2"]


@pytest.mark.parametrize("form", [Number("times", 1, 1e7), Number("%", 0.3, 70), Number("s", 2e-6, 5e-3)])
def test_the_slider_is_even_on_a_log_scale_and_reads_as_it_is_shown(form: Number):
    steps = scale(form)
    assert (steps[0], steps[-1]) == (form.low, form.high) and steps == sorted(set(steps))
    assert all(1 < after / one < 1.4 for one, after in pairwise(steps[1:-1]))
    assert len({f"{step:,.12g}" for step in steps}) == len(steps)


def test_a_choice_needs_no_run_and_is_revealed_at_once(open_page: Open, fakes: None):
    app = open_page("lessons", lesson="choice")
    assert app.radio[0].value is None and app.radio[0].options == ["packing", r"vectors, a\*b\*c", "threads"]
    app.button(key="commit").click().run()
    assert NOTHING in text(app)
    app.radio[0].set_value("many").run()
    app.button(key="commit").click().run()
    assert alt(app).startswith("Which a*b*c? Guess: threads. Found: vectors, a*b*c. vectors, a*b*c 4.00 times")
    assert r"Found was: vectors, a\*b\*c. So it is." in text(app)
    assert [answer.guess and answer.guess.said for answer in Store().answers(lesson="choice")] == ["many"]


def test_an_order_has_a_place_for_each_once(open_page: Open, fakes: None):
    app = open_page("lessons", lesson="sequence")
    app.button_group(key="guess of sequence").set_value(["many", "wide"]).run()
    assert "1. threads\n2. vectors" in text(app) and "1 to go" in text(app)
    app.button(key="commit").click().run()
    assert ALL in text(app) and not Store().guesses()
    app.button_group(key="guess of sequence").set_value(["many", "wide", "pack"]).run()
    app.button(key="commit").click().run()
    assert Store().guesses()[0].said == "many,wide,pack" and "1 of 3 pairs stand the other way round" in text(
        app
    )
    app.button(key="all").click().run()
    assert r"You said **threads first**, found **vectors, a\*b\*c first**: 1 of 3 pairs" in text(app)


# -- what goes wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "results", "said"),
    [
        ("failed", [], "The run failed."),
        ("cancelled", [], "The run was cancelled."),
        ("done", [Refusal(Case("gelu/expression", 1000), "Too little memory.")], "Too little memory."),
        ("done", [], "did not bring what the lesson asks for"),
    ],
)
def test_a_run_without_an_answer_keeps_the_guess_and_can_be_tried_again(
    open_page: Open, job: PlayedJob, state: str, results: list[Any], said: str
):
    app = guessed(open_page)
    job.state, job.results, job.error = state, results, "The worker was killed."
    app.run()
    assert (
        said in text(app) and "The guess stays as it is." in text(app) and "You said: 2.50 times" in text(app)
    )
    assert not Store().answers()
    job.state, job.results, job.id = "running", [], "another"
    app.button(key="commit").click().run()
    assert len(job.asked) == 2 and "commit" not in keys(app)
    ended(job, app)
    (answer,) = Store().answers()
    assert answer.guess == Store().guesses()[0] and len(Store().guesses()) == 1


def test_what_the_runner_refuses_is_said_and_the_guess_kept(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise BadInput("The queue is full.")

    monkeypatch.setattr(runner, "submit", refuse)
    app = guessed(open_page)
    assert "The queue is full. The guess stays as it is." in text(app) and "commit" in keys(app)
    assert [guess.said for guess in Store().guesses()] == [" 2.50"]


def test_a_store_that_takes_nothing_is_a_warning_and_the_lesson_goes_on(
    open_page: Open, job: PlayedJob, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(Store, "add", full)
    app = guessed(open_page)
    assert "The disk is full. The guess waits in" in text(app)
    ended(job, app)
    assert "The disk is full. The answer waits in" in text(app) and "4.8 times too low" in text(app)


# -- another time, another tab, another machine --------------------------------------------------------------


def test_a_reload_in_mid_run_finds_the_guess_and_brings_the_answer(open_page: Open, job: PlayedJob):
    guessed(open_page)
    app = open_page("lessons", lesson="cube", job=job.id)
    assert "You said: 2.50 times" in text(app) and app.progress and "commit" not in keys(app)
    ended(job, app)
    assert "4.8 times too low" in text(app) and len(Store().answers()) == 1


def test_two_tabs_that_see_the_end_store_one_answer(open_page: Open, job: PlayedJob):
    first, second = guessed(open_page), open_page("lessons", lesson="cube", job=job.id)
    for tab in (first, second):
        assert "4.8 times too low" in text(ended(job, tab))
    tries._finish(cached.tries()[job.id], job.results)  # as where both look at once
    assert len(Store().answers()) == 1


def test_a_guess_whose_tab_was_closed_is_listed_as_not_measured_and_can_be_measured(
    open_page: Open, job: PlayedJob
):
    keep(Store(), guess_now("cube", "7"), machine.detect())
    assert "You said **7 times** on" in text(open_page("lessons"))
    app = open_page("lessons", lesson="cube")
    assert "guessed and not measured" in text(app) and "You said: 7 times" in text(app)
    app.button(key="commit").click().run()
    other = open_page("lessons", lesson="cube")
    assert "Another tab waits" in text(other) and "commit" not in keys(other)
    assert "1.7 times too low" in text(ended(job, app)) and len(Store().guesses()) == 1


def test_a_run_whose_tab_was_closed_is_answered_at_the_next_look(open_page: Open, job: PlayedJob):
    guessed(open_page)
    job.results, job.state = list(answers("cube", 12.0).results), "done"
    other = open_page("lessons", lesson="cube")
    assert "4.8 times too low" in text(other) and len(Store().answers()) == 1


def test_a_run_that_was_cancelled_and_seen_by_nobody_can_be_measured_again(open_page: Open, job: PlayedJob):
    guessed(open_page)
    job.state = "cancelled"
    other = open_page("lessons", lesson="cube")
    assert "guessed and not measured" in text(other) and "commit" in keys(other)


def test_another_job_in_between_does_not_take_the_answer_away(
    open_page: Open, job: PlayedJob, monkeypatch: pytest.MonkeyPatch
):
    app, later = guessed(open_page), PlayedJob(id="later", state="done")
    job.results, job.state = list(answers("cube", 12.0).results), "done"
    monkeypatch.setattr(runner, "find", {job.id: job, later.id: later}.get)
    app.session_state["watch"] = Watch(later.id, "")  # as another page starts one before this is seen again
    app.run()
    assert "4.8 times too low" in text(app) and len(Store().answers()) == 1


def test_a_double_click_makes_one_guess_and_one_run(open_page: Open, job: PlayedJob, fakes: None):
    def twice() -> None:
        from accel_core.lessons.keeping import guess_now
        from app.session import tries

        for name in ("cube", "share"):
            tries.commit(name, "5")
            tries.commit(name, "5")
        for _ in range(2):
            tries.measure(guess_now("traffic", "7"))

    AppTest.from_function(twice).run()
    assert sorted(guess.lesson for guess in Store().guesses()) == ["cube", "share"]
    assert [len(Store().answers(lesson=name)) for name in ("cube", "share")] == [0, 1]
    assert len(job.asked) == 2


def test_an_answer_of_before_is_shown_with_its_date_and_can_be_done_again(open_page: Open, job: PlayedJob):
    older, guess = (
        replace(guess_now("cube", said), committed=f"2026-01-0{day}T09:00:00.000000+00:00")
        for said, day in (("3", 4), ("100", 5))
    )
    before = replace(
        answer_now("cube", guess, answers("cube", 5.0)), created="2026-01-05T10:00:00.000000+00:00"
    )
    for record in (older, guess, before):
        keep(Store(), record, machine.detect())
    app = open_page("lessons", lesson="cube")
    assert "Answered on 5 Jan 2026." in text(app) and "20 times too high" in text(app)
    app.button(key="again").click().run()
    assert app.text_input(key="guess of cube").value == "" and not app.get("plotly_chart")
    app.text_input(key="guess of cube").set_value("6")
    app.button(key="commit").click().run()
    assert "2.0 times too low" in text(ended(job, app)) and len(Store().answers()) == 2


def test_an_answer_of_another_machine_is_called_that_and_gives_nothing_away(open_page: Open):
    other = replace(machine.detect(), cpu="Elsewhere 9000", fingerprint="elsewhere")
    keep(Store(), answer_now("cube", None, replace(answers("cube", 5.0), machine=other)), other)
    assert "Answered on another machine (Elsewhere 9000), not on this one." in text(open_page("lessons"))
    app = open_page("lessons", lesson="cube")
    assert app.text_input(key="guess of cube") and not app.expander[0].proto.expanded
    assert "Another machine (Elsewhere 9000)" in app.get("plotly_chart")[0].proto.spec


def test_a_disturbed_run_is_called_that(open_page: Open, job: PlayedJob):
    app = guessed(open_page)
    (found,) = answers("cube", 12.0).results
    job.results, job.state = [replace(found, disturbed_reason="Something else was running.")], "done"
    app.run()
    assert "1 of 1 result disturbed. Something else was running. Do it again" in text(app)
    assert "disturbed timing" in app.get("plotly_chart")[0].proto.spec
