"""What a server keeps of the store: always what a fresh look would find, though it reads only what came."""

from __future__ import annotations

import itertools
import json
import random
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_tables import IN_A_FILE, execute
from test_store import NEW, OLD, a_measurement, a_roof

from accel_core.model import Ceiling, Clock, CurvePoint, Environment, Estimate, Latency, Measurement
from accel_core.race import Calibration
from accel_core.store import Recent, Store, cases, faults, recent, sampling
from accel_core.store.recent import EACH, FRESH_S
from accel_core.store.refine import Part, PeakPart, Refinement


class Clockwork:
    """A clock that goes on when told."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the store of a test marked IN_A_FILE lies."""
    return tmp_path / "deep" / "records.db"


def made(number: int, case: int = 0, **changes: object) -> Measurement:
    """The `number`th measurement, of one of some cases."""
    minute, second = divmod(number, 60)
    created = f"2026-01-01T00:{minute:02d}:{second:02d}.000000+00:00"
    return a_measurement(0, id=f"id{number}", created=created, parameters={"block": case}, **changes)


def ids(measurements: object) -> list[str]:
    return [m.id for m in measurements]  # type: ignore[attr-defined]


def by_hand(store: Store, each: int) -> list[str]:
    """The newest of each case, out of all that is stored."""
    return ids(cases.newest_of_each(store.measurements("fp"), each))


# -- the newest of each case ---------------------------------------------------------------------------------


@pytest.mark.parametrize("each", [1, 3])
def test_sql_picks_the_newest_of_each_case(store: Store, each: int) -> None:
    for number in range(24):
        store.save_measurement(made((number * 7) % 24, case=number % 4))  # not in the order of their moments
    store.save_measurement(made(50, fingerprint="another"))
    assert ids(store.newest("fp", each)) == by_hand(store, each)
    assert len(store.newest("fp", each)) == 4 * each


@pytest.mark.parametrize("each", [1, 3])
def test_ever_new_cases_are_kept_in_part_and_hide_no_other_kernel(
    store: Store, monkeypatch: pytest.MonkeyPatch, each: int
) -> None:
    monkeypatch.setattr(cases, "MOST", 5)
    monkeypatch.setattr(cases, "FEW", 1)
    kept = Recent(store, "fp", NEW)
    store.save_measurement(made(0, kernel="matmul/packed"))
    for number in range(1, 25):
        store.save_measurement(made(number, case=number % 12))
        kept.forget()
        newest = [f"id{n}" for n in range(number, max(0, number - 5), -1)]
        assert ids(kept.look().measurements) == [*newest, "id0"]
        assert set(ids(kept.look().experience)) <= set(ids(store.newest("fp", EACH)))
        assert ids(store.newest("fp", each)) == by_hand(store, each)
    assert 5 + 1 <= len(kept.look().experience) <= 5 * EACH + 1
    assert len(ids(store.newest("fp", 3))) == 5 * 2 + 1
    late = a_measurement(0, id="late", created=made(0).created, parameters={"block": 99})
    store.save_measurement(late)  # stored last, measured before all others
    kept.forget()
    assert "late" not in ids(kept.look().measurements)
    assert ids(kept.look().measurements) == ids(store.newest("fp"))


