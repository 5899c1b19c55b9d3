"""`accel arena ...`: what it prints, what it asks for, and how it ends."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from arena_records import CODE, EVENT, a_verdict, an_entry
from figure_records import ENVIRONMENT, ceilings, peaks
from test_store import NEW

from accel_core import wall
from accel_core.arena.files import event
from accel_core.arena.starter import starter
from accel_core.cli import arena as commands
from accel_core.cli import arena_text, main, passphrase
from accel_core.machine import detect
from accel_core.model import Ruling, SizeResult, Verdict
from accel_core.model.arena import BaselineTime
from accel_core.model.words import Estimate
from accel_core.store import Entries, Store, persons
from accel_core.studies import arena as desk
from accel_core.studies.arena.alone import JudgedElsewhere

Capture = pytest.CaptureFixture[str]
NAME = "matmul-one"
TIME = Estimate(5e-3, 4.9e-3, 5.1e-3, 9)
SIZE = SizeResult((512, 512, 512), False, 2 * 512**3, 3 << 20, TIME, roof_s=3e-3, bound_by="compute", score=0.6)


@pytest.fixture(autouse=True)
def standing(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    said = SimpleNamespace(stands=True, reason="")
    monkeypatch.setattr(wall, "standing", lambda: said)
    monkeypatch.setattr(persons, "LOG2_N", 4)  # takes no time
    monkeypatch.setattr(persons, "P", 1)
    return said


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The jobs that a command had run, each judged with 60."""
    asked: list[dict[str, Any]] = []

    def run(job: dict[str, Any]) -> list[object]:
        asked.append(job)
        return [a_verdict(1, "", 60.0, event=NAME, sizes=(SIZE,), tried=True, walled=job.get("walled", True))]

    monkeypatch.setattr(commands, "run_job", run)
    return asked


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(CODE, encoding="utf-8")
    return str(path)


