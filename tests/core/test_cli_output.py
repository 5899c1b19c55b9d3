"""What the command line prints, piece by piece: JSON, columns and the line that shows progress."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from figure_records import ceiling, measurement

from accel_core.cli import machine_text, text
from accel_core.cli.output import Progress, json_text, table
from accel_core.model import Comparison, Estimate, Sentinel

STEP = {"event": "step", "name": "matmul/numpy N=512", "done": 2, "total": 7, "expected_s": 2.0}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan"), np.float32("inf")])
def test_what_json_does_not_have_becomes_null(value):
    assert json.loads(json_text({"a": [value, (value,)], "b": {"c": value}})) == {
        "a": [None, [None]],
        "b": {"c": None},
    }


def test_numbers_of_numpy_are_plain_numbers_in_json():
    assert json.loads(json_text({"a": np.int64(3), "b": np.float32(0.5)})) == {"a": 3, "b": 0.5}


def test_json_is_ascii_so_that_any_terminal_can_print_it():
    assert json_text({"a": "2·m·k·n µs"}).isascii()


def test_columns_stand_below_each_other():
    lines = table(("kernel", "time", ""), [("numpy", "1 ms", ""), ("python_loops", "10 s", "slow")])
    assert lines.splitlines() == ["kernel        time", "numpy         1 ms", "python_loops  10 s  slow"]


def test_progress_in_a_file_is_plain_lines_each_said_once():
    stream = io.StringIO()
    progress = Progress(stream)
    for event in (
        STEP,
        {**STEP, "expected_s": 1.9},
        {"event": "queued", "place": 1},
        {"event": "queued", "place": 0},
    ):
        progress(event)
    assert stream.getvalue().splitlines() == [
        "[3/7] matmul/numpy N=512, about 2.00 s left",
        "waiting in the queue: 1 job before this one",
    ]


def test_progress_on_a_terminal_rewrites_one_line_and_leaves_it_empty():
    stream = Terminal()
    progress = Progress(stream)
    progress(STEP)
    progress({**STEP, "name": "short", "expected_s": None})
    progress.clear()
    assert "\n" not in stream.getvalue()
    _, first, second, blank, end = stream.getvalue().split("\r")
    assert first.startswith("[3/7] matmul/numpy")
    assert second.rstrip() == "[3/7] short"
    assert len(second) >= len(first), "nothing of the longer line before may stay"
    assert not blank.strip()
    assert not end


def test_a_line_never_grows_past_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    Progress(stream)({**STEP, "name": "n" * 200})
    assert len(stream.getvalue().strip("\r")) == 19


def test_a_warning_stands_on_a_line_of_its_own():
    stream = Terminal()
    progress = Progress(stream)
    progress(STEP)
    progress({"event": "warning", "message": "Nothing was\nstored."})
    assert stream.getvalue().endswith("\raccel: warning: Nothing was stored.\n")


@pytest.mark.parametrize("event", [{"event": "result", "type": "clock", "data": {}}, {"event": "done"}, {}])
def test_events_that_are_no_progress_are_quiet(event):
    stream = io.StringIO()
    Progress(stream)(event)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("peak", "told"),
    [(8 * 4 * 2500, "8 arrays"), (4 * 2500, "1 array"), (12, "none"), (2500, "0.25 arrays"), (None, "unknown")],
)
def test_extra_memory_is_told_in_arrays_beside_the_time(peak, told):
    known = replace(
        measurement("fused", 1e9), workload="gelu", kernel="gelu/fused", shape=(50, 50), peak_alloc_bytes=peak
    )
    header, line = text.measurements([known], []).splitlines()
    at = header.index("extra memory") + len("extra memory")
    assert line[:at].endswith(f"  {told}")


def test_a_rung_as_fast_as_the_one_before_is_said_to_be_so():
    rungs = [
        replace(measurement(name, 1e9), workload="gelu", kernel=f"gelu/{name}", shape=(50, 50))
        for name in ("fused", "fused_threads")
    ]
    assert "as fast as fused" in text.measurements(rungs, [])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"disturbed": True}, "disturbed"),  # a record from before the reason was kept
        ({"disturbed": True, "disturbed_reason": "Somebody ran."}, "disturbed: Somebody ran."),
        ({"left_out": 3}, "3 pairs of samples left out, because something shared the core meanwhile"),
    ],
)
def test_a_comparison_says_who_disturbed_it_and_what_was_left_out(changes, told):
    ratio = Estimate(2.0, 1.9, 2.1, 9)
    compared = Comparison("matmul/packed", "matmul/numpy", 16, "float32", 1, 1.0, 2.0, ratio, **changes)
    header, line = text.comparisons([compared]).splitlines()
    assert line[header.index("95 %") + len("95 %") :].strip() == told
    assert compared.to_dict()["left_out"] == changes.get("left_out", 0)


def test_the_clock_that_a_sentinel_saw_is_told_with_the_measurement():
    seen = replace(measurement("numpy", 1e9), sentinel=Sentinel(Estimate(0.25, 0.25, 0.25, 9), 0.25, 2.5e9))
    assert ("clock", "2.50 GHz") in [
        tuple(line.split(maxsplit=1)) for line in text.measurement(seen).splitlines()
    ]
    assert "clock" not in text.measurement(replace(seen, sentinel=None))


def test_a_disturbed_roof_is_told_apart() -> None:
    for reason, told in (("", False), ("somebody else ran", True)):
        roof = replace(ceiling("compute", 1e11), disturbed_reason=reason)
        assert ("DISTURBED" in machine_text.peaks([roof], None, [])) == told
