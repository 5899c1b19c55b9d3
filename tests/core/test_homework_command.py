"""From the store to a pack, from packs to grades: what the commands write, and to whom it cannot do harm."""

from __future__ import annotations

import csv
import io
import json
import platform
from dataclasses import replace
from pathlib import Path

import pytest
from packs_of import ASSIGNMENT, LIBRARIES, Student

from accel_core import privacy
from accel_core.cli import main
from accel_core.doctor import Check
from accel_core.errors import BadInput
from accel_core.homework.assignment import Ladder
from accel_core.homework.cells import cell
from accel_core.homework.checking.checks import Row, check_packs, packs_in
from accel_core.homework.checking.findings import Finding
from accel_core.homework.checking.report import report_html
from accel_core.homework.checking.tables import COLUMNS, grades_csv, gradescope, write_gradescope
from accel_core.homework.pack import Pack, pack_text, read_pack
from accel_core.homework.packing import make_pack
from accel_core.homework.reading import read_assignment
from accel_core.machine import detect
from accel_core.model import Measurement
from accel_core.model.answers import Answer
from accel_core.store import Entry, Store

Capture = pytest.CaptureFixture[str]
HERE = "s7"


def done_here() -> Pack:
    """What a student did on this machine, saved in its store as the program saves it."""
    pack, store, machine = Student(HERE, detect()).pack(), Store(), detect().fingerprint
    for m in (m for done in pack.experiments for m in done.measurements):
        store.save_measurement(m)
    for done in pack.lessons:
        assert done.guess is not None
        answer = Answer(f"{done.lesson}-1", done.lesson, done.guess, done.created, done.run.to_dict())
        store.add(Entry("answer", answer, machine, LIBRARIES, done.created))
    assert pack.peaks is not None
    for roof in pack.peaks.ceilings:
        store.save_peak(machine, LIBRARIES, roof)
    return pack


def packed_here(since: str | None = None, **answers: str) -> Pack:
    return make_pack(ASSIGNMENT, HERE, Store(), detect(), answers=answers, since=since)


def test_a_pack_holds_what_the_store_has_of_an_assignment(tmp_path: Path) -> None:
    did = done_here()
    made = packed_here(since=did.begun, why="Vectors.")
    assert made.missing == () and made.begun == did.begun
    ids = [{m.id for m in pack.measurements()} for pack in (made, did)]
    assert ids[0] < ids[1] and len(ids[1] - ids[0]) == 1  # one case of the ladder is in the sweep too
    assert [done.guess for done in made.lessons] == [done.guess for done in did.lessons]
    assert (made.seed, made.fixed) == (did.seed, did.fixed)
    (tmp_path / "pack.json").write_text(pack_text(made), encoding="ascii")
    (row,) = check_packs(packs_in([str(tmp_path)]), ASSIGNMENT)
    assert row.status == "ok", row


def test_without_a_beginning_a_pack_begins_with_what_it_holds() -> None:
    did = done_here()
    first = did.lessons[0].guess
    assert first is not None and packed_here().begun == first.committed


def test_what_is_missing_is_said_part_by_part() -> None:
    assert len(packed_here().missing) == 6
    done_here()
    assert packed_here().missing == ("The question why has no answer.",)
    later = packed_here(since="2027-01-01T00:00:00+00:00", why="x").missing
    assert [said.split(" ")[2] for said in later] == ["library", "power-of-two", "ladder", "blocks"]
    optional = replace(ASSIGNMENT, optional=frozenset(ASSIGNMENT.ids))
    assert make_pack(optional, HERE, Store(), detect(), answers={}).missing == ()


def test_the_newest_measurement_that_nothing_disturbed_is_taken() -> None:
    (old,) = (m for m in done_here().experiments[0].measurements if m.kernel == "matmul/numpy")
    newer = replace(old, id="newer", created="2026-11-05T00:00:00+00:00")
    Store().save_measurement(newer)
    Store().save_measurement(replace(newer, id="worse", created="2026-11-06T00:00:00+00:00", disturbed=True))
    taken = [m.id for m in packed_here().experiments[0].measurements if m.kernel == "matmul/numpy"]
    assert taken == ["newer"]


def test_of_several_answers_to_a_lesson_the_first_guess_counts() -> None:
    first = done_here().lessons[0]
    assert first.guess is not None
    for at, said in enumerate(("11600", "")):
        guess = replace(first.guess, id=f"g{at}", said=said, committed="2026-11-05T00:00:00+00:00")
        answer = Answer(f"later-{at}", "library", guess, "2026-11-05T00:01:00+00:00", first.run.to_dict())
        Store().add(Entry("answer", answer, detect().fingerprint, LIBRARIES, answer.created))
    (guess,) = (done.guess for done in packed_here().lessons if done.lesson == "library")
    assert guess == first.guess