def answer(capsys: Capture, *words: str) -> dict[str, Any]:
    assert main(["arena", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def keep_roofs() -> None:
    for part in peaks().ceilings:
        Store().save_peak(detect().fingerprint, NEW, part)


# -- try -----------------------------------------------------------------------------------------------------


def test_a_try_prints_the_verdict_and_asks_for_the_roofs_first(
    file: str, jobs: list[dict[str, Any]], capsys: Capture
) -> None:
    found = answer(capsys, "try", file, "--event", NAME)
    assert [job["kind"] for job in jobs] == ["peaks", "arena"]
    assert {"verdict", "reason", "score", "sizes", "walled"} <= set(found)
    assert (found["verdict"], found["score"], found["sizes"][0]["shape"]) == ("accepted", 60.0, [512, 512, 512])
    keep_roofs()
    jobs.clear()
    answer(capsys, "try", file, "--event", NAME)
    (job,) = jobs
    assert (job["code"], job["tried"], job["walled"], job["entry"]) == (CODE, True, True, "") and job[
        "ceilings"
    ]


def test_without_a_wall_a_try_runs_all_the_same_and_says_so(
    file: str, jobs: list[dict[str, Any]], standing: SimpleNamespace, capsys: Capture
) -> None:
    standing.stands, standing.reason = False, "bwrap is not installed."
    assert main(["arena", "try", file, "--event", NAME, "--json"]) == 0
    said = capsys.readouterr()
    assert "without a wall: bwrap is not installed." in said.err
    assert json.loads(said.out)["walled"] is False and jobs[-1]["walled"] is False


@pytest.mark.parametrize(
    ("raw", "says"), [(b"#" * 65537, "longer than 64 KiB"), (b"\xff\xfe", "no UTF-8 text, from its byte 0 on")]
)
def test_a_file_that_is_not_taken_is_refused_without_a_job(
    raw: bytes, says: str, tmp_path: Path, jobs: list[dict[str, Any]], capsys: Capture
) -> None:
    (tmp_path / "odd.py").write_bytes(raw)
    found = answer(capsys, "try", str(tmp_path / "odd.py"), "--event", NAME)
    assert (found["verdict"], found["stage"], found["score"], found["sizes"]) == ("refused", "read", None, [])
    assert says in found["reason"] and not jobs


def test_a_dash_reads_standard_input(
    jobs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    keep_roofs()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(CODE.encode())))
    answer(capsys, "try", "-", "--event", NAME)
    assert jobs[-1]["code"] == CODE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files on this system")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["pipe", "terminal", "socket"])
@pytest.mark.parametrize("words", [["try", "FILE", "--event", NAME], ["event", "check", "FILE"]], ids=" ".join)
def test_what_would_be_waited_for_for_ever_is_no_file(
    name: str, words: list[str], tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / name
    with socket.socket(socket.AF_UNIX) as listening:
        if name == "pipe":
            os.mkfifo(path)
        elif name == "socket":
            listening.bind(str(path))
        else:
            path.symlink_to("/dev/ptmx")
        told = refused(capsys, *(str(path) if word == "FILE" else word for word in words))
    assert "cannot be read (" in told and (name == "socket" or "it is no regular file" in told)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["try", "nowhere.py", "--event", NAME], "'nowhere.py' cannot be read (No such file"),
        (["try", ".", "--event", NAME], "'.' cannot be read"),
        (["try", "a\0b", "--event", NAME], "cannot be read (no name of a file)"),
        (["try", "FILE", "--event", "mamul-one"], "did you mean 'matmul-one'"),
        (["try", "FILE"], "arguments are required: --event"),
        (["board", "--event", "none"], "There is no event 'none'"),
        (["events", "none"], "There is no event 'none'"),
        (["submit", "FILE", "--event", NAME, "--nickname", "a b"], "no nickname"),
        (
            ["submit", "FILE", "--event", NAME, "--nickname", "Ada", "--passphrase", "x"],
            "Unrecognized arguments",
        ),
        (["event", "check", "nowhere.toml"], "cannot be read"),
        ([], "ACTION"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    words: list[str], says: str, file: str, capsys: Capture
) -> None:
    assert main(["arena", *(file if word == "FILE" else word for word in words)]) == 2
    said = capsys.readouterr()
    assert says in said.err and said.err.count("\n") == 1 and said.out == ""


def test_the_text_of_a_verdict_has_its_reason_sizes_and_why() -> None:
    shown = arena_text.verdict(a_verdict(1, "e", 60.0, sizes=(SIZE,)), event(NAME))
    assert "60.0 of 100 (95 % interval 59.0 to 61.0, handed in)" in shown and "It is right." in shown
    assert "512×512×512" in shown and "compute" in shown
    assert "Why: 100 × (0.600)^(1/1) = 60.0" in shown


def test_the_text_of_a_verdict_says_how_it_was_judged() -> None:
    rungs = ("matmul/compiled_ikj", "matmul/numpy")
    size = replace(SIZE, baselines=tuple(BaselineTime(rung, TIME) for rung in rungs))
    found = a_verdict(
        1, "e", 60.0, sizes=(size,), null_s=7e-6, facts={"lines": 12, "threads": 1, "vector_bits": 512}
    )
    shown = " ".join(arena_text.verdict(found, event(NAME)).split())
    for part in ("empty call 7.00 µs", "lines of code 12", "widest vector 512 bit", "wall bubblewrap"):
        assert part in shown, part
    assert "On the instructor's curve that is 100 points" in shown
    alone = arena_text.verdict(replace(found, walled=False, layers=()), event(NAME))
    assert "none stood around it" in alone


def test_a_trial_says_who_disturbed_it() -> None:
    reason = "At size 8 x 8: something else was running."
    found = a_verdict(1, "", 60.0, sizes=(SIZE,), tried=True, disturbed=True, disturbed_reason=reason)
    assert f"{reason} Times of a trial count all the same" in arena_text.verdict(found, event(NAME))
    calm = arena_text.verdict(replace(found, disturbed=False, disturbed_reason=""), event(NAME))
    assert "disturbed" not in calm


def test_what_somebody_else_wrote_cannot_steer_the_terminal() -> None:
    nasty = "\x1b[2J\x1b]0;title\x07 \u202egnp\n\n\raccel: all is well"
    refused = a_verdict(
        1, "e", None, verdict="refused", reason=nasty, failing={"shape": [1], "input": nasty, "got": nasty}
    )
    row = desk.BoardRow(1, False, nasty, 50.0, None, None, nasty[:5], "v", nasty, nasty, "hide", nasty)
    for shown in (
        arena_text.verdict(refused, event(NAME)),
        arena_text.judged([refused], {"e": nasty}),
        arena_text.line(refused, nasty),
        arena_text.board([row]),
    ):
        assert all(letter.isprintable() or letter == "\n" for letter in shown), repr(shown)
    assert "\naccel:" not in arena_text.judged([refused], {"e": nasty})


# -- handing in ----------------------------------------------------------------------------------------------


def test_a_submission_takes_its_passphrase_from_the_environment(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("ACCEL_ARENA_PASSPHRASE", "correct horse")
    found = answer(capsys, "submit", file, "--event", NAME, "--nickname", "Ada", "--open")["entry"]
    (kept,) = Entries(Store()).entries(NAME, "ada")
    assert (found["id"], found["open"], found["person"]) == (kept.id, True, "Ada") and "code" not in found
    monkeypatch.setenv("ACCEL_ARENA_PASSPHRASE", "another one")
    assert main(["arena", "submit", file, "--event", NAME, "--nickname", "ADA"]) == 2
    assert "'Ada' has another passphrase" in capsys.readouterr().err


def test_a_new_nickname_types_its_passphrase_twice_and_a_known_one_once(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.delenv("ACCEL_ARENA_PASSPHRASE", raising=False)
    typed = iter(["correct horse", "correct hose", "correct horse", "correct horse", "correct horse"])
    monkeypatch.setattr(passphrase.getpass, "getpass", lambda prompt: next(typed))
    words = ["arena", "submit", file, "--event", NAME, "--nickname", "Ada"]
    assert [main(words) for _ in range(3)] == [2, 0, 0]
    assert "The two differ" in capsys.readouterr().err and next(typed, None) is None
    monkeypatch.setattr(passphrase.getpass, "getpass", lambda prompt: (_ for _ in ()).throw(EOFError))
    assert main(words) == 2
    assert "set ACCEL_ARENA_PASSPHRASE" in capsys.readouterr().err


def test_without_a_wall_nothing_is_handed_in_or_judged(
    file: str, standing: SimpleNamespace, capsys: Capture
) -> None:
    standing.stands, standing.reason = False, "bwrap is not installed."
    for words in (["submit", file, "--event", NAME, "--nickname", "Ada"], ["judge"]):
        assert main(["arena", *words]) == 2
        assert "the wall does not stand. bwrap is not installed." in capsys.readouterr().err


# -- what is there -------------------------------------------------------------------------------------------


def test_events_are_listed_and_one_is_told_whole(capsys: Capture) -> None:
    names = [one["name"] for one in answer(capsys, "events")["events"]]
    assert NAME in names and answer(capsys, "events", NAME)["event"]["shapes"][0] == [512, 512, 512]
    assert main(["arena", "events"]) == 0
    assert NAME in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "asks", "shows"),
    [(NAME, "Define matmul(a, b, out)", "out\n"), ("misses-32k", "32 KiB", "c[1, 1] hit")],
)
def test_an_event_is_told_with_its_rules_its_example_and_its_starter(
    name: str, asks: str, shows: str, capsys: Capture
) -> None:
    one, data = event(name), answer(capsys, "events", name)
    assert asks in data["statement"][0] and len(data["statement"]) > 3
    assert data["starter"] == starter(one) and data["example"]
    assert main(["arena", "events", name]) == 0
    told = capsys.readouterr().out
    assert asks in told and shows in told and "8 printed sizes and 3 that are drawn" in told
    assert starter(one).rstrip() in told and "`" not in told and "**" not in told
    assert main(["arena", "events", name, "--starter"]) == 0
    assert capsys.readouterr().out == starter(one)


def test_starter_code_is_that_of_one_event(capsys: Capture) -> None:
    assert main(["arena", "events", "--starter"]) == 2
    assert "Starter code is that of one event" in capsys.readouterr().err


def test_a_board_is_printed_with_what_was_annulled_below(capsys: Capture) -> None:
    records, here = Entries(Store()), detect().fingerprint
    for number, person in ((1, "Ada"), (2, "Bob")):
        records.add(an_entry(number, person, event=NAME))
        first = a_verdict(10 * number, f"entry{number}", 50.0 + number, event=NAME, fingerprint=here)
        records.add(first)
        records.add(replace(first, id=f"second of {first.id}", score=50.0, confirms=first.id))
    records.add(Ruling("entry2", "annul", "It was Ada's.", "2026-02-01T00:00:00+00:00"))
    rows = answer(capsys, "board", "--event", NAME)["rows"]
    assert [(row["rank"], row["person"], row["reason"]) for row in rows] == [
        (1, "Ada", ""),
        (None, "Bob", "It was Ada's."),
    ]
    elsewhere = answer(capsys, "board", "--event", NAME, "--machine", "other")
    assert (elsewhere["rows"], elsewhere["roofs"]) == ([], None)
    for roof in ceilings():
        Store().save_peak(here, ENVIRONMENT, roof)
    roofs = answer(capsys, "board", "--event", NAME)["roofs"]
    assert (roofs["flop_per_s"], roofs["threads"], roofs["bandwidth_byte_per_s"]["L2"]) == (117.7e9, 1, 115.0e9)
    assert main(["arena", "board", "--event", NAME]) == 0
    said = capsys.readouterr().out
    assert "annulled: It was Ada's." in said and "(118 GFLOP/s on one thread; last measured 20" in said


# -- one entry, or those of one person -----------------------------------------------------------------------


def keep_entry(number: int = 1, person: str = "Ada", **changes: object) -> None:
    """An entry that was confirmed."""
    records = Entries(Store())
    records.add(persons.person_now(person, "correct horse"))
    records.add(an_entry(number, person, event=NAME, **changes))
    first = a_verdict(10 * number, f"entry{number}", 50.0, event=NAME, fingerprint=detect().fingerprint)
    records.add(first)
    records.add(replace(first, id=f"second of {first.id}", confirms=first.id))


def refused(capsys: Capture, *words: str) -> str:
    assert main(["arena", *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    return said.err


def test_whoever_may_write_the_store_rules_with_a_reason_that_stands_on_the_board(capsys: Capture) -> None:
    keep_entry()
    ruling = answer(capsys, "rule", "entry1", "--annul", "--reason", "It was Bob's.")["ruling"]
    assert (ruling["entry"], ruling["what"], ruling["reason"]) == ("entry1", "annul", "It was Bob's.")
    (row,) = answer(capsys, "board", "--event", NAME)["rows"]
    assert (row["rank"], row["reason"]) == (None, "It was Bob's.")
    assert main(["arena", "rule", "entry1", "--restore", "--reason", "It was not."]) == 0
    assert capsys.readouterr().out == "The entry entry1 is restored, with the reason: It was not.\n"
    (row,) = answer(capsys, "board", "--event", NAME)["rows"]
    assert row["rank"] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["entry1", "--hide"], "required: --reason"),
        (["entry1", "--reason", "x"], "--hide --annul --restore"),
        (["entry1", "--hide", "--annul", "--reason", "x"], "not allowed with"),
        (["entry9", "--hide", "--reason", "x"], "no entry 'entry9'"),
        (["entry1", "--hide", "--reason", " "], "Give a reason"),
    ],
)
def test_a_ruling_is_one_thing_with_a_reason(words: list[str], says: str, capsys: Capture) -> None:
    keep_entry()
    assert says in refused(capsys, "rule", *words) and Entries(Store()).rulings() == []


