"""What was measured of a disk as a record: stored, found again, and as a roof."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from disk_records import a_disk, a_rate

from accel_core.bench.events import RESULT_TYPES, result_event
from accel_core.model import LEVELS, Disk
from accel_core.store import Store


def test_disks_come_back_as_they_went_in_newest_first_and_add_nothing_to_the_roofs(tmp_path: Path) -> None:
    store, first = Store(f"sqlite:///{tmp_path / 'records.db'}"), a_disk()
    second = replace(first, id="2", way="dropped", latency=None, doubts=("A server answers.",))
    for one in (first, second):
        told = result_event(one)
        store.save(told["type"], RESULT_TYPES[told["type"]].from_dict(told["data"]), "f")  # type: ignore[arg-type]
    assert store.disks("f") == [second, first]
    assert store.disks("elsewhere") == [] and store.peaks("f") is None and not store.skipped


@pytest.mark.parametrize(
    "wrong",
    [
        "json_remove(payload, '$.rates[0].series')",
        "json_remove(payload, '$.file_bytes')",
        "json_set(payload, '$.way', 'by magic')",
        "json_set(payload, '$.created', 'now')",
    ],
)
def test_a_damaged_disk_is_left_out_and_counted(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "records.db"
    store = Store(f"sqlite:///{file}")
    for id in "12":
        store.save("disk", replace(a_disk(), id=id), "f")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE accel_parts SET payload = {wrong} WHERE row = 1")
    assert [one.id for one in store.disks("f")] == ["2"] and "1 " in store.skipped


def test_the_way_with_the_highest_lower_end_counts_and_one_without_an_interval_never_before_it() -> None:
    disk = a_disk(read=2e9)
    assert disk.read is not None and (disk.read.depth, disk.read.rate_byte_per_s.median) == (4, 2e9)
    alone = disk.fastest("read", depth=1)
    assert alone is not None and alone.rate_byte_per_s.median == 1.6e9
    few = a_rate("read", 9e9)
    few = replace(few, rate_byte_per_s=replace(few.rate_byte_per_s, low=None, high=None, n=3))
    assert replace(disk, rates=(*disk.rates, few)).read == disk.read
    assert replace(disk, rates=(few,)).read == few and replace(disk, rates=(few,)).write is None


def test_its_roof_is_a_memory_roof_of_a_level_that_no_machine_has() -> None:
    roof = a_disk(read=2e9).roof()
    assert roof is not None and (roof.kind, roof.value, roof.n, roof.threads) == ("memory", 2e9, 6, 4)
    assert roof.level not in LEVELS and roof.series[0].rates()
    assert replace(a_disk(), rates=()).roof() is None and Disk.from_dict(a_disk().to_dict()) == a_disk()
