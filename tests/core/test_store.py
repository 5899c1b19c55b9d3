"""The store: what goes in comes out, and nothing that was stored is ever lost or changed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import BadInput
from accel_core.model import (
    Blas,
    Case,
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Environment,
    Estimate,
    Latency,
    Measurement,
    RateSeries,
    Refusal,
)
from accel_core.model.packed import packed
from accel_core.store import Part, Store, data_folder, default_url, refine

OLD = Environment("0.1", "3.11.2", "2.4.6", "0.60.0", "14", "Linux 6.1", Blas("openblas", "0.3", 2, "test"))
NEW = replace(OLD, numba="0.68.1")


def a_measurement(number: int = 0, **changes: object) -> Measurement:
    values: dict[str, object] = {
        "workload": "matmul",
        "kernel": "matmul/numpy",
        "size": 64,
        "shape": (64, 64, 64),
        "dtype": "float32",
        "threads": 1,
        "parameters": {"block": 8},
        "time_s": Estimate(2e-3, 1e-3, 3e-3, 6),
        "samples_s": (1e-3, 2e-3, 3e-3),
        "repetitions": 1,
        "stopped": "interval",
        "flop": 524288,
        "least_bytes": 49152,
        "peak_alloc_bytes": None,
        "compile_s": 0.0,
        "verified": True,
        "max_relative_error": 1e-7,
        "cpu_s": 6e-3,
        "wall_s": 6e-3,
        "steal_fraction": None,
        "disturbed": False,
        "disturbed_reason": "",
        "fingerprint": "fp",
        "environment": NEW,
        "created": f"2026-01-01T00:00:{number:02d}+00:00",
        "id": f"id{number}",
    }
    return Measurement(**{**values, **changes})  # type: ignore[arg-type]


def a_roof(value: float, low: float | None = None, high: float | None = None, n: int = 9) -> Ceiling:
    return Ceiling(
        "compute",
        "fma",
        None,
        256,
        "float32",
        1,
        "fma",
        None,
        None,
        value,
        low,
        high,
        n,
        "FLOP/s",
        "measured",
        "Runs FMA.",
    )


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url)


def test_a_measurement_comes_back_as_it_went_in(store: Store) -> None:
    store.save_measurement(a_measurement())
    assert store.measurements("fp") == [a_measurement()]


def test_newest_measurements_come_first_whatever_order_they_were_saved_in(store: Store) -> None:
    for number in (1, 3, 0, 2):
        store.save_measurement(a_measurement(number))
    assert [m.id for m in store.measurements("fp")] == ["id3", "id2", "id1", "id0"]
    assert [m.id for m in store.measurements("fp", limit=2)] == ["id3", "id2"]


def test_time_zones_do_not_confuse_the_order_or_the_cut(store: Store) -> None:
    store.save_measurement(a_measurement(1, created="2026-01-01T02:00:00+02:00"))  # midnight UTC
    store.save_measurement(a_measurement(2, created="2026-01-01T00:30:00+00:00"))
    assert [m.id for m in store.measurements("fp")] == ["id2", "id1"]
    assert [m.id for m in store.measurements("fp", since="2026-01-01T00:10:00")] == ["id2"]


def test_measurements_are_found_by_machine_workload_dtype_and_time(store: Store) -> None:
    store.save_measurement(a_measurement(0))
    store.save_measurement(a_measurement(1, dtype="float64"))
    store.save_measurement(a_measurement(2, workload="gelu"))
    store.save_measurement(a_measurement(3, fingerprint="other"))
    found = lambda **by: [m.id for m in store.measurements("fp", **by)]  # noqa: E731
    assert found(dtype="float32") == ["id2", "id0"]
    assert found(workload="matmul") == ["id1", "id0"]
    assert found(since="2026-01-01T00:00:01+00:00") == ["id2", "id1"]
    assert (store.count("fp"), store.count()) == (3, 4)


def test_a_date_that_is_none_is_bad_input(store: Store) -> None:
    with pytest.raises(BadInput, match="yesterday"):
        store.measurements("fp", since="yesterday")


def test_saving_a_measurement_again_changes_nothing(store: Store) -> None:
    store.save_measurement(a_measurement())
    store.save_measurement(a_measurement(size=128))
    assert store.measurements("fp") == [a_measurement()]


def test_reading_before_the_first_save_finds_nothing_and_makes_nothing(store: Store, tmp_path: Path) -> None:
    assert store.measurements("fp") == [] and store.peaks("fp") is None and store.newest("fp") == []
    assert store.count() == 0 and store.comparisons("fp") == []
    assert list(tmp_path.iterdir()) == []
    with store.database.reading() as connection:
        assert connection is None


def test_comparisons_are_kept_and_refusals_are_not(store: Store) -> None:
    ratio = Comparison("matmul/a", "matmul/b", 64, "float32", 1, 1.0, 2.0, Estimate(2.0, 1.9, 2.1, 9))
    store.save("comparison", ratio, "fp", NEW)
    store.save("refusal", Refusal(Case("matmul/a", 9), "Too large."), "fp", NEW)
    assert store.comparisons("fp") == [ratio]
    assert store.peaks("fp") is None


def test_every_part_of_the_peaks_comes_back(store: Store) -> None:
    near = Latency("L1", 2**14, Estimate(1e-9, None, None, 3), "Chase.")
    point = CurvePoint(2**14, Estimate(1e9, None, None, 3), Estimate(1e-9, None, None, 3))
    clock = Clock(Estimate(3.6e9, 3.5e9, 3.7e9, 9), "Chain.")
    for kind, part in (
        ("ceiling", a_roof(9.0)),
        ("latency", near),
        ("curve_point", point),
        ("clock", clock),
    ):
        store.save(kind, part, "fp", NEW)
    peaks = store.peaks("fp")
    assert peaks is not None
    assert (peaks.ceilings, peaks.latencies) == ((a_roof(9.0),), (near,))
    assert (peaks.curve, peaks.clock, peaks.environment) == ((point,), clock, NEW)


# -- how a second run refines the first ----------------------------------------------------------------------


def parts(*records: tuple[Environment, object]) -> list[Part]:
    return [Part(f"2026-01-0{day}", versions, record) for day, (versions, record) in enumerate(records, 1)]  # type: ignore[arg-type]


def test_the_roof_is_the_part_with_the_greatest_lower_end() -> None:
    wide, narrow, slow = a_roof(10.5, 8.0, 13.0), a_roof(10.0, 9.9, 10.1), a_roof(7.0, 6.9, 7.1)
    peaks = refine("fp", parts((NEW, wide), (NEW, narrow), (NEW, slow)))
    assert peaks is not None and peaks.ceilings == (narrow,)


def test_one_lucky_sample_does_not_take_the_place_of_an_interval() -> None:
    known = a_roof(7.0, 6.9, 7.1)
    for lucky in ((NEW, a_roof(10.0, n=3)), (NEW, a_roof(6.95, n=1))):
        peaks = refine("fp", parts((NEW, known), lucky))
        assert peaks is not None and peaks.ceilings == (known,)
    alone = refine("fp", parts((NEW, a_roof(10.0, n=3)), (NEW, a_roof(11.0, n=2))))
    assert alone is not None and alone.ceilings[0].value == 11.0


def test_a_disturbed_roof_stands_only_until_there_is_an_undisturbed_one() -> None:
    fast = replace(a_roof(9.0, 8.9, 9.1), disturbed_reason="Something else was running.")
    calm = a_roof(7.0, 6.9, 7.1)
    for order in ((fast, calm), (calm, fast)):
        peaks = refine("fp", parts(*((NEW, roof) for roof in order)))
        assert peaks is not None and peaks.ceilings == (calm,)


def test_the_latency_is_the_part_with_the_least_upper_end() -> None:
    slow = Latency("L1", 2**14, Estimate(3e-9, 2e-9, 4e-9, 9), "Chase.")
    quick = Latency("L1", 2**14, Estimate(2e-9, 1.9e-9, 2.1e-9, 9), "Chase.")
    peaks = refine("fp", parts((NEW, quick), (NEW, slow)))
    assert peaks is not None and peaks.latencies == (quick,)


def test_other_versions_stand_only_where_the_current_ones_measured_nothing() -> None:
    clock = Clock(Estimate(3.6e9, None, None, 3), "Chain.")
    peaks = refine("fp", parts((OLD, a_roof(99.0)), (OLD, clock), (NEW, a_roof(50.0))))
    assert peaks is not None
    assert (peaks.ceilings[0].value, peaks.clock, peaks.environment) == (50.0, clock, NEW)


def test_bandwidth_and_latency_of_a_curve_point_are_refined_apart() -> None:
    far, near = (RateSeries(9, packed([ns]), packed([5]), 8.0) for ns in (7, 11))
    first = CurvePoint(64, Estimate(10.0, None, None, 1), Estimate(5.0, None, None, 1), (far,), (far,))
    second = CurvePoint(64, Estimate(8.0, None, None, 1), Estimate(4.0, None, None, 1), (near,), (near,))
    smaller = CurvePoint(32, None, Estimate(1.0, None, None, 1))
    peaks = refine("fp", parts((NEW, first), (NEW, second), (NEW, smaller)))
    assert peaks is not None
    assert peaks.curve == (
        smaller,
        CurvePoint(64, first.bandwidth_byte_per_s, second.latency_s, (far,), (near,)),
    )


@given(st.lists(st.tuples(st.booleans(), st.floats(1.0, 1e12)), min_size=1, max_size=8))
def test_refined_roof_was_measured_in_the_newest_environment_and_none_there_is_better(
    runs: list[tuple[bool, float]],
) -> None:
    measured = [(NEW if new else OLD, a_roof(value)) for new, value in runs]
    peaks = refine("fp", parts(*measured))
    assert peaks is not None
    current = [roof.value for versions, roof in measured if versions == measured[-1][0]]
    assert peaks.ceilings[0].value == max(current)


def test_a_second_run_can_raise_a_stored_roof_and_never_lowers_it(store: Store) -> None:
    for value in (10.0, 12.0, 11.0):
        store.save_peak("fp", NEW, a_roof(value, value - 0.1, value + 0.1))
    peaks = store.peaks("fp")
    assert peaks is not None and peaks.ceilings[0].value == 12.0


# -- places, and programs at the same time -------------------------------------------------------------------


def test_the_environment_names_the_folder_and_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ACCEL_STORE_URL", raising=False)
    assert data_folder() == tmp_path / "home"
    Store().save_measurement(a_measurement())
    assert (tmp_path / "home" / "records.db").is_file()
    monkeypatch.setenv("ACCEL_STORE_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert default_url().endswith("elsewhere.db")
    assert Store().count() == 0


def test_a_folder_name_with_odd_characters_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCEL_STORE_URL", raising=False)
    monkeypatch.setenv("ACCEL_HOME", str(tmp_path / "a b?c#d%20é"))
    Store().save_measurement(a_measurement())
    assert Store().count() == 1
    assert (tmp_path / "a b?c#d%20é" / "records.db").is_file()


WRITER = """
import json, sys
from accel_core.model import Measurement
from accel_core.store import Store
store, plain = Store(sys.argv[1]), json.load(sys.stdin)
for number in range(20):
    store.save_measurement(Measurement.from_dict({**plain, "id": f"{sys.argv[2]}-{number}"}))
"""


def test_two_programs_that_begin_and_fill_one_store_at_once_lose_nothing(store_url: str) -> None:
    url = store_url
    plain = json.dumps(a_measurement().to_dict())
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, name], stdin=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(plain)
        writer.stdin.close()
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert Store(url).count("fp") == 40
