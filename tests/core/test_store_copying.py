"""Records that go from one store into another, or out of one into an archive: none lost, none twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from arena_records import a_verdict, an_entry, moment
from postgres_server import PostgresServer
from store_tables import execute
from test_store import NEW, a_measurement, a_roof

from accel_core.cli import main
from accel_core.errors import BadInput, StoreUnavailable
from accel_core.model import Ruling
from accel_core.model.answers import Guess
from accel_core.store import Entries, Entry, Store, copying, thinning
from accel_core.store.persons import person_now
from accel_core.store.tables import KEYS

ADA = person_now("Ada", "correct horse")
Capture = pytest.CaptureFixture[str]
Answered = Callable[..., dict[str, object]]


def filled(store: Store, measurements: int = 7) -> Store:
    for number in range(measurements):
        store.save_measurement(a_measurement(number, parameters={"block": number % 2}))
    for value in (1.0, 2.0):
        store.save_peak("fp", NEW, a_roof(value))
    store.add(Entry("guess", Guess("g", "cube", "12", moment(3)), "fp", NEW))
    for record in (ADA, an_entry(1), a_verdict(2, "entry1"), Ruling("entry1", "annul", "Why.", moment(9))):
        Entries(store).add(record)
    return store


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """All rows but their numbers, as they are stored."""
    return {
        table.name: sorted(
            execute(
                store, f"SELECT {', '.join(c.name for c in table.columns if c.name != 'row')} FROM {table.name}"
            ),
            key=str,
        )
        for table in KEYS
    }


@pytest.fixture(params=["into a file", "into a server"])
def stores(request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer) -> tuple[Store, Store]:
    """A store and an empty one of the other kind."""
    both = Store(postgres.url()), Store(f"sqlite:///{tmp_path / 'file.db'}")
    return both if request.param == "into a file" else both[::-1]


@pytest.fixture
def answered(capsys: Capture) -> Answered:
    def answer(*words: object, status: int = 0) -> dict[str, object]:
        assert main(["store", *map(str, words), "--json"]) == status
        said = capsys.readouterr()
        return json.loads(said.out) if status == 0 else {"said": said.err}  # type: ignore[no-any-return]

    return answer


def test_a_copy_is_the_same_rows_and_a_second_one_adds_nothing(
    stores: tuple[Store, Store], answered: Answered
) -> None:
    source, target = stores
    filled(source)
    unknown = json.dumps({**a_measurement(1).to_dict(), "of a newer program": [1, {"a": None}]})
    execute(source, "UPDATE accel_measurements SET payload = :unknown WHERE id = 'id1'", unknown=unknown)
    execute(source, "UPDATE accel_parts SET kind = 'newer' WHERE kind = 'guess'")
    done = answered("copy", source.url, target.url)
    assert everything(target) == everything(source)
    added = {one["table"]: one["added"] for one in done["copied"]}  # type: ignore[attr-defined]
    assert added == {
        "measurements": 7,
        "parts": 3,
        **dict.fromkeys(added.keys() - {"measurements", "parts"}, 1),
    }
    assert "secret" not in json.dumps(done)
    again = answered("copy", source.url, target.url)
    assert [(one["added"], one["there"]) for one in again["copied"]] == [  # type: ignore[attr-defined]
        (0, number) for number in added.values()
    ]
    assert target.peaks("fp") == source.peaks("fp") and target.newest("fp") == source.newest("fp")


def test_a_copy_that_was_cut_is_done_again(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = stores
    filled(source, 9)
    monkeypatch.setattr(copying, "BATCH", 2)
    seen = []

    def told(table: str, done: int, most: int) -> None:
        seen.append((table, done, most))
        if len(seen) == 3:
            raise StoreUnavailable("The network is gone.")

    with pytest.raises(StoreUnavailable):
        copying.copy(source, target, told)
    assert seen == [("measurements", done, 9) for done in (2, 4, 6)] and target.count() == 6
    copied = {one.table: one for one in copying.copy(source, target)}
    assert (copied["measurements"].added, copied["measurements"].there) == (3, 6)
    assert everything(target) == everything(source)


def test_damaged_rows_stay_and_another_persons_nickname_is_told(stores: tuple[Store, Store]) -> None:
    source, target = stores
    filled(source)
    Entries(target).add(person_now("ADA", "another phrase"))
    execute(source, "UPDATE accel_measurements SET payload = '{' WHERE id = 'id3'")
    execute(source, "UPDATE accel_parts SET environment = '[]' WHERE kind = 'guess'")
    copied = {one.table: one for one in copying.copy(source, target)}
    assert (copied["measurements"].damaged, copied["measurements"].added, target.count()) == (1, 6, 6)
    assert (copied["parts"].damaged, copied["parts"].added) == (1, 2)
    assert "1 nickname belongs to somebody with another passphrase" in copying.others_said(copied.values())
    person = Entries(target).person("ada")
    assert person is not None and person.fits("another phrase")


def test_what_waits_for_a_store_is_copied_too_and_goes_on_waiting(stores: tuple[Store, Store]) -> None:
    source, target = stores
    filled(source)
    source.set_aside(Entry("measurement", a_measurement(50), "fp", NEW))
    copying.copy(source, target)
    assert target.count() == 8 and len(list(source.waiting())) == 1
    source.take_in()
    assert {one.table: one.added for one in copying.copy(source, target)}["measurements"] == 0


def test_a_store_is_not_copied_into_itself_nor_made_by_asking(tmp_path: Path, answered: Answered) -> None:
    filled(Store(f"sqlite:///{tmp_path / 'a.db'}"))
    told = answered("copy", tmp_path / "a.db", f"sqlite:///{tmp_path / 'b' / '..' / 'a.db'}", status=2)
    assert "name another one" in str(told["said"])
    assert "There is no store" in str(answered("copy", tmp_path / "c.db", tmp_path / "d.db", status=2)["said"])
    told = answered("copy", "postgresql://me:hid@den/word@host/a", "b", "postgresql://x:hidden@host", status=2)
    assert "hid" not in str(told["said"]) and "***" in str(told["said"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_what_a_store_holds_is_told(store_url: str, answered: Answered) -> None:
    store = filled(Store(store_url))
    store.set_aside(Entry("measurement", a_measurement(50), "fp", NEW))
    told = answered("info", store.url)["store"]
    counts = {
        "measurements": 7,
        "ceiling": 2,
        "guess": 1,
        **dict.fromkeys(("arena persons", "arena entries", "arena verdicts", "arena rulings"), 1),
    }
    assert isinstance(told, dict) and told["counts"] == counts
    assert told["waiting"] == 1 and told["size_bytes"] > 10_000 and "secret" not in told["where"]


# -- thinning --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "keep", "stay"),
    [(5, 1, {4}), (5, 2, {0, 4}), (5, 3, {0, 2, 4}), (3, 3, {0, 1, 2}), (2, 9, {0, 1}), (100, 3, {0, 50, 99})],
)
def test_the_newest_the_oldest_and_some_evenly_between_stay(count: int, keep: int, stay: set[int]) -> None:
    assert thinning.spared(count, keep) == stay


def many(store: Store) -> Store:
    """Two cases of ten old measurements each, and others that must stay."""
    filled(store, 0)
    for number in range(20):
        store.save_measurement(a_measurement(number, parameters={"block": number % 2}))
    store.save_measurement(a_measurement(30, fingerprint="other"))
    for number in range(3):
        store.save_measurement(replace(a_measurement(40 + number), created="2999-01-01T00:00:00+00:00"))
    return store


def test_what_goes_is_told_first_and_goes_into_an_archive_from_which_it_comes_back(
    store_url: str, tmp_path: Path, answered: Answered
) -> None:
    store, archive = many(Store(store_url)), tmp_path / "old.jsonl"
    unknown = json.dumps({**a_measurement(2).to_dict(), "parameters": {"block": 0}, "of a newer program": 1})
    execute(store, "UPDATE accel_measurements SET payload = :unknown WHERE id = 'id2'", unknown=unknown)
    before = everything(store)
    rule = ("thin", store.url, "--older-than", 30, "--keep", 3)
    told = answered(*rule, "--dry-run")
    assert (told["would_go"], told["cases"], told["gone"]) == (14, 2, 0)
    for words in ((), ("--yes",), ("--archive", archive), ("--yes", "--archive", tmp_path / "old.txt")):
        assert "would go" in str(said := answered(*rule, *words, status=2)["said"]) or "JSON lines" in str(said)
    assert everything(store) == before and not archive.exists()
    newest = store.newest("fp", 2)

    told = answered(*rule, "--yes", "--archive", archive)
    assert told["gone"] == 14
    stay = {"id0", "id8", "id18", "id1", "id9", "id19", "id40", "id41", "id42"}
    assert {m.id for m in store.measurements("fp")} == stay and store.count() == 10
    parts = "accel_parts", "accel_arena_entries", "accel_arena_verdicts", "accel_arena_rulings"
    assert {name: everything(store)[name] for name in parts} == {name: before[name] for name in parts}
    assert [m.id for m in store.newest("fp")] == [m.id for m in Store(store_url).newest("fp")]
    assert {m.id for m in store.newest("fp")} <= {m.id for m in newest}
    assert answered(*rule, "--dry-run")["would_go"] == 0
    again = ("thin", store.url, "--older-than", 30, "--keep", 1, "--yes", "--archive", archive)
    assert "not written over" in str(answered(*again, status=2)["said"])
    for added in (14, 0):
        (done,) = answered("copy", archive, store.url)["copied"]  # type: ignore[misc]
        assert (done["added"], done["damaged"]) == (added, 0)
    assert list(map(_read, everything(store)["accel_measurements"])) == list(
        map(_read, before["accel_measurements"])
    )


def test_the_row_that_was_added_last_stays_whatever_its_age(store_url: str) -> None:
    """Else SQLite would give its number again, to a row that nobody would look for."""
    store = Store(store_url)
    for number, day in enumerate((1, 3, 2)):
        store.save_measurement(replace(a_measurement(number), created=f"2020-01-0{day}T00:00:00+00:00"))
    assert thinning.superfluous(store, thinning.before(1), 2) == ([], 0)
    store.save_measurement(replace(a_measurement(3), created="2020-01-04T00:00:00+00:00"))
    assert thinning.superfluous(store, thinning.before(1), 2) == ([2, 3], 1)


def _read(row: tuple[object, ...]) -> dict[str, object]:
    return json.loads(str(row[-1]))  # type: ignore[no-any-return]


@pytest.mark.parametrize("days", [999_999, 10**11, 10**400], ids=["years", "too many", "no float"])
def test_more_days_than_a_calendar_has_are_refused(days: int) -> None:
    with pytest.raises(BadInput, match="before any calendar"):
        thinning.before(days)


def test_what_cannot_be_archived_does_not_go(tmp_path: Path, answered: Answered) -> None:
    store = many(Store(f"sqlite:///{tmp_path / 'a.db'}"))
    execute(store, "UPDATE accel_measurements SET payload = '[]' WHERE id = 'id4'")
    before = everything(store)
    rule = ("thin", tmp_path / "a.db", "--older-than", 30, "--keep", 1, "--yes", "--archive")
    assert "cannot be written" in str(answered(*rule, tmp_path / "none" / "x.jsonl", status=2)["said"])
    assert everything(store) == before
    answered(*rule, tmp_path / "x.jsonl")
    assert execute(store, "SELECT id FROM accel_measurements WHERE id = 'id4'") == [("id4",)]
    (tmp_path / "bad.jsonl").write_text('{"data": 1}\nnoise\n')
    (done,) = answered("copy", tmp_path / "bad.jsonl", tmp_path / "a.db")["copied"]  # type: ignore[misc]
    assert (done["found"], done["damaged"], done["added"]) == (2, 2, 0)
