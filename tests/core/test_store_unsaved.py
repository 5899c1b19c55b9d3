"""What the database does not take waits, in files or in memory, and is stored once the database takes it."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from disk_records import a_disk
from test_store import NEW, a_measurement, a_roof

from accel_core.errors import StoreUnavailable
from accel_core.model import Comparison, Estimate
from accel_core.model.answers import Answer, Guess
from accel_core.race import Calibration
from accel_core.store import Entry, Store, entries_json, faults
from accel_core.store.tables import PARTS

RATIO = Comparison("matmul/a", "matmul/b", 64, "float32", 1, 1.0, 2.0, Estimate(2.0, 1.9, 2.1, 9))
GUESS = Guess("a", "cube", "12", "2026-01-01T00:00:00+00:00")


def an_entry(number: int = 1) -> Entry:
    record = a_measurement(number)
    return Entry("measurement", record, "fp", NEW, record.created)


ALL_KINDS = [
    an_entry(),
    Entry("ceiling", a_roof(9.0), "fp", NEW),
    Entry("comparison", RATIO, "fp", NEW),
    Entry("calibration", Calibration("gelu", "float32", "C", 1, ()), "fp", NEW),
    Entry("guess", GUESS, "fp", NEW),
    Entry("disk", a_disk(), "fp", NEW),
    Entry("answer", Answer("b", "cube", GUESS, "2026-01-01T00:00:05+00:00", {"results": []}), "fp", NEW),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.db"


def open_store(path: Path) -> Store:
    return Store(f"sqlite:///{path}")


def waiting(path: Path) -> list[Path]:
    return sorted(path.with_name("records.db.unsaved").glob("*"))


def parts(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute(f"SELECT kind, created FROM {PARTS.name} ORDER BY row").fetchall()
    connection.close()
    return found


def test_what_was_set_aside_is_stored_with_the_next_record_as_of_when_it_was_measured(path: Path) -> None:
    before = open_store(path)
    entries = [
        replace(entry, created=f"2026-01-0{day + 1}T00:00:00+00:00") for day, entry in enumerate(ALL_KINDS)
    ]
    for entry in entries:
        before.set_aside(entry)
    assert before.unsaved(entries) == (entries, path.with_name("records.db.unsaved"))
    assert not path.exists() and len(waiting(path)) == len(ALL_KINDS)

    after = open_store(path)  # another program, later
    after.save_measurement(a_measurement(2))
    assert [m.id for m in after.measurements("fp")] == ["id2", "id1"]
    assert sorted(parts(path)) == sorted((entry.kind, entry.created) for entry in entries[1:])
    assert waiting(path) == [] and before.unsaved(entries) == ([], None)


def test_a_record_that_is_added_twice_is_stored_once(path: Path) -> None:
    """As after a kill between the storing and the removal of the file."""
    store = open_store(path)
    for entry in ALL_KINDS * 2:
        store.set_aside(entry)
        store.add(entry)
    assert store.count() == 1 and len(parts(path)) == len(ALL_KINDS) - 1 and waiting(path) == []


def test_the_same_roof_measured_again_is_another_record(path: Path) -> None:
    store = open_store(path)
    for _ in range(2):
        store.save_peak("fp", NEW, a_roof(9.0))
    assert len(parts(path)) == 2


def test_a_held_database_keeps_what_waits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "BUSY_S", 0.05)
    store = open_store(path)
    store.save_measurement(a_measurement(1))
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    store.set_aside(an_entry(2))
    with pytest.raises(StoreUnavailable, match="another program"):
        store.take_in()
    holder.close()
    assert len(waiting(path)) == 1
    store.take_in()
    assert store.count() == 2 and waiting(path) == []


def test_a_file_that_a_page_offered_is_taken_in_from_the_folder(path: Path) -> None:
    folder = path.with_name("records.db.unsaved")
    folder.mkdir()
    (folder / "accel-unsaved.json").write_text(entries_json(ALL_KINDS), encoding="utf-8")
    open_store(path).save_measurement(a_measurement(5))
    assert open_store(path).count() == 2 and len(parts(path)) == len(ALL_KINDS) - 1 and waiting(path) == []


BROKEN = ["", "{", "[]", "null", '{"records": 5}', '{"records": [{}]}', '{"records": [{"type": "refusal"}]}']


SOUND = entries_json([an_entry()])
BROKEN += [SOUND.replace("2026-01-01T", "yesterday"), SOUND.replace("2026-01-01T", "yesterday", 1)]


@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_holds_no_records_costs_no_other_and_stays(path: Path, text: str) -> None:
    folder = path.with_name("records.db.unsaved")
    folder.mkdir()
    (folder / "a.json").write_text(text, encoding="utf-8")
    store = open_store(path)
    store.set_aside(an_entry(3))
    store.save_measurement(a_measurement(4))
    assert [m.id for m in store.measurements("fp")] == ["id4", "id3"]
    assert [file.name for file in waiting(path)] == ["a.json"] and (folder / "a.json").read_text() == text


def test_where_the_stores_folder_takes_no_file_records_wait_in_the_temporary_one(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path.with_name("records.db.unsaved").write_text("no folder")
    open_store(path).set_aside(an_entry())
    (found,) = tmp_path.glob("accel-explorer-*/unsaved-*/*.json")
    other = open_store(tmp_path / "other" / "records.db")
    other.save_measurement(a_measurement(7))
    assert found.exists() and other.count() == 1, "each store takes in its own records only"
    open_store(path).save_measurement(a_measurement(2))
    assert open_store(path).count() == 2 and not found.exists()


def test_where_no_file_can_be_written_records_wait_in_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(path.with_name("records.db.unsaved") / "deep"))
    path.with_name("records.db.unsaved").write_text("no folder")
    store, entry = open_store(path), an_entry()
    store.set_aside(entry)
    assert store.unsaved([entry]) == ([entry], None)
    store.save_measurement(a_measurement(2))
    assert store.count() == 2 and store.unsaved([entry]) == ([], None)


def test_a_database_without_a_file_has_its_waiting_records_in_the_data_folder(accel_home: Path) -> None:
    store, entry = Store("postgresql+none://me:secret@host/name"), an_entry()
    store.set_aside(entry)
    (found,) = accel_home.glob("unsaved-*/*.json")
    assert "secret" not in str(found) + found.read_text()
    (kept,) = json.loads(found.read_text())["records"]
    assert kept["data"] == json.loads(json.dumps(entry.record.to_dict()))


def test_a_database_in_memory_leaves_no_file(accel_home: Path) -> None:
    store = Store("sqlite://")
    store.set_aside(an_entry())
    assert list(accel_home.iterdir()) == []
    store.save_measurement(a_measurement(2))
    assert store.count() == 2


@pytest.mark.parametrize("folder", [None, Path("records.db.unsaved")])
@pytest.mark.parametrize("results", [1, 2])
def test_what_is_said_names_the_reason_the_number_and_the_place(results: int, folder: Path | None) -> None:
    said = faults.unsaved("The disk is full.", results, folder)
    assert said.startswith(f"The disk is full. {results} result") and said.endswith(".") and "\n" not in said
    assert ("memory only" in said) == (folder is None) and (folder is None or str(folder) in said)
