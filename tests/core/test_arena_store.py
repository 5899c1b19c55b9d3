"""The arena's records: stored once, found again, never lost, and unknown to nobody's older store."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from arena_records import CODE, HERE, a_verdict, an_entry, moment
from store_tables import IN_A_FILE, execute
from test_store import NEW, a_measurement

from accel_core.errors import BadInput, StoreUnavailable
from accel_core.model import Ruling
from accel_core.runner.storing import Storing
from accel_core.store import Entries, Entry, Store, summary
from accel_core.store.persons import checked_nickname, key_of, person_now
from accel_core.store.tables import METADATA
from accel_core.store.unsaved import of_arena

PINNED = Path(__file__).resolve().parents[1] / "pinned"
RULING = Ruling("entry1", "annul", "It copied another one.", moment(9))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.db"


@pytest.fixture
def records(store_url: str) -> Entries:
    return Entries(Store(store_url))


def test_what_goes_in_comes_out_and_is_there_once(records: Entries) -> None:
    ada = person_now("Ada", "correct horse")
    for record in (ada, an_entry(1), a_verdict(2, "entry1"), RULING) * 2:
        records.add(record)
    assert records.person("ADA") == ada
    assert records.entry("entry1") == an_entry(1)
    assert records.entries() == records.entries("quick", "ada") == [an_entry(1, code="")]
    assert records.verdict("verdict2") == a_verdict(2, "entry1")
    assert records.judged("quick") == records.judged(entry="entry1") == [summary(a_verdict(2, "entry1"))]
    assert records.judged()[0].score == 50.0 and records.judged()[0].verdict == "accepted"
    assert records.rulings() == records.rulings("entry1") == [RULING]
    assert records.mark() == (1, 1, 1, 1)


def test_what_is_asked_for_in_vain_is_nothing(records: Entries) -> None:
    nothing = (records.person("Ada"), records.entry("x"), records.verdict("x"))
    assert nothing == (None, None, None)
    assert (records.entries(), records.judged(), records.rulings(), records.mark()) == (
        [],
        [],
        [],
        (0, 0, 0, 0),
    )
    records.store.save_measurement(a_measurement())
    assert records.entries() == [] and records.judged("quick") == []


def test_a_verdict_on_what_was_only_tried_is_not_stored(records: Entries) -> None:
    records.add(a_verdict(1, "", tried=True))
    assert records.judged() == [] and records.mark()[2] == 0


def test_a_store_of_before_takes_the_new_tables_and_keeps_all_it_had(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((PINNED / "records.sql").read_text(encoding="utf-8"))
        before = list(connection.iterdump())
    records = Entries(Store(f"sqlite:///{path}"))
    assert records.entries() == []
    records.add(an_entry(1))
    assert records.entry("entry1") == an_entry(1)
    with closing(sqlite3.connect(path)) as connection:
        assert set(before) <= set(connection.iterdump())
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert set(METADATA.tables) <= tables
        # what a program of before asks of a store, and looks at in it
        assert connection.execute("SELECT max(version) FROM accel_schema").fetchone() == (1,)


def test_what_the_database_does_not_take_waits_in_files_and_comes_in_later(path: Path, tmp_path: Path) -> None:
    everything = (person_now("Ada", "correct horse"), an_entry(1), a_verdict(2, "entry1"), RULING)
    path.mkdir()  # no database can be there
    blocked = Entries(Store(f"sqlite:///{path}"))
    said = [blocked.keep(record) for record in everything]
    assert all("waits in" in sentence for sentence in said)
    path.rmdir()
    later = Entries(Store(f"sqlite:///{path}"))
    later.store.take_in()
    assert later.mark() == (1, 1, 1, 1) and later.entry("entry1") == an_entry(1)


def test_a_verdict_that_a_job_brings_is_set_aside_where_it_cannot_be_stored(path: Path) -> None:
    path.mkdir()
    storing = Storing(Store(f"sqlite:///{path}", busy_s=0.1))
    verdict = a_verdict(2, "entry1")
    storing.add(Entry("verdict", verdict, HERE, NEW))
    storing.close()
    assert storing.wait(30.0)
    left, sentence = storing.left()
    assert [entry.record for entry in left] == [verdict] and "1 result of this job waits" in sentence
    path.rmdir()
    later = Entries(Store(f"sqlite:///{path}"))
    later.store.take_in()
    assert later.verdict("verdict2") == verdict


def test_a_database_that_is_put_beside_the_store_brings_its_entries(path: Path, tmp_path: Path) -> None:
    old = Entries(Store(f"sqlite:///{tmp_path / 'old.db'}"))
    ada = person_now("Ada", "correct horse")
    for record in (ada, an_entry(1), a_verdict(2, "entry1"), RULING):
        old.add(record)
    folder = path.with_name("records.db.unsaved")
    folder.mkdir()
    (tmp_path / "old.db").rename(folder / "old.db")
    records = Entries(Store(f"sqlite:///{path}"))
    records.store.take_in()
    assert records.mark() == (1, 1, 1, 1) and records.person("ada") == ada


def test_a_damaged_row_costs_no_other(records: Entries) -> None:
    for number in (1, 2, 3):
        records.add(an_entry(number))
        records.add(a_verdict(number, f"entry{number}"))
    worse = json.dumps({**summary(a_verdict(3, "entry3")).to_dict(), "score": "many"})
    for table, number, damaged in (
        ("entries", 2, '{"id": 5}'),
        ("verdicts", 1, "noise"),
        ("verdicts", 3, worse),
    ):
        changed = f"UPDATE accel_arena_{table} SET summary = :damaged WHERE row = :number"
        execute(records.store, changed, damaged=damaged, number=number)
    assert [entry.id for entry in records.entries()] == ["entry1", "entry3"]
    assert [one.id for one in records.judged()] == ["verdict2"]
    assert "3 damaged records were skipped" in records.store.skipped


@IN_A_FILE
def test_a_damaged_file_still_gives_the_entries_that_can_be_read(records: Entries, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "records.db"
    for number in range(200):
        records.add(an_entry(number, code=CODE * 20))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xa5" * 4096)
    found = [entry.id for entry in records.entries()]
    assert 100 < len(found) < 200 and "damaged" in records.store.skipped
    with pytest.raises(StoreUnavailable):
        records.add(an_entry(300))


# -- nicknames and passphrases -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Ada", "ada_99", "Åsa-Ł", "数学", "x" * 24])
def test_a_nickname_is_letters_and_digits(name: str) -> None:
    assert checked_nickname(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "x" * 25,
        "a b",
        "a\nb",
        "<b>a</b>",
        "ada\x1b[31m",
        "ada\u202eneb",
        "ada\u200b",
        "\u3164\u3164\u3164",
        "a\u0301\u0301\u0301",
        "ada\ud800",
        "😀😀",
        "../x",
    ],
)
def test_what_a_page_or_a_terminal_could_be_misled_by_is_no_nickname(name: str) -> None:
    with pytest.raises(BadInput, match="no nickname"):
        checked_nickname(name)


@pytest.mark.parametrize("name", ["\u0430da", "\u0391da", "ada_\u0431"])
def test_a_new_nickname_that_could_look_like_another_one_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"mixes Latin and (Cyrillic|Greek) letters"):
        person_now(name, "correct horse")


@pytest.mark.parametrize("name", ["\u0410\u0434\u0430", "\u0386\u03b4\u03b1", "数学ada", "Łódź-7"])
def test_a_nickname_of_one_alphabet_is_taken(name: str) -> None:
    assert person_now(name, "correct horse").nickname == name


def test_who_has_a_mixed_nickname_keeps_it() -> None:
    assert checked_nickname("\u0430da") == "\u0430da"


def test_capitals_and_forms_of_a_letter_make_no_other_person(records: Entries) -> None:
    assert key_of("STRASSE") == key_of("straße") and key_of("ﬁ") == key_of("FI")
    first, second = person_now("Ada", "the first one"), person_now("aDA", "the second one")
    for person in (first, second):
        records.add(person)
    assert records.person("ada") == first


def test_a_passphrase_is_known_by_its_hash_alone() -> None:
    person = person_now("Ada", "correct horse")
    assert person.fits("correct horse") and not person.fits("correct horsE")
    assert person_now("Ada", "correct horse").digest != person.digest  # its own salt
    assert "correct horse" not in json.dumps(of_arena(person).to_dict())
    with pytest.raises(BadInput, match="8 to 200 characters"):
        person_now("Ada", "short")
