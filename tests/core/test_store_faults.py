"""What goes wrong with a disk: one clear sentence each, and nothing on the disk is changed by it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from test_store import NEW, a_measurement, a_roof

from accel_core.errors import StoreUnavailable
from accel_core.model import Comparison, Estimate
from accel_core.store import Store, faults
from accel_core.store.tables import SCHEMA_VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one measurement and one roof in it."""
    path = tmp_path / "records.db"
    store = Store(f"sqlite:///{path}")
    store.save_measurement(a_measurement(1))
    store.save_peak("fp", NEW, a_roof(9.0))
    return path


def sentence(act: object) -> str:
    """The one sentence with which `act` fails."""
    with pytest.raises(StoreUnavailable) as caught:
        act()  # type: ignore[operator]
    said = str(caught.value)
    assert "\n" not in said and said.endswith(".")
    return said


def both(store: Store) -> list[str]:
    return [
        sentence(lambda: store.measurements("fp")),
        sentence(lambda: store.peaks("fp")),
        sentence(lambda: store.save_measurement(a_measurement(2))),
    ]


def test_a_file_of_garbage_is_called_damaged_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"this is no database " * 500)
    before = path.read_bytes()
    for said in both(Store(f"sqlite:///{path}")):
        assert "damaged" in said and "move it away" in said and str(path) in said
    assert path.read_bytes() == before


