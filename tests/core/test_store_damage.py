"""Noise in a store's file: what SQLite can still read comes back, nothing raises, and nothing is written."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from test_store import NEW, a_measurement, a_roof
from test_store_faults import sentence

from accel_core.errors import StoreUnavailable
from accel_core.model import Comparison, Estimate, Measurement
from accel_core.store import Recent, Store
from accel_core.store.damage import LOOK_AHEAD, around_damage

PAGE_BYTES = 4096
ROWS = 150
RATIO = Comparison("matmul/a", "matmul/b", 64, "float32", 1, 1.0, 2.0, Estimate(2.0, 1.9, 2.1, 9))


def record(number: int) -> Measurement:
    """Some fill a page and more, most are small."""
    samples = tuple(1 / (3 + i) for i in range((4, 30, 400)[number % 3]))
    created = f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}+00:00"
    return a_measurement(id=f"id{number}", created=created, kernel=f"matmul/k{number % 7}", samples_s=samples)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with rows of every kind."""
    path = tmp_path_factory.mktemp("whole") / "records.db"
    store = Store(f"sqlite:///{path}")
    for number in range(ROWS):
        store.save_measurement(record(number))
        if number % 5 == 0:
            store.save_peak("fp", NEW, a_roof(float(number)))
            store.save("comparison", RATIO, "fp", NEW)
    return path.read_bytes()


