"""What users of before rely on still holds: public names, and records that are in their stores."""

from __future__ import annotations

import importlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from accel_core.model import Environment
from accel_core.store import Entries, Person, Store
from accel_core.store.unsaved import STORED

PINNED = Path(__file__).resolve().parents[1] / "pinned"
NAMES = json.loads((PINNED / "names.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", NAMES)
def test_public_names_are_still_there(package: str) -> None:
    module = importlib.import_module(package)
    assert set(NAMES[package]) <= set(module.__all__)
    assert all(hasattr(module, name) for name in NAMES[package])


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Store, sqlite3.Connection]]:
    """The store of before, as the program sees it and as it lies there."""
    path = tmp_path / "records.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((PINNED / "records.sql").read_text(encoding="utf-8"))
        yield Store(f"sqlite:///{path}"), connection


def payloads(connection: sqlite3.Connection, kind: str) -> list[dict[str, Any]]:
    """What was stored of one kind, oldest first."""
    if kind == "measurement":
        rows = connection.execute("SELECT payload FROM accel_measurements ORDER BY row")
    else:
        rows = connection.execute("SELECT payload FROM accel_parts WHERE kind = ? ORDER BY row", [kind])
    return [json.loads(payload) for (payload,) in rows]


def holds(now: Any, before: Any) -> bool:
    """Whether all that was said is said still; fields that came later may say more."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(key in now and holds(now[key], before[key]) for key in before)
    if isinstance(before, list):
        return len(now) == len(before) and all(map(holds, now, before))
    return bool(now == before)


def fingerprint(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT fingerprint FROM accel_measurements").fetchone()[0])


def test_measurements_are_read_whole(kept: tuple[Store, sqlite3.Connection]) -> None:
    store, connection = kept
    before = payloads(connection, "measurement")
    for read in (store.measurements, store.newest):
        now = [json.loads(json.dumps(m.to_dict())) for m in reversed(read(fingerprint(connection)))]
        assert len(before) >= 4 and holds(now, before)
    assert store.skipped == ""


def test_roofs_are_read_whole(kept: tuple[Store, sqlite3.Connection]) -> None:
    store, connection = kept
    known = store.peaks(fingerprint(connection))
    assert known is not None and known.clock is not None and store.skipped == ""
    for kind, parts in (
        ("ceiling", known.ceilings),
        ("latency", known.latencies),
        ("curve_point", known.curve),
        ("clock", [known.clock]),
    ):
        now = [json.loads(json.dumps(part.to_dict())) for part in parts]
        before = payloads(connection, kind)
        assert len(now) == len(before) > 0
        assert all(any(holds(one, other) for one in now) for other in before)


def test_comparisons_and_calibrations_are_read_whole(kept: tuple[Store, sqlite3.Connection]) -> None:
    store, connection = kept
    here = fingerprint(connection)
    query = "SELECT environment FROM accel_parts WHERE kind = 'calibration'"
    versions = Environment.from_dict(json.loads(connection.execute(query).fetchone()[0]))
    for kind, now in (
        ("comparison", store.comparisons(here)),
        ("calibration", store.calibrations(here, versions)),
    ):
        before = payloads(connection, kind)
        assert before and holds([json.loads(json.dumps(one.to_dict())) for one in now], before)
    assert store.skipped == ""


def test_records_of_the_arena_are_read_whole(tmp_path: Path) -> None:
    before = json.loads((PINNED / "arena.json").read_text(encoding="utf-8"))
    records = Entries(Store(f"sqlite:///{tmp_path / 'records.db'}"))
    for kind in ("arena_entry", "verdict", "ruling"):
        for one in before[kind]:
            made = STORED[kind].from_dict(one)
            assert holds(json.loads(json.dumps(made.to_dict())), one)
            records.add(made)  # type: ignore[arg-type]
    assert records.mark() == (0, 1, 2, 1) and len(records.judged()) == 2 and records.store.skipped == ""
    ada = Person.from_dict(before["person"])
    assert ada.fits("correct horse") and not ada.fits("another one")
