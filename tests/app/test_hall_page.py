"""The presenter's page: the token, a whole course with its keys, a run that fails, and what a reload finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Open
from figure_records import ENVIRONMENT
from streamlit.testing.v1 import AppTest

from accel_core import machine
from accel_core.hall import AGAIN, ASK, COMMIT, END, HALLS, JOIN, REVEAL, RUN, Hall, gate
from accel_core.hall.gate import VARIABLE
from accel_core.lessons import LESSONS, Run
from accel_core.model import Comparison, Estimate, Refusal
from accel_core.model.answers import Answer
from accel_core.store import Entry, Store
from app.hall import entry, live
from app.session import cached, jobs

TOKEN = "a token of the test"
RATIO = 12345.0


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, TOKEN)
    gate.cache_clear()
    HALLS.forget()
    yield
    gate.cache_clear()
    HALLS.forget()


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A job that is handed in, and never measured: the test says what it brings."""
    job = SimpleNamespace(id="a job", state="running", results=[], asked=[], cancelled=0)

    def start(asked: Any) -> None:
        job.asked.append(asked)
        entry.st.session_state["watch"] = jobs.Watch(job.id, "2026-11-27T22:00:00")

    monkeypatch.setattr(jobs, "start", start)
    monkeypatch.setattr(live, "_job", lambda hall: job if hall.job == job.id else None)
    job.cancel = lambda: setattr(job, "cancelled", job.cancelled + 1)
    return job


def compared() -> Comparison:
    """Loops of Python and NumPy's product, RATIO times as fast."""
    ratio = Estimate(RATIO, RATIO * 0.98, RATIO * 1.02, 20)
    asked = LESSONS[0].job(machine.detect())
    assert asked is not None
    ((a, b),) = asked["pairs"]
    return Comparison(a["kernel"], b["kernel"], 64, "float32", 1, 5e-6, 5e-6 * RATIO, ratio)


def presenting(open_page: Open, hall: Hall) -> AppTest:
    assert gate().admit(TOKEN, "a browser", "") == ""
    return open_page("hall", hall=hall.code)


def press(app: AppTest, name: str) -> None:
    app.button(key=f"hall {name}").click().run()
    assert not app.exception and not app.error, app.error


def said(app: AppTest) -> str:
    """All that the page says, its own HTML too."""
    told = [element.proto.body for element in app.get("html")]
    return "\n".join([*told, *(str(e.value) for e in (*app.title, *app.markdown, *app.caption, *app.warning))])


def labels(app: AppTest) -> dict[str, str]:
    return {str(button.key): button.label for button in app.button if str(button.key).startswith("hall ")}


def test_without_the_token_there_is_no_hall(open_page: Open):
    hall = HALLS.open(["library"])
    app = open_page("hall", hall=hall.code)
    assert app.text_input(key="hall token typed") and set(labels(app)) == set()
    assert hall.code not in said(app)


def test_a_wrong_token_is_told_so_and_the_right_one_admits_this_browser(open_page: Open):
    app = open_page("hall")
    for typed in ("wrong", TOKEN[:-1], ""):
        app.text_input(key="hall token typed").input(typed)
        app.button[0].click().run()
        assert "not the token" in app.error[0].value
    app.text_input(key="hall token typed").input(TOKEN)
    app.button[0].click().run()
    assert not app.error and f"Open a hall with {len(LESSONS)} questions" in labels(app).values()
    assert "hall open" in labels(open_page("hall"))  # a reload


def test_a_hall_is_opened_with_the_lessons_of_a_link_and_found_again(open_page: Open):
    gate().admit(TOKEN, "a browser", "")
    app = open_page("hall", lessons=[LESSONS[1].title])
    assert labels(app)["hall open"] == "Open a hall with 1 question"
    app.button(key="hall open").click().run()
    (hall,) = HALLS.recent()
    assert [one.lesson for one in hall.asked] == [LESSONS[1].name]
    assert app.query_params["hall"] == hall.code and hall.code in said(app)
    app.button(key="hall list").click().run()
    assert "not begun" in labels(app)[f"hall {hall.code}"]