def test_a_truncated_file_is_called_damaged_and_left_as_it_is(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    store = Store(f"sqlite:///{path}")
    for read in (lambda: store.measurements("fp"), lambda: store.peaks("fp")):
        try:
            read()
        except StoreUnavailable as error:
            assert "damaged" in str(error)
        else:
            assert "damaged" in store.skipped
    assert "damaged" in sentence(lambda: store.save_measurement(a_measurement(2)))
    assert path.read_bytes() == whole[: len(whole) // 2]


DAMAGE = [
    "{not json",
    '{"kernel": "matmul/numpy"}',
    "[1, 2]",
    '"text"',
    "null",
    "",
    b"\xff\xfe\x00",
    json.dumps({**a_measurement(1).to_dict(), "flop": "many"}),
    json.dumps(a_measurement(1).to_dict()).encode().replace(b"matmul/numpy", b"matmul/num\xffpy"),
]


def damage(path: Path, table: str, column: str, value: object, row: int = 1) -> None:
    """Put `value` into one row of a store."""
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE accel_{table} SET {column} = CAST(? AS TEXT) WHERE row = ?", (value, row))
    connection.close()


@pytest.mark.parametrize("payload", DAMAGE)
def test_a_damaged_measurement_is_skipped_with_a_count_and_stays_where_it_is(
    path: Path, payload: object
) -> None:
    store = Store(f"sqlite:///{path}")
    for number in (2, 3, 4):
        store.save_measurement(a_measurement(number))
    damage(path, "measurements", "payload", payload)
    damage(path, "measurements", "payload", payload, row=3)
    before = path.read_bytes()
    assert [m.id for m in store.measurements("fp")] == ["id4", "id2"]
    assert store.skipped.startswith("2 damaged records were skipped") and str(path) in store.skipped
    assert "\n" not in store.skipped and store.skipped.endswith(".")
    assert path.read_bytes() == before and store.count() == 4
    assert [p.value for p in store.peaks("fp").ceilings] == [9.0]  # type: ignore[union-attr]


@pytest.mark.parametrize("column", ["payload", "environment"])
def test_a_damaged_roof_costs_no_other_roof(path: Path, column: str) -> None:
    store = Store(f"sqlite:///{path}")
    store.save_peak("fp", NEW, a_roof(7.0))
    damage(path, "parts", column, "{not json")
    found = store.peaks("fp")
    assert found is not None and [roof.value for roof in found.ceilings] == [7.0]
    assert store.skipped.startswith("1 damaged record was skipped")


def test_a_damaged_comparison_costs_no_other(path: Path) -> None:
    store = Store(f"sqlite:///{path}")
    ratio = Comparison("matmul/a", "matmul/b", 64, "float32", 1, 1.0, 2.0, Estimate(2.0, 1.9, 2.1, 9))
    store.save("comparison", ratio, "fp", NEW)
    store.save("comparison", ratio, "fp", NEW)
    damage(path, "parts", "payload", "[]", row=2)
    assert store.comparisons("fp") == [ratio]
    assert store.skipped.startswith("1 damaged")


def test_a_sound_store_has_nothing_to_say_of_damage(path: Path) -> None:
    store = Store(f"sqlite:///{path}")
    assert store.measurements("fp") and store.peaks("fp") and store.skipped == ""


def test_a_store_by_a_newer_version_is_neither_read_nor_written(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO accel_schema VALUES (?)", (SCHEMA_VERSION + 1,))
    connection.close()
    before = path.read_bytes()
    for said in both(Store(f"sqlite:///{path}")):
        assert "newer version" in said and f"schema {SCHEMA_VERSION + 1}" in said
    assert path.read_bytes() == before


def test_a_folder_under_a_file_cannot_hold_records(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    store = Store(f"sqlite:///{tmp_path / 'file' / 'deeper' / 'records.db'}")
    said = sentence(lambda: store.save_measurement(a_measurement()))
    assert "cannot be written" in said and "ACCEL_HOME" in said
    assert (tmp_path / "file").read_text() == "a file"


def test_a_read_only_store_is_read_and_says_why_it_is_not_written(path: Path) -> None:
    before = path.read_bytes()
    store = Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert store.measurements("fp") == [a_measurement(1)]
    assert "no permission" in sentence(lambda: store.save_measurement(a_measurement(2)))
    assert path.read_bytes() == before


def test_a_folder_without_write_permission_is_read_and_says_why_it_is_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (
        hasattr(os, "geteuid") and os.geteuid() == 0
    ):  # permissions do not stop root: the system call says so instead
        fresh = Store(f"sqlite:///{path.parent / 'new' / 'records.db'}")

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "mkdir", refuse)
        assert "no permission" in sentence(lambda: fresh.save_measurement(a_measurement(2)))
    else:
        path.chmod(stat.S_IREAD)
        path.parent.chmod(stat.S_IREAD | stat.S_IEXEC)
        try:
            store = Store(f"sqlite:///{path}")
            assert store.measurements("fp") == [a_measurement(1)]
            assert "no permission" in sentence(lambda: store.save_measurement(a_measurement(2)))
        finally:
            path.parent.chmod(stat.S_IRWXU)
    assert Store(f"sqlite:///{path}").count() == 1


@pytest.fixture
def full_disk(path: Path) -> Iterator[Path]:
    """SQLite may not add a page to any file: what it says then is what it says on a full disk (SQLITE_FULL)."""

    def no_more_pages(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # rounds up to the pages that there are

    event.listen(Engine, "connect", no_more_pages)
    yield path
    event.remove(Engine, "connect", no_more_pages)


def test_a_full_disk_is_called_full_and_what_is_stored_can_be_read(full_disk: Path) -> None:
    path, before = full_disk, full_disk.read_bytes()
    store = Store(f"sqlite:///{path}")
    long = a_measurement(2, samples_s=tuple(0.1 + n for n in range(10_000)))
    assert "disk is full" in sentence(lambda: store.save_measurement(long))
    assert path.read_bytes() == before
    assert store.measurements("fp") == [a_measurement(1)]


def test_no_space_for_the_folder_is_a_full_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", refuse)
    store = Store(f"sqlite:///{tmp_path / 'new' / 'records.db'}")
    assert "disk is full" in sentence(lambda: store.save_measurement(a_measurement()))


def test_a_store_that_another_program_holds_is_called_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "BUSY_S", 0.05)
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        said = sentence(lambda: Store(f"sqlite:///{path}").save_measurement(a_measurement(2)))
    finally:
        holder.close()
    assert "another program" in said and "try again" in said


def test_a_reader_that_must_not_wait_does_not(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "BUSY_S", 3600.0)
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert "another program" in sentence(lambda: Store(f"sqlite:///{path}", busy_s=0.05).peaks("fp"))
    finally:
        holder.close()


def test_the_store_moved_away_makes_room_for_a_new_one(path: Path) -> None:
    path.write_bytes(b"garbage " * 500)
    store = Store(f"sqlite:///{path}")
    sentence(store.count)
    shutil.move(path, path.with_suffix(".old"))
    store.save_measurement(a_measurement(3))
    assert [m.id for m in store.measurements("fp")] == ["id3"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "No database can be opened"),
        ("foo://me:secret@host/name", "No database can be opened as foo://me:***@host/name"),
        ("sqlite+none://", "No database can be opened"),
        ("postgresql+psycopg://me:a@b:secret@host:port/name", "No database can be opened"),
    ],
)
def test_a_url_that_names_no_database_fails_at_first_use_without_its_password(url: str, words: str) -> None:
    store = Store(url)
    for said in both(store):
        assert words in said and "secret" not in said


def test_a_missing_driver_is_named_without_the_password() -> None:
    error = ModuleNotFoundError("No module named 'psycopg'", name="psycopg")
    said = faults.explain(error, "postgresql://me:secret@host/name?password=secret", "read from")
    assert "psycopg" in said and "postgresql://me:***@host/name" in said and "secret" not in said


def test_what_a_driver_says_never_shows_the_password() -> None:
    error = RuntimeError("connection to me:secret@host failed\nsecond line")
    said = faults.explain(error, "postgresql://me:secret@host/name", "read from")
    assert "connection to me:***@host failed;" in said and "secret" not in said and "second" not in said
