"""The records: each survives a trip through JSON unchanged; derived values follow from the others."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any

import pytest

from accel_core.errors import BadInput
from accel_core.model import (
    LEVELS,
    Blas,
    CacheLevel,
    Case,
    Ceiling,
    Clock,
    Comparison,
    Cores,
    CurvePoint,
    Environment,
    Estimate,
    Fact,
    Kernel,
    Latency,
    Machine,
    Measurement,
    Parameter,
    Peaks,
    Refusal,
    Simd,
    Workload,
)
from accel_core.race import Calibration

ESTIMATE = Estimate(2.0, 1.5, 2.5, 9)
UNSURE = Estimate(2.0, None, None, 3)
BLAS = Blas("openblas", "0.3.31", 2, "threadpoolctl", "Haswell")
ENVIRONMENT = Environment("0.1.0", "3.11.2", "2.4.6", "0.68.1", "20.1", "Linux 6.1", BLAS)
MACHINE = Machine(
    cpu="AMD EPYC",
    vendor=None,
    architecture="x86_64",
    system="Linux",
    cores=Cores(2, 4, 3, (0, 1, 3), 2.5),
    caches=(CacheLevel("L1", 49152, 12, 64, (0, 1), 2, "sysfs"), CacheLevel("L3", 1 << 25)),
    simd=Simd(("avx2", "fma"), 256),
    memory_bytes=None,
    clock_hz=2.6e9,
    facts=(
        Fact("L3 size", 1 << 25, "sysfs", "byte", (("py-cpuinfo", 1 << 20),), "topology"),
        Fact("x", None, "y"),
    ),
    fingerprint="abc",
)
CEILING = Ceiling(
    kind="memory",
    name="copy_DRAM_1t",
    level="DRAM",
    width_bits=512,
    dtype="float32",
    threads=1,
    operation="copy",
    byte_convention="stream",
    working_set_bytes=1 << 30,
    value=3e10,
    low=2.9e10,
    high=None,
    n=7,
    unit="byte/s",
    source="measured",
    definition="a copy",
    stores="non_temporal",
)
LATENCY = Latency("L1", 16384, ESTIMATE, "a chase")
CURVE = (
    CurvePoint(4096, ESTIMATE, UNSURE),
    CurvePoint(8192, None, ESTIMATE),
    CurvePoint(16384, ESTIMATE, None),
)
CLOCK = Clock(ESTIMATE, "a chain")
PEAKS = Peaks("abc", ENVIRONMENT, "2026-01-01T00:00:00Z", (CEILING,), CLOCK, (LATENCY,), CURVE)
CASE = Case("matmul/numpy_tiled", 512, "float64", 2, {"block": 64}, (3, 5, 7))
MEASUREMENT = Measurement(
    workload="matmul",
    kernel="matmul/numpy",
    size=8,
    shape=(8, 8, 8),
    dtype="float32",
    threads=1,
    parameters={"block": 4},
    time_s=ESTIMATE,
    samples_s=(1.5, 2.0, 2.5),
    repetitions=10,
    stopped="budget",
    flop=1024,
    least_bytes=768,
    peak_alloc_bytes=None,
    compile_s=0.5,
    verified=True,
    max_relative_error=1e-7,
    cpu_s=6.0,
    wall_s=6.0,
    steal_fraction=None,
    disturbed=True,
    disturbed_reason="steal",
    fingerprint="abc",
    environment=ENVIRONMENT,
    created="2026-01-01T00:00:00Z",
    id="id",
)
COMPARISON = Comparison(
    "matmul/packed", "matmul/numpy", 512, "float32", 1, 1.0, 1.1, Estimate(1.1, 1.0, 1.2, 9), True
)
OBLONG = replace(COMPARISON, shape=(2000, 300, 700))
RECORDS = (
    ESTIMATE,
    UNSURE,
    MACHINE,
    ENVIRONMENT,
    replace(ENVIRONMENT, blas=None, llvm=None),
    CEILING,
    LATENCY,
    *CURVE,
    CLOCK,
    PEAKS,
    Peaks("abc", ENVIRONMENT, "2026-01-01T00:00:00Z"),
    CASE,
    Case("matmul/numpy", 512),
    MEASUREMENT,
    Refusal(CASE, "too large", 12.5, 256),
    Refusal(CASE, "too large"),
    OBLONG,
    COMPARISON,
    replace(COMPARISON, ratio=UNSURE),
    replace(COMPARISON, disturbed_reason="Something else was running.", left_out=3),
)


def names(records: tuple[Any, ...]) -> list[str]:
    return [type(record).__name__ for record in records]


@pytest.mark.parametrize("record", RECORDS, ids=names(RECORDS))
def test_a_record_survives_a_trip_through_json(record):
    text = json.dumps(record.to_dict(), allow_nan=False)
    back = type(record).from_dict(json.loads(text))
    assert back == record
    assert json.dumps(back.to_dict()) == text


@pytest.mark.parametrize("record", RECORDS, ids=names(RECORDS))
def test_a_record_that_came_back_holds_the_same_kinds_of_values(record):
    """Equality does not see a list where a tuple was only as long as nobody hashes or compares it."""
    back = type(record).from_dict(json.loads(json.dumps(record.to_dict())))
    for field in fields(record):
        assert type(getattr(back, field.name)) is type(getattr(record, field.name)), field.name


@pytest.mark.parametrize("record", RECORDS, ids=names(RECORDS))
def test_a_record_cannot_be_changed(record):
    with pytest.raises(FrozenInstanceError):
        setattr(record, fields(record)[0].name, None)


def test_a_measurement_derives_rate_and_intensity_and_exports_them():
    assert MEASUREMENT.flop_per_s == 512.0
    assert MEASUREMENT.intensity_flop_per_byte == pytest.approx(4 / 3)
    exported = MEASUREMENT.to_dict()
    assert exported["flop_per_s"] == 512.0
    assert exported["intensity_flop_per_byte"] == pytest.approx(4 / 3)


def test_nothing_moved_means_no_intensity():
    assert replace(MEASUREMENT, least_bytes=0).intensity_flop_per_byte is None


def test_a_comparison_is_exported_flat_as_the_command_line_promises():
    exported = COMPARISON.to_dict()
    assert (exported["ratio"], exported["low"], exported["high"], exported["n"]) == (1.1, 1.0, 1.2, 9)


def test_a_comparison_from_before_the_sentinel_still_loads():
    old = COMPARISON.to_dict()
    del old["disturbed_reason"], old["left_out"]
    assert Comparison.from_dict(old) == COMPARISON
    del old["disturbed"]
    with pytest.raises(KeyError):
        Comparison.from_dict(old)


def test_a_refusal_names_its_kernel_and_reason():
    exported = Refusal(CASE, "too large").to_dict()
    assert (exported["kernel"], exported["reason"]) == ("matmul/numpy_tiled", "too large")


def test_a_machine_finds_its_caches_by_name():
    assert MACHINE.cache("L1").size_bytes == 49152
    assert MACHINE.cache("L2") is None


def test_a_record_from_before_the_kernels_had_a_field_names_them_all_the_same():
    old = {"name": "OpenBLAS", "version": "0.3.31", "threads": 2}
    assert Blas.from_dict({**old, "source": "threadpoolctl (pthreads, Haswell kernels)"}) == Blas(
        "OpenBLAS", "0.3.31", 2, "threadpoolctl (pthreads)", "Haswell"
    )
    assert Blas.from_dict({**old, "source": "threadpoolctl"}).architecture is None


def test_levels_stand_from_near_to_far():
    assert LEVELS == ("L1", "L2", "L3", "L4", "DRAM")


@pytest.mark.parametrize(
    "data",
    [{}, {"kernel": "a/b"}, {"size": 3}, {"kernel": "a/b", "size": 3, "colour": "red"}],
    ids=["nothing", "no size", "no kernel", "unknown entry"],
)
def test_a_case_that_cannot_be_read_says_what_it_needs(data):
    with pytest.raises(BadInput, match="needs kernel and size"):
        Case.from_dict(data)


# -- ladders -------------------------------------------------------------------------------------------------


def a_kernel(name: str, changed_from: str | None = None) -> Kernel:
    return Kernel(name, name, abs, "numpy", "idea", "explanation", 1e9, changed_from)


WORKLOAD = Workload(
    name="w",
    title="w",
    size_means="n",
    axes=("n",),
    shape=lambda size: (size,),
    make_inputs=lambda shape, dtype, seed: (),
    reference=abs,
    flop=lambda shape: 1,
    least_bytes=lambda shape, dtype: 1,
    tolerance=lambda shape, dtype: 0.0,
    kernels=(a_kernel("one"), a_kernel("two"), a_kernel("three", changed_from="one")),
)
LADDER = WORKLOAD.kernels


def test_a_rung_changes_the_one_before_unless_it_names_another():
    assert WORKLOAD.before(LADDER[0]) is None
    assert WORKLOAD.before(LADDER[1]) is LADDER[0]
    assert WORKLOAD.before(LADDER[2]) is LADDER[0]


def test_a_kernel_is_known_by_its_workload_and_name():
    assert [kernel.id for kernel in LADDER] == ["w/one", "w/two", "w/three"]
    assert replace(WORKLOAD, name="v").kernels[0].id == "v/one"
    assert Case("w/one", 8).rung == "one"


def test_the_defaults_of_a_kernel_are_those_of_its_parameters():
    knobs = (Parameter("block", 64, 1, 512), Parameter("tile", 8, 1, 8))
    assert replace(LADDER[0], parameters=knobs).defaults == {"block": 64, "tile": 8}
    assert LADDER[0].defaults == {}


def test_a_kernel_is_found_by_name_or_not_at_all():
    assert WORKLOAD.kernel("two") is LADDER[1]
    with pytest.raises(KeyError):
        WORKLOAD.kernel("four")


def test_a_record_of_a_later_version_is_read_without_what_this_one_does_not_know():
    assert Ceiling.from_dict({**CEILING.to_dict(), "colour": "red"}) == CEILING


def test_an_interval_that_is_not_told_is_unknown():
    assert Estimate.from_dict({"median": 2.0, "n": 3}) == UNSURE


def test_the_record_that_the_app_brings_along_is_read_whole():
    told = json.loads((Path(__file__).parents[2] / "assets" / "sample_record.json").read_text(encoding="utf-8"))
    Machine.from_dict(told["machine"])
    Peaks.from_dict(told["peaks"])
    assert [Measurement.from_dict(one) for one in told["measurements"]]
    assert [Calibration.from_dict(one) for one in told["calibrations"]]


@pytest.mark.parametrize(
    "entry",
    [
        {"size": "large"},
        {"size": 1.5},
        {"size": True},
        {"size": "3"},
        {"size": float("inf")},
        {"parameters": "block"},
        {"dtype": 32},
        {"time_s": None},
        {"samples_s": ["x"]},
    ],
)
def test_an_entry_of_another_type_makes_no_record(entry):
    with pytest.raises((TypeError, ValueError)):
        Measurement.from_dict({**MEASUREMENT.to_dict(), **entry})