def test_an_answer_in_which_this_program_finds_no_result_does_not_hide_a_later_one() -> None:
    first = done_here().lessons[0]
    assert first.guess is not None
    early = replace(first.guess, id="early", committed="2026-10-01T00:00:00+00:00")
    nothing = replace(first.run, results=[]).to_dict()
    answer = Answer("early", "library", early, "2026-10-01T00:01:00+00:00", nothing)
    Store().add(Entry("answer", answer, detect().fingerprint, LIBRARIES, answer.created))
    assert packed_here().lessons[0].guess == first.guess


def test_a_guess_after_an_answer_that_nobody_guessed_says_since_when_it_was_known() -> None:
    first = done_here().lessons[0]
    assert first.known_since == "" and first.guess is not None
    seen = Answer("seen", "library", None, "2026-10-01T00:01:00+00:00", first.run.to_dict())
    Store().add(Entry("answer", seen, detect().fingerprint, LIBRARIES, seen.created))
    packed = packed_here()
    assert packed.lessons[0].guess == first.guess and packed.lessons[0].known_since == seen.created
    assert Pack.from_dict(json.loads(pack_text(packed))).lessons[0].known_since == seen.created


def test_a_case_that_cannot_run_here_is_no_part_that_is_missing() -> None:
    slow = replace(ASSIGNMENT, experiments=(Ladder("ladder", "matmul", size=4096),), lessons=(), questions=())
    made = make_pack(slow, HERE, Store(), detect(), answers={})
    refused = {refusal.case.kernel for refusal in made.experiments[0].refusals}
    assert "matmul/python_loops" in refused and "matmul/python_loops" not in made.missing[0]


@pytest.mark.parametrize("student", ["", "  ", "a" * 101, "a\nb", "a\x00"])
def test_an_id_that_is_none_is_refused(student: str) -> None:
    with pytest.raises(BadInput, match="student's id"):
        make_pack(ASSIGNMENT, student, Store(), detect(), answers={})


def test_answers_to_no_question_and_novels_are_refused() -> None:
    with pytest.raises(BadInput, match="did you mean 'why'"):
        packed_here(whi="x")
    with pytest.raises(BadInput, match="no text of at most"):
        packed_here(why="x" * 20_001)


def test_a_pack_names_neither_the_account_nor_its_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "home", lambda: "/home/ada.lovelace")
    monkeypatch.setattr(privacy, "names", lambda: {"ada.lovelace"})
    (m, *_) = done_here().experiments[0].measurements
    there = replace(LIBRARIES, overrides={"NUMBA_CPU_NAME": "/home/ada.lovelace/x"})
    Store().save_measurement(replace(m, id="new", created="2026-11-05T00:00:00+00:00", environment=there))
    done = Student("other", detect()).lesson("power-of-two")
    results = [replace(r, environment=there) for r in done.run.every(Measurement)]
    answer = Answer("a", done.lesson, done.guess, done.created, replace(done.run, results=results).to_dict())
    Store().add(Entry("answer", answer, detect().fingerprint, there, "2026-11-01T00:00:00+00:00"))
    roof = Student("other", detect()).peaks().ceilings[0]
    Store().save_peak(detect().fingerprint, there, replace(roof, value=1e12))
    check = Check("cache", True, "It lies in /home/ada.lovelace/.cache and /srv/ada.lovelace/cache.")
    made = make_pack(ASSIGNMENT, HERE, Store(), detect(), answers={}, checks=[check])
    text = pack_text(made)
    assert "lovelace" not in text and "~/.cache" in text and "new" in {m.id for m in made.measurements()}
    assert platform.node() not in text or len(platform.node()) < 4


# -- grades --------------------------------------------------------------------------------------------------

HARM = [
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "<script>alert(1)</script>",
    "a\nb",
    "\ud800",
]


@pytest.mark.parametrize("text", HARM)
def test_what_a_student_types_is_neither_a_formula_nor_markup(text: str) -> None:
    finding = Finding("file", "look", text)
    row = Row(text, text, "look", (finding,), (("why", text),))
    table = grades_csv([row])
    (line,) = list(csv.DictReader(io.StringIO(table)))
    assert tuple(line) == COLUMNS
    assert all(value[:1] not in tuple("=+-@\t\r") for value in line.values() if value)
    page = report_html([row], replace(ASSIGNMENT, title=text))
    assert "<script" not in page and "<table>" in page
    page.encode("utf-8"), table.encode("utf-8")
    json.dumps(gradescope(row)).encode("ascii")


def test_a_usual_id_stays_as_it_is() -> None:
    assert [cell(text) for text in ("s123", "Müller, Ana", "")] == ["s123", "Müller, Ana", ""]


def test_no_part_of_a_cell_is_a_formula_where_semicolons_end_cells() -> None:
    assert [cell(text) for text in ("x;=1+1;y", "x; @a", "a; b")] == ["x;'=1+1;y", "x; '@a", "a; b"]
    assert cell("\uff1d1+1") == "'\uff1d1+1"


