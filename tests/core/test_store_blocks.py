"""Runs of transformer blocks in the store: as they were measured, newest first, none lost with a neighbour."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from store_tables import execute
from test_transformer_reading import GPT2, a_run

from accel_core.errors import StoreUnavailable
from accel_core.model import BlockRun
from accel_core.store import Entry, Store, entries_json

HERE = "f"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.db"


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url)


def test_runs_come_back_as_they_went_in_newest_first(store: Store) -> None:
    first = a_run(GPT2, {"up": 2.0}, library_flop_per_s=6e10)
    second = replace(first, id="2", state="compiled")
    for run in (first, second):
        store.save("block_run", run, HERE, run.environment)
    assert store.block_runs(HERE) == [second, first]
    assert store.block_runs("elsewhere") == [] and not store.skipped


def test_two_runs_of_one_moment_are_two_and_one_added_twice_is_one(store: Store) -> None:
    run = a_run(GPT2, {})
    entries = [
        Entry("block_run", one, HERE, run.environment, run.created) for one in (run, replace(run, id="2"))
    ]
    for entry in (*entries, *entries):
        store.add(entry)
    assert [one.id for one in store.block_runs(HERE)] == ["2", "1"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda run: "x",
        lambda run: {**run, "state": "none"},
        lambda run: {**run, "shape": {**run["shape"], "heads": 7}},
        lambda run: {**run, "operations": [{**one, "name": "PV"} for one in run["operations"]]},
        lambda run: {**run, "created": "now"},
        lambda run: {name: value for name, value in run.items() if name != "whole_s"},
    ],
)
def test_a_damaged_run_is_left_out_and_counted(store: Store, wrong: Callable[[dict[str, Any]], object]) -> None:
    run = a_run(GPT2, {})
    for one in (run, replace(run, id="2")):
        store.save("block_run", one, HERE, run.environment)
    payload = json.dumps(wrong(json.loads(json.dumps(run.to_dict()))))
    execute(store, "UPDATE accel_parts SET payload = :payload WHERE row = 1", payload=payload)
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
    store = Store(f"sqlite:///{path}")
    store.take_in()
    assert store.block_runs(HERE) == [run]


def test_a_store_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        Store(f"sqlite:///{tmp_path}").block_runs(HERE)