def test_code_is_read_where_its_author_opened_it_or_by_its_author_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    evil = "# \x1b[2J\u202e\r\nx = 1\r\n"
    keep_entry(1, open=True, code=evil)
    keep_entry(2)
    assert answer(capsys, "code", "entry1") == {"entry": "entry1", "event": NAME, "code": evil}
    assert main(["arena", "code", "entry1"]) == 0
    assert capsys.readouterr().out == "# \\x1b[2J\\u202e\nx = 1\n"
    shut = "Everybody may read the code if its author hands it in as open. Its author reads it with --nickname."
    assert shut in refused(capsys, "code", "entry2")
    monkeypatch.setenv("ACCEL_ARENA_PASSPHRASE", "correct horse")
    assert answer(capsys, "code", "entry2", "--nickname", "ada")["code"] == CODE
    keep_entry(3, "Bob")
    assert shut in refused(capsys, "code", "entry2", "--nickname", "Bob")
    monkeypatch.setenv("ACCEL_ARENA_PASSPHRASE", "another one")
    assert "another passphrase" in refused(capsys, "code", "entry2", "--nickname", "Ada")
    assert "Nobody has the nickname 'Cy'" in refused(capsys, "code", "entry2", "--nickname", "Cy")
    assert Entries(Store()).person("Cy") is None
    assert "no entry 'entry9'" in refused(capsys, "code", "entry9")
    answer(capsys, "rule", "entry1", "--hide", "--reason", "A rude name.")
    assert "The presenter hid this entry" in refused(capsys, "code", "entry1")


