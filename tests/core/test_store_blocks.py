"""Runs of transformer blocks in the store: as they were measured, newest first, none lost with a neighbour."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from test_transformer_reading import GPT2, a_run

from accel_core.errors import StoreUnavailable
from accel_core.model import BlockRun
from accel_core.store import Entry, Store, entries_json

HERE = "f"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.db"


def store_at(path: Path) -> Store:
    return Store(f"sqlite:///{path}")


def test_runs_come_back_as_they_went_in_newest_first(path: Path) -> None:
    first = a_run(GPT2, {"up": 2.0}, library_flop_per_s=6e10)
    second = replace(first, id="2", state="compiled")
    store = store_at(path)
    for run in (first, second):
        store.save("block_run", run, HERE, run.environment)
    assert store.block_runs(HERE) == [second, first]
    assert store.block_runs("elsewhere") == [] and not store.skipped


def test_two_runs_of_one_moment_are_two_and_one_added_twice_is_one(path: Path) -> None:
    run = a_run(GPT2, {})
    entries = [
        Entry("block_run", one, HERE, run.environment, run.created) for one in (run, replace(run, id="2"))
    ]
    store = store_at(path)
    for entry in (*entries, *entries):
        store.add(entry)
    assert [one.id for one in store.block_runs(HERE)] == ["2", "1"]


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE accel_parts SET payload = 'x' WHERE row = 1",
        "UPDATE accel_parts SET payload = json_set(payload, '$.state', 'none') WHERE row = 1",
        "UPDATE accel_parts SET payload = json_set(payload, '$.shape.heads', 7) WHERE row = 1",
        "UPDATE accel_parts SET payload = json_set(payload, '$.operations[3].name', 'PV') WHERE row = 1",
        "UPDATE accel_parts SET payload = json_set(payload, '$.created', 'now') WHERE row = 1",
        "UPDATE accel_parts SET payload = json_remove(payload, '$.whole_s') WHERE row = 1",
    ],
)
def test_a_damaged_run_is_left_out_and_counted(path: Path, wrong: str) -> None:
    run, store = a_run(GPT2, {}), store_at(path)
    for one in (run, replace(run, id="2")):
        store.save("block_run", one, HERE, run.environment)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(wrong)
    assert [one.id for one in store.block_runs(HERE)] == ["2"]
    assert "1 " in store.skipped


def test_a_record_from_before_calls_and_library_were_kept_is_read() -> None:
    data = a_run(GPT2, {}).to_dict()
    del data["library_flop_per_s"]
    for one in data["operations"]:
        del one["call_s"]
    assert BlockRun.from_dict(data) == a_run(GPT2, {})


def test_one_that_the_store_did_not_take_is_taken_in_from_its_file(path: Path) -> None:
    run = a_run(GPT2, {"softmax": 3.0})
    folder = path.with_name(f"{path.name}.unsaved")
    folder.mkdir()
    entry = Entry("block_run", run, HERE, run.environment)
    (folder / "one.json").write_text(entries_json([entry]), encoding="utf-8")
    store = store_at(path)
    store.take_in()
    assert store.block_runs(HERE) == [run]


def test_a_store_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        Store(f"sqlite:///{tmp_path}").block_runs(HERE)
