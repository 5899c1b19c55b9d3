"""`accel transformer --measure`: its JSON and table, what is stored of it, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from accel_core.cli import main
from accel_core.machine import detect
from accel_core.model import BlockRun
from accel_core.model.packed import unpacked
from accel_core.store import Store
from accel_core.transformer import preset

Capture = pytest.CaptureFixture[str]
TINY = ("--width=32", "--heads=2", "--feed-forward=48", "--sequence=6", "--batch=2")
TYPED = ("--peak", "117.7e9", "--bandwidth", "35e9")
QUICK = ("--measure", "--budget", "0.05")


def answer(capsys: Capture, *words: str) -> dict[str, Any]:
    assert main(["transformer", *words, "--json"]) == 0, capsys.readouterr().err
    data = json.loads(capsys.readouterr().out)
    assert isinstance(data, dict)
    return data


def test_each_operation_has_its_time_and_the_whole_is_beside_the_sum(capsys: Capture) -> None:
    data = answer(capsys, *TINY, *TYPED, *QUICK, "--state", "compiled")
    rows, total = data["operations"], data["total"]
    assert len(rows) == 12
    assert total["time_s"] == pytest.approx(sum(row["time_s"] for row in rows))
    assert total["whole_s"] > 0
    for row in rows:
        assert row["ratio"] == pytest.approx(row["time_s"] / row["predicted_s"])
        assert row["time_share"] == pytest.approx(row["time_s"] / total["time_s"])
        assert row["promised"] is False and row["agrees"] == (not row["reason"])
        assert (row["low"] is None) == (row["high"] is None)
        assert row["low"] is None or 0 < row["low"] <= row["time_s"] <= row["high"]
    hows = {row["name"]: row["how"] for row in rows}
    assert (hows["QK^T"], hows["softmax"], hows["GELU"]) == ("library", "compiled", "compiled")
    (stored,) = Store().block_runs(detect().fingerprint)
    assert stored == BlockRun.from_dict(data["run"])
    assert stored.shape["width"] == 32 and stored.state == "compiled" and stored.threads == 1
    for one in stored.operations:
        samples = unpacked(one.series.samples)
        assert len(samples) == len(unpacked(one.series.starts)) == one.time_s.n
        middle = sorted(samples)[len(samples) // 2] / one.series.repetitions / 1e9
        assert len(samples) % 2 == 0 or one.time_s.median == pytest.approx(middle)


def test_without_roofs_there_are_times_and_nothing_to_hold_them_against(capsys: Capture) -> None:
    data = answer(capsys, *TINY, *QUICK)
    assert data["notes"][0].startswith("No roofs of float32 on 1 thread are stored")
    for row in data["operations"]:
        assert row["time_s"] > 0 and row["time_share"] > 0
        assert [row[name] for name in ("ratio", "promised", "agrees", "reason", "predicted_s")] == [None] * 5
    assert data["total"]["ratio"] is None and data["total"]["time_s"] > 0


def test_the_table_says_what_was_run(capsys: Capture) -> None:
    assert main(["transformer", *TINY, *TYPED, *QUICK, "--decode"]) == 0
    out = capsys.readouterr().out
    assert "measured on 1 thread: all NumPy." in out and "not measured" not in out
    assert "run as one" in out and "measured/predicted" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--measure", "--dtype=float16"), "dtype is 'float16'; float32 or float64 is allowed."),
        (("--measure", "--state=compild"), "did you mean 'compiled'?"),
        (
            ("--measure", "--state=python-softmax"),
            "in the state python-softmax, longer than the limit of 10.0 s",
        ),
        (("--measure", "--products-only"), "leave out --products-only"),
        (("--measure", "--threads=4096"), "4096 threads cannot be measured"),
        (("--measure", "--heads=7"), "7 heads do not divide the width 768"),
        (("--measure", "--sequence=0"), "The sequence is 0: give a whole number"),
        (("--measure", "--sequence=2000000"), "the largest that fits is"),
        (("--measure", "--sequence=x"), "is not a whole number"),
        (("--measure", "--budget=0"), "0"),
        (("--state=numpy",), "add --measure"),
        (("--budget=1",), "add --measure"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_sentence(
    capsys: Capture, words: tuple[str, ...], told: str
) -> None:
    assert main(["transformer", *words]) == 2
    out, err = capsys.readouterr()
    assert told in err and out == "" and "Traceback" not in err


def test_a_refusal_for_time_names_the_longest_sequence_that_runs(capsys: Capture) -> None:
    from accel_core.runner.kinds.transformer import block_s
    from accel_core.transformer import state

    assert main(["transformer", "--measure", "--state=python-softmax"]) == 2
    longest = int(capsys.readouterr().err.rstrip(".\n").rpartition(" ")[2])
    shape, slow = preset("gpt2-small").shape(sequence=longest), state("python-softmax")
    assert block_s(shape, slow) <= 10.0 < block_s(replace(shape, sequence=longest + 1), slow)
