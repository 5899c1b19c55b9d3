"""The lesson on a transformer block, on runs made up for the purpose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import recorded_lessons
from figure_records import ENVIRONMENT

from accel_core.homework.finding import of_nobody
from accel_core.lessons import Run, lesson
from accel_core.lessons.deciding import amdahl
from accel_core.machine import detect
from accel_core.model import BlockRun, OperationTime, Series
from accel_core.model.packed import packed
from accel_core.stats import median_interval
from accel_core.transformer import operations, preset, shares

ONE = lesson("operation")
SHAPE = preset("gpt2-small").shape()
WOBBLE = (0.99, 1.0, 1.01)
EVEN = {
    "norm": 2, "QKV": 12, "QK^T": 8, "softmax": 25, "PV": 8, "output": 5, "residual": 1, "feed-forward": 30,
    "GELU": 9,
}  # fmt: skip
"""Kind -> milliseconds of all its operations; 100 together."""


def series(times_ms: list[float]) -> Series:
    return Series(1, packed(round(1e6 * t) for t in times_ms), packed(range(len(times_ms))))


def ran(
    each_ms: Mapping[str, float], rounds: int = 9, slow: Mapping[int, float] | None = None, restless: str = ""
) -> Run:
    """A run whose rounds wobble as a whole, `slow` ones take so many times as long; one kind wobbles more."""
    listed = operations(SHAPE)
    many = {kind: sum(one.kind == kind for one in listed) for kind in each_ms}
    pace = [WOBBLE[at % 3] * (slow or {}).get(at, 1.0) for at in range(rounds)]
    timed = []
    for one in listed:
        more = [1 + 0.1 * (at % 3 - 1) * (one.kind == restless) for at in range(rounds)]
        took = [each_ms[one.kind] / many[one.kind] * a * b for a, b in zip(pace, more, strict=True)]
        timed.append(OperationTime(one.name, "numpy", median_interval([t / 1e3 for t in took]), series(took)))
    whole = series([100.0] * rounds)
    block = BlockRun(
        asdict(SHAPE), "numpy", 1, tuple(timed), median_interval([0.1] * rounds), whole, 1e-7, False, "",
        "f00d", ENVIRONMENT, "2026-05-04T10:00:00+00:00", "made",
    )  # fmt: skip
    return Run(detect(), [block])


def test_a_share_is_taken_round_by_round_and_all_shares_are_one() -> None:
    (block,) = ran(EVEN, slow={4: 3.0, 5: 2.0}).results
    assert isinstance(block, BlockRun)
    found = shares(block)
    assert {kind: share.median for kind, share in found.items()} == pytest.approx(
        {kind: ms / 100 for kind, ms in EVEN.items()}, rel=1e-4
    )
    assert list(found) == ["norm", "QKV", "QK^T", "softmax", "PV", "output", "residual", "feed-forward", "GELU"]
    assert all(share.low and share.high and share.high - share.low < 1e-4 for share in found.values())


def test_the_operation_with_the_largest_share_is_found_with_what_it_brings() -> None:
    truth = ONE.truth(ran(EVEN))
    assert truth.value == "feed-forward"
    gain = truth.each["feed-forward"]
    assert gain.median == pytest.approx(amdahl(0.3, 2), rel=1e-4)
    assert gain.low is not None and gain.high is not None and gain.low <= gain.median <= gain.high
    said = ONE.reveal("softmax", ran(EVEN))
    assert said.startswith("You said: softmax of the scores. Found was: the two feed-forward products.")
    assert "took 30.0 % of the time (30.0 % to 30.0 %)" in said
    assert "With that part twice as fast, the block is 1 / (1 - p + p/2) = 1.18 times" in said
    assert "1 / (1 - p) = 1.43 times" in said
    assert "Next: softmax of the scores, with 25.0 % and 1.14 times." in said
    assert "0.353 % of the FLOP and 25.0 % of the time are of softmax of the scores" in said
    assert "322 GFLOP/s" in said and "2.52 GFLOP/s" in said


def test_operations_within_the_intervals_are_called_as_good() -> None:
    close = {**EVEN, "softmax": 29.0}
    run = ran(close, restless="softmax")
    assert "Within the intervals softmax of the scores may be as good." in ONE.reveal(None, run)
    assert "Within the intervals" not in ONE.reveal(None, ran(close))


def test_few_rounds_have_no_interval() -> None:
    run = ran(EVEN, rounds=3)
    assert ONE.truth(run).each["feed-forward"].low is None
    assert "took 30.0 % of the time. With that" in ONE.reveal(None, run)


def test_a_pack_tells_of_a_block_without_the_name_of_the_account() -> None:
    (block,) = ran(EVEN).results
    assert isinstance(block, BlockRun)
    named = replace(block, environment=replace(ENVIRONMENT, overrides={"NUMBA_CACHE_DIR": f"{Path.home()}/x"}))
    assert str(Path.home()) not in str(of_nobody(named)) and of_nobody(named).operations == block.operations


def test_a_run_comes_back_from_a_recording_with_its_rounds() -> None:
    told = json.loads(json.dumps(recorded_lessons.thinned(ran(EVEN).to_dict(), 2)))
    assert ONE.truth(Run.from_dict(told)).each == ONE.truth(ran(EVEN)).each
