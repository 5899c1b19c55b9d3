"""Simulations in the server: shared by all sessions, within bytes, and the long ones beside no measurement."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Open

from accel_core import runner
from accel_core.cache import Trace, compiling
from accel_core.runner import readying
from accel_core.runner.promise import Promise
from accel_core.runner.tickets import open_queue
from app.session import awaited, cached, jobs, readied
from app.session.kept import Kept
from app.session.simulating import Request, Work
from app.traversal import runs as traversal_page


def test_a_second_session_gets_the_very_trace_of_the_first_and_nobody_can_change_it(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Trace] = []
    runs = traversal_page.runs
    monkeypatch.setattr(
        traversal_page, "runs", lambda *args: found.append((done := runs(*args))[0].trace) or done
    )
    open_page("traversal", n="16")
    open_page("traversal", n="16")
    assert found[0] is found[1]
    with pytest.raises(ValueError, match="read-only"):
        found[0].address[0] = 1
    assert found[0].address.base is None, "the accesses before the window are not kept with it"


def test_a_long_simulation_waits_until_who_measures_has_ended_and_the_page_says_so(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, said = open_queue(), []
    theirs = queue.enter("another")
    assert queue.take_turn(theirs)
    monkeypatch.setattr(awaited, "SHORT", 0)
    monkeypatch.setattr(awaited, "_compile_s", lambda: 0.0)

    class Line:
        def progress(self, value: float, text: str) -> None:
            said.append(text)
            if "1 measurement" in text:
                queue.leave(theirs)

        def empty(self) -> None: ...

    monkeypatch.setattr(awaited.st, "empty", Line)
    app = open_page("traversal", n="16")
    assert any("waits: 1 measurement" in text for text in said)
    assert not app.error and not queue.places()


def test_a_short_simulation_waits_for_nobody(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited, "_compile_s", lambda: 0.0)
    monkeypatch.setattr(cached, "long_simulator", lambda: pytest.fail("it queued"))
    assert not open_page("traversal", n="16").error


def test_another_process_compiles_the_simulator_before_this_one_needs_it(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(compiling, "compile_elsewhere", lambda: made.append(compiling.PROGRAM))
    monkeypatch.setattr(awaited, "_compile_s", lambda: 0.0 if made else 5.0)
    assert not open_page("traversal", n="16").error
    (program,) = made
    exec(program, {})


class _Now:
    """A simulator whose turn has come."""

    def ask(self, owner: str, group: str, work: Work) -> None:
        work(lambda event: None)


@pytest.mark.parametrize("compile_s", [20.0, 0.0])
def test_a_lesson_is_compiled_while_its_question_is_read(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, compile_s: float
) -> None:
    made: list[Mapping[str, Any]] = []
    monkeypatch.setattr(readying, "compile_elsewhere", lambda job, look: made.append(job))
    monkeypatch.setattr(readied, "_asked", {})
    monkeypatch.setattr(cached, "long_simulator", _Now)
    monkeypatch.setattr(jobs, "promise", lambda job: Promise(1.0, (compile_s + 3.0,), compile_s))
    app = open_page("lessons", lesson="order-misses")
    told = [one.value for one in app.caption if "go to compiling" in one.value]
    if compile_s:
        assert [job["kind"] for job in made] == ["simulate"] and "About 20 s" in told[0]
    else:
        assert made == told == []


def test_who_starts_a_job_waits_for_the_compiler_of_no_other(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    class Later:
        """A simulator whose turn does not come."""

        def ask(self, owner: str, group: str, work: Work) -> Request:
            asked.append(Request(owner, group, 0, 0, work))
            return asked[-1]

    monkeypatch.setattr(readied, "_asked", {})
    monkeypatch.setattr(cached, "long_simulator", Later)
    monkeypatch.setattr(jobs, "promise", lambda job: Promise(1.0, (20.0,), 20.0))
    monkeypatch.setattr(runner, "submit", lambda job, *args, **named: SimpleNamespace(id="j"))
    open_page("lessons", lesson="library").run()
    app = open_page("lessons", lesson="order-misses").run()
    assert len(asked) == 2, "a page that is drawn anew asks no more"
    app.button(key="skip").click().run()
    assert [request.given_up for request in asked] == [True, False]


def test_what_links_ask_for_is_kept_within_bytes(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Kept(1 << 20)
    monkeypatch.setattr(cached, "simulations", lambda: few)
    for start in range(0, 10_000, 1000):
        app = open_page("traversal", n="16", **{"from": str(start)})
        assert not app.error and 0 < few.size_bytes <= few.most_bytes