def noisy(whole: bytes, noise: random.Random) -> bytes:
    """`whole` with pages, or parts of them, overwritten; the first one, which says what is where, is left."""
    data = bytearray(whole)
    for _ in range(noise.choice((1, 1, 2, 5))):
        page = noise.randrange(1, len(data) // PAGE_BYTES) * PAGE_BYTES
        begin, end = sorted(noise.randrange(PAGE_BYTES + 1) for _ in range(2))
        begin, end = noise.choice(((0, PAGE_BYTES), (begin, end), (begin, min(begin + 1, PAGE_BYTES))))
        hit = noise.choice((noise.randbytes, bytes))(end - begin)
        data[page + begin : page + end] = hit
    return bytes(data)


def found_one_by_one(path: Path) -> set[str]:
    """The ids of the measurements that SQLite gives unharmed when it is asked for each row alone."""
    connection = sqlite3.connect(path)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    found = set[str]()
    for row in range(1, ROWS + 1):
        try:
            query = "SELECT payload FROM accel_measurements NOT INDEXED WHERE row = ?"
            (payload,) = connection.execute(query, (row,)).fetchone()
            if json.loads(payload) == json.loads(json.dumps(record(row - 1).to_dict())):
                found.add(f"id{row - 1}")
        except (sqlite3.Error, ValueError, TypeError):
            continue
    connection.close()
    return found


def is_whole(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        said = [str(line) for (line,) in connection.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return all(line == "ok" or " value in " in line for line in said)


def readings(store: Store) -> list[Callable[[], object]]:
    """Everything that a store can be asked."""
    return [
        lambda: store.peaks("fp"),
        lambda: store.comparisons("fp"),
        lambda: store.calibrations("fp", NEW),
        store.count,
        lambda: store.newest("fp", 3),
        lambda: store.sampled("fp", 50, dtype="float32", threads=1),
        Recent(store, "fp", NEW).look,
        lambda: store.skipped,
    ]


@pytest.mark.parametrize("seed", range(24))
def test_what_can_be_read_around_noise_is_read_and_nothing_is_written(
    tmp_path: Path, whole: bytes, seed: int
) -> None:
    path = tmp_path / "records.db"
    data = noisy(whole, random.Random(seed))
    path.write_bytes(data)
    readable, sound = found_one_by_one(path), is_whole(path)

    store = Store(f"sqlite:///{path}")
    read = {m.id: m for m in store.measurements("fp")}
    assert readable <= set(read)
    assert all(m == record(int(id.removeprefix("id"))) for id, m in read.items() if id in readable)
    for ask in readings(store):
        ask()
    assert sound or path.read_bytes() == data
    if sound:
        return
    assert "damaged" in sentence(lambda: Store(f"sqlite:///{path}").save_measurement(record(ROWS)))
    assert path.read_bytes() == data


def damaged(whole: bytes, path: Path) -> bytes:
    """Every second page of the second half of the file is gone."""
    data = bytearray(whole)
    for page in range(len(data) // PAGE_BYTES // 2, len(data) // PAGE_BYTES, 2):
        data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = b"\xa5" * PAGE_BYTES
    path.write_bytes(data)
    return bytes(data)


def test_damage_is_said_once_for_all_readers_with_what_to_do(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "records.db"
    damaged(whole, path)
    store = Store(f"sqlite:///{path}")
    read = store.measurements("fp")
    assert 0 < len(read) <= store.count() < ROWS
    assert f"{path} is damaged" in store.skipped and "move it into" in store.skipped
    assert "\n" not in store.skipped and store.skipped.endswith(".")
    recent = Recent(store, "fp", NEW).look()
    assert {m.id for m in recent.measurements} == {m.id for m in store.newest("fp")}


def test_a_new_record_waits_beside_a_damaged_store_for_the_one_that_is_begun(
    tmp_path: Path, whole: bytes
) -> None:
    path = tmp_path / "records.db"
    data = damaged(whole, path)
    store, new = Store(f"sqlite:///{path}"), record(ROWS)
    with pytest.raises(StoreUnavailable, match="damaged"):
        store.save_measurement(new)  # the first thing that this program does with it
    assert path.read_bytes() == data
    path.rename(tmp_path / "old.db")
    store.save_measurement(new)
    assert store.measurements("fp") == [new] and store.skipped == ""


def test_what_can_be_read_of_a_damaged_store_is_taken_over_by_the_new_one(tmp_path: Path, whole: bytes) -> None:
    path, folder = tmp_path / "records.db", tmp_path / "records.db.unsaved"
    data = damaged(whole, path)
    old = Store(f"sqlite:///{path}")
    known, roofs, ratios = old.measurements("fp"), old.peaks("fp"), old.comparisons("fp")
    assert known and roofs and ratios and f"move it into the folder {folder}" in old.skipped
    folder.mkdir()
    path.rename(folder / "records.db")
    for number in range(2):  # once, however often something is stored
        store = Store(f"sqlite:///{path}")
        store.save_measurement(record(ROWS + number))
        assert store.measurements("fp")[1 + number :] == known
        assert (store.peaks("fp"), store.comparisons("fp")) == (roofs, ratios)
        assert store.skipped == ""
    assert [file.name for file in folder.iterdir()] == ["records.db.taken-in"]
    assert (folder / "records.db.taken-in").read_bytes() == data


def test_a_store_that_is_put_back_whole_is_read_and_written_as_before(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "records.db"
    damaged(whole, path)
    store = Store(f"sqlite:///{path}")
    assert len(store.measurements("fp")) < ROWS
    path.write_bytes(whole)
    store.save_measurement(record(ROWS))
    assert len(store.measurements("fp")) == ROWS + 1 and store.skipped == ""


def test_damage_that_comes_while_a_program_runs_is_noticed(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(whole)
    store = Store(f"sqlite:///{path}")
    recent = Recent(store, "fp", NEW, clock=iter(range(0, 10**6, 100)).__next__)
    before = {m.id for m in recent.look().measurements}
    store.save_measurement(record(ROWS))
    data = damaged(path.read_bytes(), path)
    after = {m.id for m in recent.look().measurements}
    assert store.count() < ROWS and after != before
    sentence(lambda: store.save_measurement(record(ROWS + 1)))
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "bad", [set(), {1}, {50}, {1, 2, 50, 51, 99, 100}, set(range(1, 100)), set(range(20, 80))]
)
def test_rows_around_damage_are_found_from_both_ends_and_one_by_one(bad: set[int]) -> None:
    def read(order: str, low: int, high: int):
        for key in range(low, high + 1) if order == "ASC" else range(high, low - 1, -1):
            if key in bad:
                raise sqlite3.DatabaseError("damaged")
            if key <= 100:
                yield (key,)

    assert {key for (key,) in around_damage(read, 10**5)} == set(range(1, 101)) - bad


def test_the_search_ends_where_nothing_is_found() -> None:
    asked = []

    def read(order: str, low: int, high: int):
        asked.append(low)
        raise sqlite3.DatabaseError("damaged")
        yield

    assert list(around_damage(read, 10**9)) == []
    assert len(asked) == LOOK_AHEAD + 2