def test_a_history_is_its_own_persons_newest_first(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    keep_entry(1)
    Entries(Store()).add(an_entry(2, "Ada", event="misses-32k"))
    keep_entry(3, "Bob")
    monkeypatch.setenv("ACCEL_ARENA_PASSPHRASE", "correct horse")
    told = answer(capsys, "history", "ada")
    assert told["nickname"] == "Ada" and [one["entry"]["id"] for one in told["entries"]] == ["entry2", "entry1"]
    assert [one["status"] for one in told["entries"]] == ["waiting", "confirmed"]
    assert all("code" not in one["entry"] for one in told["entries"])
    assert [one["best"] for one in answer(capsys, "history", "Ada", "--event", NAME)["entries"]] == [True]
    elsewhere = answer(capsys, "history", "Ada", "--event", NAME, "--machine", "other")["entries"]
    assert [one["status"] for one in elsewhere] == ["waiting"]
    assert main(["arena", "history", "Ada"]) == 0
    said = capsys.readouterr().out
    assert "It waits for its verdict." in said and "50.0  on the board" in said
    monkeypatch.setenv("ACCEL_ARENA_PASSPHRASE", "another one")
    assert "another passphrase" in refused(capsys, "history", "Ada")
    assert "Nobody has the nickname 'Cy'" in refused(capsys, "history", "Cy")


# -- the judge -----------------------------------------------------------------------------------------------


def test_the_judge_tells_each_verdict_and_says_when_nothing_waits(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    waits = [a_verdict(1, "entry1", None, verdict="refused", reason="Wrong.")]

    def judge(*, heard: Any, again: bool, elsewhere: bool, **more: Any) -> list[Verdict]:
        assert again and not elsewhere
        for one in waits:
            heard(SimpleNamespace(entry=an_entry(1)), one)
        return list(waits)

    monkeypatch.setattr(desk, "judge_waiting", judge)
    assert main(["arena", "judge", "--again"]) == 0
    said = capsys.readouterr()
    assert "accel: Ada, quick: refused" in said.err and "1 verdict; nothing waits any more." in said.out
    waits.clear()
    assert answer(capsys, "judge", "--again") == {"verdicts": []}


def test_a_watch_goes_on_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    looked: list[int] = []

    def judge(**more: object) -> list[Verdict]:
        looked.append(1)
        if len(looked) == 2:
            raise JudgedElsewhere("Another one.")
        return []

    def pause(seconds: float) -> None:
        if len(looked) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(desk, "judge_waiting", judge)
    monkeypatch.setattr(commands.time, "sleep", pause)
    assert main(["arena", "judge", "--watch"]) == 130 and len(looked) == 3
    assert "Stopped from the keyboard" in capsys.readouterr().err


def test_the_event_of_these_tests_is_none_of_the_built_in_ones() -> None:
    assert EVENT.name not in {one.name for one in desk.events()}
