"""Guesses and answers of lessons in the store: as they were given, newest first, none lost with a neighbour."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from store_tables import execute
from test_lessons import answers as a_run
from test_pinned import PINNED, fingerprint

from accel_core.cli import main
from accel_core.errors import StoreUnavailable
from accel_core.lessons import Run, lesson
from accel_core.lessons.keeping import answer_now, guess_now, keep
from accel_core.machine import detect
from accel_core.model.answers import Answer, Guess
from accel_core.store import Store
from accel_core.store.tables import PARTS


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url)


def a_guess(number: int = 0, lesson: str = "cube", said: str = "12") -> Guess:
    return Guess(f"g{number}", lesson, said, f"2026-01-01T00:00:{number:02d}+00:00")


def test_a_guess_and_its_answer_come_back_as_they_went_in(store: Store) -> None:
    here = detect()
    guess = guess_now("cube", " 1e1 ")
    answer = answer_now("cube", guess, a_run("cube", 4.0))
    for record in (guess, answer, guess, answer):  # once, however often
        assert keep(store, record, here) == ""
    assert store.guesses(here.fingerprint) == [guess] and guess.said == " 1e1 "
    (back,) = store.answers(here.fingerprint)
    assert back.guess == guess and back.created == answer.created > guess.committed
    assert float(lesson("cube").truth(Run.from_dict(back.run)).value) == 4.0


def test_they_are_found_by_machine_and_by_lesson_newest_first(store: Store) -> None:
    here = detect()
    elsewhere = replace(here, fingerprint="other")
    for number, name, machine in ((0, "cube", here), (2, "cube-root", here), (1, "cube", elsewhere)):
        keep(store, a_guess(number, name), machine)
    assert [one.id for one in store.guesses()] == ["g2", "g1", "g0"]
    assert [one.id for one in store.guesses(here.fingerprint)] == ["g2", "g0"]
    assert [one.id for one in store.guesses(lesson="cube")] == ["g1", "g0"]
    assert [one.id for one in store.guesses("other", lesson="cube")] == ["g1"]
    assert store.answers() == []


def test_two_guesses_of_one_moment_are_two(store: Store) -> None:
    for one in (a_guess(), replace(a_guess(), id="other", said="3")):
        keep(store, one, detect())
    assert sorted(one.said for one in store.guesses()) == ["12", "3"]


def test_a_damaged_row_costs_itself_and_is_counted(store: Store) -> None:
    for number in range(4):
        keep(store, a_guess(number), detect())
    keep(store, Answer("a", "cube", a_guess(), "2026-01-01T00:00:09+00:00", {}), detect())
    rows = ('{"id": "x"', json.dumps({**a_guess().to_dict(), "committed": "then"}), json.dumps(["cube"]))
    for row, payload in enumerate(rows, 1):
        execute(store, f"UPDATE {PARTS.name} SET payload = :payload WHERE row = :row", payload=payload, row=row)
    assert [one.id for one in store.guesses()] == ["g3"] and len(store.answers()) == 1
    assert "3 damaged" in store.skipped


def test_a_store_of_before_has_none_and_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((PINNED / "records.sql").read_text(encoding="utf-8"))
        machine, store = fingerprint(connection), Store(f"sqlite:///{path}")
        assert store.guesses() == [] and store.answers() == []
        before, peaks = store.measurements(machine), store.peaks(machine)
        keep(store, a_guess(), replace(detect(), fingerprint=machine))
    assert store.guesses(machine) == [a_guess()] and store.skipped == ""
    assert store.measurements(machine) == before and store.peaks(machine) == peaks


def test_what_the_store_does_not_take_waits_and_is_said(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(entry: object) -> None:
        raise StoreUnavailable("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(store, "add", full)
        said = keep(store, a_guess(), detect())
    assert said.startswith("The disk is full. The guess waits in") and store.guesses() == []
    store.take_in()
    assert store.guesses() == [a_guess()]


def test_nothing_is_kept_of_a_pretend_host(store: Store) -> None:
    assert keep(store, a_guess(), replace(detect(), pretended="host.json")) == ""
    assert store.guesses() == []


def test_the_command_stores_the_guess_before_the_run_and_the_answer_after(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def run(job: object) -> object:
        seen.append(len(Store().guesses(lesson="cube")) - len(Store().answers()))
        return a_run("cube", 12.0).results

    monkeypatch.setattr("accel_core.cli.lessons.run_job", run)
    assert main(["lesson", "cube", "--guess", "2.50"]) == 0
    assert main(["lesson", "cube"]) == 0
    assert seen == [1, 0]
    (guess,) = Store().guesses(detect().fingerprint)
    without, within = Store().answers(detect().fingerprint)
    assert guess.said == "2.50" and within.guess == guess and without.guess is None