def test_the_whole_course(open_page: Open, ran: SimpleNamespace):
    hall = HALLS.open(["library"])
    app = presenting(open_page, hall)
    assert hall.code in said(app) and "data:image/svg" in said(app) and "QR code of" in said(app)
    press(app, "next")
    assert hall.step == ASK and LESSONS[0].question in said(app)
    press(app, "next")
    hall.vote("one", 0, COMMIT, "4711")
    app.run()
    assert "1 guess ·" in said(app) and "4711" not in said(app)
    for _ in range(2):
        press(app, "next")
    hall.vote("one", 0, AGAIN, "9999")
    hall.vote("two", 0, AGAIN, "77")
    app.run()
    assert "2 guesses ·" in said(app) and "9999" not in said(app)
    press(app, "next")
    assert hall.step == RUN and len(ran.asked) == 1 and hall.job == ran.id
    assert app.button(key="hall next").disabled
    ran.state, ran.results = "done", [compared()]
    app.run()
    assert "The answer is here" in said(app) and "12345" not in said(app).replace(",", "")
    press(app, "next")
    (alt,) = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert hall.step == REVEAL and alt.startswith("Both votes on") and "12,300 times" in alt
    assert "1 of 2 within a factor of 2" in said(app) and "1 moved nearer" in said(app)
    assert LESSONS[0].claim.source in said(app) and "recorded" not in said(app)
    press(app, "next")
    assert hall.step == END and "2 phones gave 3 guesses" in said(app)
    press(app, "back")
    assert hall.step == REVEAL
    stored = Store().answers(machine.detect().fingerprint, lesson="library")
    assert [answer.guess for answer in stored] == ([] if machine.detect().pretended else [None])


def test_a_reload_in_the_middle_of_a_run_goes_on_with_it(open_page: Open, ran: SimpleNamespace):
    hall = HALLS.open(["library"])
    press(presenting(open_page, hall), "next")
    app = presenting(open_page, hall)
    press(app, "run")
    again = presenting(open_page, hall)
    assert hall.step == RUN and len(ran.asked) == 1 and again.button(key="hall run").disabled
    press(again, "back")
    assert ran.cancelled == 1 and hall.step == AGAIN


@pytest.mark.parametrize("results", [[], [Refusal("matmul/numpy", "There is no memory for that.")]])
def test_a_run_that_fails_says_so_and_a_recorded_one_stands_in_and_is_named_as_such(
    open_page: Open, ran: SimpleNamespace, results: list[Any]
):
    hall = HALLS.open(["library"])
    for _ in range(3):
        hall.forward()
    app = presenting(open_page, hall)
    press(app, "run")
    ran.state, ran.results = "done", results
    app.run()
    assert "The run brought no answer" in app.error[0].value and hall.question.found is None
    assert app.button(key="hall earlier").disabled and not app.button(key="hall run").disabled
    here = machine.detect()
    run = Run(replace(here, cpu="The same machine"), [compared()])
    for created, lesson in (("2026-01-02T03:04:05+00:00", "library"), ("2026-05-06T03:04:05+00:00", "order")):
        answer = Answer(created, lesson, None, created, run.to_dict())
        Store().keep(Entry("answer", answer, here.fingerprint, ENVIRONMENT, created))
    cached.forget_stored()
    app.run()
    app.button(key="hall earlier").click().run()
    assert not app.error
    press(app, "next")
    assert "A recorded run: measured 2 Jan 2026 on The same machine" in said(app)
    assert hall.question.found is not None and hall.question.found.recorded and hall.step != JOIN


def test_a_run_that_is_left_answers_no_later_question(open_page: Open, ran: SimpleNamespace):
    hall = HALLS.open(["library", "order"])
    app = presenting(open_page, hall)
    press(app, "next")
    press(app, "run")
    ran.state, ran.results = "done", [compared()]
    app.run()
    ran.state = "running"
    press(app, "run")  # again
    press(app, "next")
    assert (hall.step, ran.cancelled) == (REVEAL, 1)
    press(app, "next")
    press(app, "run")
    assert (hall.at, hall.step, len(ran.asked)) == (1, RUN, 3)


def test_a_code_that_is_not_known_shows_the_list(open_page: Open):
    gate().admit(TOKEN, "a browser", "")
    app = open_page("hall", hall="ZZZZ")
    assert "hall open" in labels(app) and "hall" not in app.query_params


def test_a_disturbed_run_is_told_as_one():
    run = Run(machine.detect(), [compared()])
    clean = live.found(LESSONS[0], run, "2026-01-02T00:00:00+00:00", recorded=False)
    other = replace(run, results=[replace(compared(), disturbed_reason="Another program ran.")])
    told = live.found(LESSONS[0], other, clean.created, recorded=True)
    assert told.says == f"1 of 1 result disturbed. Another program ran. {clean.says}"