@pytest.mark.parametrize("seed", range(8))
def test_of_too_many_cases_the_same_are_kept_however_they_are_read(
    store: Store, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(cases, "MOST", 6)
    monkeypatch.setattr(cases, "FEW", 2)
    pick, kept, total = random.Random(seed), Recent(store, "fp", NEW), 40
    for number in range(total):
        one = made(
            number if seed else number // 4,  # with one seed several of one moment
            case=pick.randrange(9),
            dtype=pick.choice(["float32", "float64"]),
            threads=pick.choice([1, 2]),
        )
        store.save_measurement(replace(one, id=f"id{number}"))
        kept.forget()
        seen = ids(kept.look().measurements)
        assert seen == ids(store.newest("fp")) == by_hand(store, 1) == fresh(store)
        for dtype, threads in itertools.product(["float32", "float64"], [1, 2]):
            alike = {m.parameters["block"] for m in store.measurements("fp") if is_of(m, dtype, threads)}
            assert len([m for m in kept.look().measurements if is_of(m, dtype, threads)]) >= min(2, len(alike))
        assert len(seen) <= 6 + 4 * 2


def is_of(m: Measurement, dtype: str, threads: int) -> bool:
    return (m.dtype, m.threads) == (dtype, threads)


def fresh(store: Store) -> list[str]:
    return ids(Recent(store, "fp", NEW).look().measurements)


@pytest.mark.parametrize(
    "changes",
    [
        {"kernel": "matmul/packed"},
        {"shape": (64, 64, 65)},
        {"dtype": "float64"},
        {"threads": 2},
        {"parameters": {"block": 16}},
        {"parameters": {"block": 8, "tile": 8}},
    ],
)
def test_each_part_of_a_case_tells_it_from_others(changes: dict[str, object]) -> None:
    assert cases.case_key(a_measurement(1)) == cases.case_key(a_measurement(2, size=7))
    assert cases.case_key(a_measurement(1)) != cases.case_key(a_measurement(1, **changes))


def older_program(store: Store) -> None:
    """Take from a store what an older program does not know."""
    execute(store, "DROP TABLE accel_case_index")
    execute(store, "DROP TABLE accel_case_newest")


def test_a_store_of_an_older_program_is_read_and_its_cases_are_found(store: Store) -> None:
    for number in range(9):
        store.save_measurement(made(number, case=number % 2))
    older_program(store)
    again = Store(store.url)
    assert ids(again.newest("fp")) == by_hand(store, 1) == ["id8", "id7"]
    with again.database.reading() as connection:
        assert connection is not None and cases.missing(connection) == 0
    again.save_measurement(made(9))
    assert ids(Store(store.url).newest("fp")) == ["id9", "id7"]


@IN_A_FILE
def test_a_store_of_an_older_program_that_cannot_be_written_is_read_whole(store: Store, file: Path) -> None:
    for number in range(9):
        store.save_measurement(made(number, case=number % 2))
    older_program(store)
    before = file.read_bytes()
    again = Store(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert ids(again.newest("fp")) == ["id8", "id7"]
    assert file.read_bytes() == before


def test_more_rows_than_one_transaction_takes_are_all_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        store.save_measurement(made(number, case=number))
    older_program(store)
    monkeypatch.setattr(cases, "AT_ONCE", 2)
    assert len(Store(store.url).newest("fp")) == 9


@pytest.mark.parametrize("known", [True, False], ids=["damaged after", "damaged before"])
def test_a_damaged_row_hides_no_older_one_and_is_counted(store: Store, known: bool) -> None:
    for number in range(4):
        store.save_measurement(made(number))
    if not known:
        older_program(store)
    execute(store, "UPDATE accel_measurements SET payload = '{' WHERE id = 'id3'")
    again = Store(store.url)
    assert ids(again.newest("fp")) == ["id2"]
    assert again.skipped.startswith("1 damaged record was")


@pytest.mark.parametrize("created", ["yesterday", "", None, 5, "9999-12-31T23:59:59-14:00"])
def test_a_record_of_no_moment_costs_no_other(store: Store, created: object) -> None:
    for number in range(3):
        store.save_measurement(made(number, case=number))
    ((payload,),) = execute(store, "SELECT payload FROM accel_measurements WHERE id = 'id1'")
    changed = json.dumps({**json.loads(str(payload)), "created": created})
    execute(store, "UPDATE accel_measurements SET payload = :changed WHERE id = 'id1'", changed=changed)
    again = Store(store.url)
    assert ids(again.newest("fp")) == ["id2", "id0"] and "1 damaged record" in again.skipped
    assert fresh(again) == ["id2", "id0"]


# -- all points, of which some are drawn ---------------------------------------------------------------------


@pytest.mark.parametrize(("most", "count"), [(100, 20), (20, 20), (19, 10), (7, 7), (1, 1)])
def test_a_sample_is_even_in_time_and_holds_the_newest(store: Store, most: int, count: int) -> None:
    for number in range(20):
        store.save_measurement(made(number))
    store.save_measurement(made(30, dtype="float64"))
    store.save_measurement(made(31, threads=2))
    found = store.sampled("fp", most, dtype="float32", threads=1)
    drawn = found.measurements
    assert (len(drawn), found.among, found.more, drawn[0].id) == (count, 20, False, "id19")
    steps = {int(a.id[2:]) - int(b.id[2:]) for a, b in itertools.pairwise(drawn)}
    assert len(steps) <= 1
    assert store.count("fp", dtype="float32", threads=1) == 20


def test_a_sample_looks_at_so_many_of_the_newest_whatever_is_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    for number in range(9):
        store.save_measurement(made(number))
    monkeypatch.setattr(sampling, "LOOKED", 4)
    found = store.sampled("fp", 2, dtype="float32", threads=1)
    assert (ids(found.measurements), found.among, found.more) == (["id8", "id6"], 4, True)
    monkeypatch.setattr(sampling, "LOOKED", 9)
    assert not store.sampled("fp", 2, dtype="float32", threads=1).more


def test_a_sample_keeps_to_kernels_and_to_a_moment(store: Store) -> None:
    for number in range(6):
        kernel = "matmul/numpy" if number % 2 else "matmul/packed"
        store.save_measurement(made(number, kernel=kernel))
    asked = {"dtype": "float32", "threads": 1}
    found = store.sampled("fp", 9, **asked, kernels=("matmul/numpy",), since="2026-01-01T00:00:03+00:00")
    assert (ids(found.measurements), found.among) == (["id5", "id3"], 2)
    assert store.sampled("fp", 9, **asked, kernels=()).among == 0


@pytest.mark.parametrize("threads", [0, -(10**20), 2**31, 10**20])
def test_of_threads_that_nobody_has_there_is_nothing(store: Store, threads: int) -> None:
    store.save_measurement(made(1))
    assert store.sampled("fp", 9, dtype="float32", threads=threads).measurements == ()
    assert store.count("fp", dtype="float32", threads=threads) == 0


# -- kept up with --------------------------------------------------------------------------------------------


def test_what_is_kept_is_what_a_fresh_look_finds(store: Store) -> None:
    kept = Recent(store, "fp", NEW)
    for number in range(30):
        store.save_measurement(made((number * 11) % 30, case=number % 3))
        store.save_peak("fp", (OLD, NEW)[number % 2], a_roof(float((number * 7) % 30)))
        kept.forget()
        seen = kept.look()
        assert ids(seen.measurements) == by_hand(store, 1)
        assert ids(seen.experience) == by_hand(store, EACH)
        assert seen.peaks == store.peaks("fp")


def test_only_what_came_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Recent(store, "fp", NEW)
    for number in range(8):
        store.save_measurement(made(number, case=number))
    assert len(kept.look().measurements) == 8
    opened: list[str] = []
    monkeypatch.setattr(recent, "measurement", lambda stored: opened.append(stored) or made(8))
    store.save_measurement(made(8))
    kept.forget()
    assert ids(kept.look().measurements)[0] == "id8" and len(opened) == 1
    kept.forget()
    kept.look()
    assert len(opened) == 1


def test_another_programs_records_show_after_a_while_and_ones_own_at_once(store: Store) -> None:
    clock = Clockwork()
    kept = Recent(store, "fp", NEW, clock)
    store.save_measurement(made(1))
    assert ids(kept.look().measurements) == ["id1"]
    store.save_measurement(made(2))
    clock.now_s = FRESH_S / 2
    first = kept.look()
    assert ids(first.measurements) == ["id1"]
    clock.now_s = FRESH_S
    second = kept.look()
    assert ids(second.measurements) == ["id2"] and second.number > first.number
    store.save_measurement(made(3))
    kept.forget()
    assert ids(kept.look().measurements) == ["id3"]
    assert ids(first.measurements) == ["id1"]  # what was handed out stays as it was


def test_the_number_stays_while_nothing_comes(store: Store) -> None:
    kept = Recent(store, "fp", NEW)
    store.save_measurement(made(1))
    number = kept.look().number
    store.save_measurement(made(2, fingerprint="fp"))
    kept.forget()
    assert kept.look().number == number + 1
    kept.forget()
    assert kept.look().number == number + 1


@IN_A_FILE
@pytest.mark.parametrize("more", [0, 5])
def test_a_store_that_was_moved_away_is_begun_anew(store: Store, file: Path, more: int) -> None:
    kept = Recent(store, "fp", NEW)
    for number in range(3):
        store.save_measurement(made(number, case=number))
        store.save_peak("fp", NEW, a_roof(float(number + 1)))
    assert len(kept.look().measurements) == 3
    file.rename(file.with_name("away.db"))
    kept.forget()
    assert (kept.look().measurements, kept.look().peaks) == ((), None)
    for number in range(1 + more):
        store.save_measurement(made(40 + number))
    kept.forget()
    assert ids(kept.look().measurements) == [f"id{40 + more}"] and kept.look().peaks is None


def held(path: Path) -> sqlite3.Connection:
    """A store that another program holds: nobody can read it."""
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    return other


@IN_A_FILE
def test_where_the_store_cannot_be_read_what_was_known_stands_beside_the_reason(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "BUSY_S", 0.05)
    clock = Clockwork()
    store.save_measurement(made(1))
    kept = Recent(Store(store.url), "fp", NEW, clock)
    known = kept.look()
    other = held(file)
    clock.now_s = FRESH_S
    seen = kept.look()
    assert "another program" in seen.fault and seen.measurements == known.measurements
    other.rollback()
    other.close()
    assert kept.look() is seen  # nobody waits for it again before the next look
    clock.now_s = 2 * FRESH_S
    assert kept.look().fault == "" and kept.look().measurements == known.measurements


def test_whoever_comes_while_another_one_reads_does_not_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_measurement(made(1))
    kept = Recent(store, "fp", NEW)
    known = kept.look()
    reads, goes_on = threading.Event(), threading.Event()

    def read(self: Recent) -> None:
        reads.set()
        assert goes_on.wait(30)

    monkeypatch.setattr(Recent, "_read", read)
    kept.forget()
    reader = threading.Thread(target=kept.look)
    reader.start()
    assert reads.wait(30)
    assert kept.look() is known
    goes_on.set()
    reader.join()


def test_damaged_rows_are_counted_once(store: Store) -> None:
    kept = Recent(store, "fp", NEW)
    for number in range(3):
        store.save_measurement(made(number, case=number))
    kept.look()
    for number in (3, 4):
        store.save_measurement(made(number, case=number))
        execute(store, "UPDATE accel_measurements SET payload = '{' WHERE id = :id", id=f"id{number}")
        kept.forget()
        assert len(kept.look().measurements) == 3
    assert store.skipped.startswith("2 damaged records were")


def test_calibrations_are_those_of_this_library_oldest_first(store: Store) -> None:
    mine, other = (Calibration("matmul", dtype, "square", 2, ()) for dtype in ("float32", "float64"))
    elsewhere = replace(NEW, blas=None)
    store.save("calibration", mine, "fp", NEW)
    kept = Recent(store, "fp", NEW)
    assert kept.look().calibrations == (mine,)
    store.save("calibration", other, "fp", elsewhere)
    store.save("calibration", other, "fp", NEW)
    kept.forget()
    assert kept.look().calibrations == (mine, other) == tuple(store.calibrations("fp", NEW))


# -- roofs that are refined part by part -----------------------------------------------------------------------

estimates = st.builds(
    lambda median, width: (
        Estimate(median, median - width, median + width, 9) if width else Estimate(median, None, None, 3)
    ),
    st.floats(1, 10),
    st.sampled_from([0, 0.1, 0.5]),
)
records = st.one_of(
    st.builds(
        lambda seen, why: replace(a_roof(seen.median, seen.low, seen.high, seen.n), disturbed_reason=why),
        estimates,
        st.sampled_from(["", "Something ran."]),
    ),
    st.builds(
        lambda seen, level: Latency(level, 4096, seen, "Follows."), estimates, st.sampled_from(["L1", "L2"])
    ),
    st.builds(
        lambda size, fast, near: CurvePoint(size, fast, near),
        st.sampled_from([4096, 8192]),
        st.none() | estimates,
        st.none() | estimates,
    ),
    st.builds(lambda seen: Clock(seen, "chains"), estimates),
)


def plainly(parts: Sequence[Part], kind: type, of: str, name: str, sign: int) -> dict[object, PeakPart]:
    """The rule as written: of each name the best-supported part, those of the newest environment first."""
    best: dict[object, tuple[tuple[object, ...], PeakPart]] = {}
    for part in parts:
        seen = getattr(part.record, of, None) if isinstance(part.record, kind) else None
        if seen is None:
            continue
        if isinstance(part.record, Ceiling):
            seen = Estimate(part.record.value, part.record.low, part.record.high, part.record.n)
        end = seen.median if seen.low is None else (seen.low if sign > 0 else seen.high)
        undisturbed = not getattr(part.record, "disturbed_reason", "")
        rank = (part.environment == parts[-1].environment, undisturbed, seen.low is not None, sign * end)
        key = getattr(part.record, name) if name else ""
        if key not in best or rank >= best[key][0]:
            best[key] = (rank, part.record)
    return {key: record for key, (_, record) in best.items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(records, st.sampled_from([OLD, NEW])), min_size=1, max_size=12))
def test_parts_taken_one_by_one_make_the_roofs_of_the_rule(came: list[tuple[PeakPart, Environment]]) -> None:
    parts = [Part(f"2026-01-01T00:00:{n:02d}", environment, one) for n, (one, environment) in enumerate(came)]
    growing = Refinement("fp")
    for number, part in enumerate(parts, 1):
        growing.add(part)
        peaks, known = growing.peaks(), parts[:number]
        assert peaks is not None
        assert list(peaks.ceilings) == list(plainly(known, Ceiling, "value", "name", 1).values())
        assert list(peaks.latencies) == list(plainly(known, Latency, "time_s", "level", -1).values())
        assert peaks.clock == plainly(known, Clock, "clock_hz", "", 1).get("")
        for of, sign in (("bandwidth_byte_per_s", 1), ("latency_s", -1)):
            points = plainly(known, CurvePoint, of, "working_set_bytes", sign)
            drawn = {p.working_set_bytes: getattr(p, of) for p in peaks.curve if getattr(p, of)}
            assert drawn == {size: getattr(point, of) for size, point in points.items()}
