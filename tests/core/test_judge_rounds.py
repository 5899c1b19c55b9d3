"""Rounds: who is first, how often each is called, and when the machine drifted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from accel_core.judge.asked import Refused
from accel_core.judge.inside import pages
from accel_core.judge.rounds import FEWER, FEWER_S, SAMPLES, SLOW_S, WARM_UP, Timed, Track, in_order, time_size
from accel_core.judge.table import Table
from accel_core.judge.verdicts import drifted
from accel_core.registry import workload


def track(name: str, *times_s: float) -> Track:
    made = Track(name)
    for at, time_s in enumerate(times_s):
        made.add(at, round(time_s * 1e9))
    return made


def test_everybody_is_first_once_before_anybody_is_first_again() -> None:
    for count in (1, 2, 5, 6):
        orders = [in_order(count, turn) for turn in range(2 * count)]
        assert all(sorted(order) == list(range(count)) for order in orders)
    firsts = [in_order(5, turn)[0] for turn in range(10)]
    assert max(map(firsts.count, range(5))) <= 3


def test_a_machine_drifts_where_all_baselines_do_and_not_where_one_call_was_late() -> None:
    steady, late = (1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0), (1.0, 1.01, 0.99, 1.0, 1.02, 5.0, 1.0)
    slower = (1.0, 1.01, 0.99, 1.0, 1.12, 1.08, 1.1)
    few = Timed(track(""), (track("a", 1, 2, 3),), 0.0)
    assert few.drift is None
    quiet = Timed(track(""), (track("a", *steady), track("b", *late)), 0.0).drift
    assert quiet is not None and abs(quiet) < 0.03
    drift = Timed(track(""), (track("a", *slower), track("b", *(0.01 * one for one in slower))), 0.0).drift
    assert drift is not None and 0.07 < drift < 0.12


def test_one_baseline_that_drifts_is_enough_where_its_noise_does_not_explain_it() -> None:
    """The others stand, so that all of them together have not moved."""
    calm = [track(name, *[1.0, 1.01, 0.99, 1.0, 1.02] * 2, 1.0) for name in "abcd"]
    moved = track("e", *[1.0, 1.01, 1.0, 0.99, 1.0], 1.0, *[1.13, 1.12, 1.14, 1.12, 1.13])
    noisy = track("e", *[1.0, 1.3, 1.0, 1.25, 1.0], 1.0, *[1.2, 1.0, 1.22, 1.0, 1.15])
    whole = Timed(track(""), (*calm, moved), 0.0)
    assert whole.drift is not None and abs(whole.drift) < 0.05
    assert drifted(whole) == "The baseline e became at least 12 % slower."
    assert drifted(Timed(track(""), (*calm, noisy), 0.0)) == ""
    all_moved = tuple(track(name, *[1.0] * 5, 1.0, *[0.9] * 5) for name in "ab")
    assert drifted(Timed(track(""), all_moved, 0.0)) == "The baselines became 10 % faster."


class Fake:
    """A player that computes in this process, for as long as it says; its first call may take longer."""

    compiles_s = 0.0

    def __init__(self, stage: FakeStage, took_s: float) -> None:
        self.stage, self.took_s = stage, took_s
        self.calls: dict[int, int] = {}

    def do(self, order: int, number: int = 0, places: Any = None, timeout_s: float = 0.0) -> int:
        if order == pages.CALL:
            self.calls[number] = self.calls.get(number, 0) + 1
            self.stage.out[...] = self.stage.inputs[0] @ self.stage.inputs[1]
        compiling_s = self.compiles_s if self.calls.get(number) == 1 else 0.0
        return round((self.took_s * (number + 1) + compiling_s) * 1e9)


class FakeStage:
    """Arrays, and nothing shared."""

    overrun = False

    def __init__(self) -> None:
        self.inputs: Any = ()
        self.out: Any = None

    def shape(self, inputs: Any, out_shape: Any, dtype: str) -> Any:
        self.out = np.empty(out_shape, dtype)

    def put(self, inputs: Any) -> None:
        self.inputs = inputs

    def clear(self) -> None:
        self.out.fill(np.nan)

    def clear_report(self) -> None:
        pass

    def report(self) -> tuple[int, bytes]:
        return 0, b""


class Late(Fake):
    """Writes to the output once more while it should do nothing, after so many calls."""

    after = 0

    def do(self, order: int, number: int = 0, places: Any = None, timeout_s: float = 0.0) -> int:
        if order == pages.NOTHING and self.calls.get(0) == self.after:
            self.stage.out[0, 0] = np.nextafter(self.stage.out[0, 0], np.float32(0))
        return super().do(order, number, places, timeout_s)


@pytest.mark.parametrize("after", [1, WARM_UP + 1, WARM_UP + 5, WARM_UP + SAMPLES, 99])
def test_an_output_that_changes_after_any_call_is_refused(after: int) -> None:
    """By the last bit of one number, which is no error that a check would see."""
    stage: Any = FakeStage()
    late = Late(stage, 1e-3)
    late.after = after
    table = Table(workload("matmul"), "float32", late, stage, native=True)  # type: ignore[arg-type]
    if after == 99:  # there is no such call
        time_size(table, None, (), (5, 6, 7), None)
        return
    with pytest.raises(Refused, match="changed after it had returned"):
        time_size(table, None, (), (5, 6, 7), None)
    assert late.calls == {0: after}


@pytest.mark.parametrize(
    ("took_s", "samples", "calls"),
    [
        (SLOW_S / 3, SAMPLES, [SAMPLES, SAMPLES]),
        (SLOW_S * 0.9, SAMPLES, [SAMPLES, 3]),
        (FEWER_S, FEWER, [3, 3]),
    ],
)
@pytest.mark.parametrize("mine_s", [1e-6, 3.0])
def test_how_many_samples_there_are_depends_on_the_baselines_alone(
    took_s: float, samples: int, calls: list[int], mine_s: float
) -> None:
    stage: Any = FakeStage()
    mine, others = Fake(stage, mine_s), Fake(stage, took_s)
    others.compiles_s = 10.0
    table = Table(workload("matmul"), "float32", mine, stage, native=True)  # type: ignore[arg-type]
    timed = time_size(table, others, ("a", "b"), (5, 6, 7), None)  # type: ignore[arg-type]
    assert len(timed.track.took_ns) == samples
    assert [len(one.took_ns) for one in timed.baselines] == calls
    assert len(table.errors) == samples + WARM_UP
    assert 0 < timed.max_error < 1
