"""Records as downloads: what a spreadsheet or a notebook reads is what was measured."""

from __future__ import annotations

import csv
import io
import json

import pytest
from test_store import a_measurement

from accel_core.export import COLUMNS, measurements_csv, measurements_json
from accel_core.model import Estimate, Measurement, Sentinel


def test_a_csv_line_holds_each_quantity_in_base_units() -> None:
    (row,) = csv.DictReader(io.StringIO(measurements_csv([a_measurement()])))
    assert tuple(row) == COLUMNS
    assert (row["kernel"], row["shape"], row["parameters"]) == ("matmul/numpy", "64x64x64", "block=8")
    assert (row["time_s"], row["time_low_s"], row["samples"]) == ("0.002", "0.001", "6")
    assert float(row["flop_per_s"]) == 524288 / 2e-3
    assert (row["blas"], row["blas_version"], row["numba"]) == ("openblas", "0.3", "0.68.1")


def test_what_the_sentinel_saw_is_a_clock_and_a_drift() -> None:
    seen = Sentinel(Estimate(0.275, 0.27, 0.28, 9), 0.25, 2.5e9)
    unknown = Sentinel(seen.core_cycles, None, 2.5e9)
    records = [a_measurement(sentinel=said) for said in (seen, unknown, None)]
    rows = list(csv.DictReader(io.StringIO(measurements_csv(records))))
    assert [row["clock_hz"] for row in rows] == ["2500000000.0", "2500000000.0", ""]
    assert float(rows[0]["core_drift"]) == pytest.approx(0.1) and rows[1]["core_drift"] == ""


def test_what_is_unknown_is_an_empty_field_and_a_sentence_stays_one_field() -> None:
    reason = 'The "kernel", with commas,\nand two lines.'
    odd = a_measurement(time_s=Estimate(1.0, None, None, 1), disturbed=True, disturbed_reason=reason)
    (row,) = csv.DictReader(io.StringIO(measurements_csv([odd]), newline=""))
    assert (row["time_low_s"], row["peak_alloc_bytes"]) == ("", "")
    assert row["disturbed_reason"] == reason


def test_every_field_of_a_measurement_is_a_column_or_a_part_of_one() -> None:
    apart = {
        "workload",
        "samples_s",
        "verified",
        "environment",
        "sentinel",
    }  # in the kernel's name, in JSON, always true, split, split
    assert set(a_measurement().to_dict()) - apart <= set(COLUMNS)


def test_json_gives_the_very_records_back() -> None:
    records = [a_measurement(1), a_measurement(2)]
    data = json.loads(measurements_json(records))
    assert [Measurement.from_dict(record) for record in data["measurements"]] == records


def test_no_measurements_are_a_header_and_an_empty_list() -> None:
    assert measurements_csv([]) == ",".join(COLUMNS) + "\n"
    assert json.loads(measurements_json([])) == {"measurements": []}