def test_a_name_too_long_for_a_folder_costs_no_other_pack_its_results(tmp_path: Path) -> None:
    row = Row(r"\xe9" * 80, status="unreadable")
    paths = write_gradescope([row, replace(row, file=row.file + "b"), replace(row, file="c")], tmp_path)
    assert len(set(paths)) == 3 and all(path.is_file() for path in paths)


def test_gradescope_gets_a_point_for_each_part_and_findings_for_the_instructor(tmp_path: Path) -> None:
    found = (Finding("clock", "impossible", "It is."), Finding("shared samples", "look", "Look."))
    row = Row("a/pack.json", "s1", "impossible", found, (("why", ""), ("ladder", "It lacks.")), None)
    (path,) = write_gradescope([row], tmp_path)
    assert path == tmp_path / "a" / "pack.json" / "results.json"
    data = json.loads(path.read_text(encoding="ascii"))
    assert data["score"] == 1.0 == sum(test["score"] for test in data["tests"])
    assert {test["name"]: test["visibility"] for test in data["tests"]} == {
        "why": "visible",
        "ladder": "visible",
        "clock": "hidden",
        "shared samples": "hidden",
    }
    assert "impossible" not in data["output"] and data["extra_data"]["status"] == "impossible"
    outside = replace(row, file="../../x")
    assert write_gradescope([outside], tmp_path) == [tmp_path / "x" / "results.json"]


# -- the command line ----------------------------------------------------------------------------------------

SHORT = 'title = "Short"\n[[questions]]\nid = "why"\ntext = "Why?"\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an assignment that asks for one answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(SHORT, encoding="utf-8")
    return tmp_path


def test_a_student_packs_and_an_instructor_checks(here: Path, capsys: Capture) -> None:
    (here / "answers.toml").write_text('why = "Because."\n', encoding="utf-8")
    (here / "packs").mkdir()
    for student, more in (("s1", ["--answers", "answers.toml"]), ("s2", [])):
        out = ["--student", student, "--out", f"packs/{student}.json"]
        assert main(["homework", "pack", "--assignment", "a.toml", *out, *more]) == 0
    said = capsys.readouterr()
    assert "nothing missing" in said.out and "1 part missing" in said.out
    assert "warning: The question why has no answer." in said.err
    pack = read_pack((here / "packs" / "s1.json").read_text(encoding="ascii"))
    assert pack.answers == {"why": "Because."} and pack.checks
    written = ["--out", "grades.csv", "--html", "report.html", "--gradescope", "results"]
    assert main(["check", "packs", "--assignment", "a.toml", *written]) == 0
    with (here / "grades.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["student"], row["status"]) for row in csv.DictReader(file)] == [
            ("s1", "ok"),
            ("s2", "incomplete"),
        ]
    assert "determined forger" in (here / "report.html").read_text(encoding="utf-8")
    assert (here / "results" / "s2.json" / "results.json").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["homework", "check-assignment", "no.toml"], "cannot be read"),
        (["homework", "check-assignment", "bad.toml"], "'bad.toml' has 2 mistakes. title is missing"),
        (["homework", "pack", "--assignment", "a.toml", "--student", " "], "student's id"),
        (["homework", "pack", "--assignment", "a.toml", "--student", "s", "--answers", "no"], "cannot be read"),
        (["homework", "pack", "--assignment", "a.toml", "--student", "s", "--answers", "x.toml"], "no TOML"),
        (["homework"], "ACTION"),
        (["homework", "grade"], "invalid choice"),
        (["check", "none", "--assignment", "a.toml", "--out", "g.csv"], "'none' is not there"),
        (["check", "empty", "--assignment", "a.toml", "--out", "g.csv"], "There are no packs"),
        (["check", "a.toml", "--assignment", "bad.toml", "--out", "g.csv"], "title is missing"),
        (["check", "a.toml", "--assignment", "a.toml", "--out", "no/g.csv"], "cannot be written"),
    ],
)
def test_what_a_command_cannot_use_is_said_in_one_sentence(
    here: Path, capsys: Capture, words: list[str], said: str
) -> None:
    (here / "bad.toml").write_text("lessons = [1]\n", encoding="utf-8")
    (here / "x.toml").write_text("why = \n", encoding="utf-8")
    (here / "empty").mkdir()
    assert main(words) in (1, 2)
    assert said in capsys.readouterr().err


def test_mistakes_of_an_assignment_are_an_answer_in_json(here: Path, capsys: Capture) -> None:
    (here / "bad.toml").write_text("lessons = [1]\n", encoding="utf-8")
    assert main(["homework", "check-assignment", "bad.toml", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert not answer["ok"] and len(answer["mistakes"]) == 2
    assert main(["homework", "check-assignment", "a.toml", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] and answer["hash"] == read_assignment(SHORT).hash and answer["expected_s"] == 0
