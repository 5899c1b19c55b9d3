"""Whole judgings: drawn sizes, baselines and roofs, in all three divisions and for every workload."""

from __future__ import annotations

import sys
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("children that are stopped and resumed need POSIX signals", allow_module_level=True)

import judged

from accel_core.arena.drawing import drawn_shapes
from accel_core.arena.event import Band
from accel_core.arena.files import event as event_called
from accel_core.arena.starter import starter
from accel_core.judge.judging import AGAIN
from accel_core.judge.rounds import SAMPLES
from accel_core.model.arena import ACCEPTED, QUARANTINED, UNSETTLED
from accel_core.roofline import typed_machine

FULL: dict[str, Any] = {
    "drawn": (Band((48, 48, 48), 0.2),),
    "baselines": ("matmul/compiled_ikj", "matmul/numpy"),
}
SMALL = {"softmax-all": (40, 33), "layer_norm-one": (33, 40), "attention-all": (1, 2, 9, 17, 8)}
LIBRARY = "import numpy as np\ndef matmul(a, b, out):\n    np.matmul(a, b, out=out)\n"


def test_a_judging_draws_sizes_times_baselines_in_turns_and_scores_by_the_roof() -> None:
    roofs = typed_machine(1e15, {"DRAM": 1e15}, "float32", 1)
    verdict = judged.judged(judged.LOOPS, ceilings=roofs, **FULL)
    assert verdict.verdict in (ACCEPTED, UNSETTLED), verdict.reason
    assert verdict.seed is not None
    drawn = tuple(size.shape for size in verdict.sizes if size.drawn)
    assert drawn == drawn_shapes(judged.event(**FULL), verdict.seed)
    for size in verdict.sizes:
        assert size.time_s is not None and size.time_s.n == SAMPLES and size.time_s.low is not None
        assert [one.kernel for one in size.baselines] == list(FULL["baselines"])
        assert all(one.time_s.n == SAMPLES and one.drift is not None for one in size.baselines)
        assert size.roof_s == pytest.approx(max(size.flop, size.least_bytes) / 1e15)
        assert size.score == pytest.approx(size.roof_s / size.time_s.median)
    assert (verdict.score is None) == (verdict.verdict == UNSETTLED)


def test_what_is_faster_than_the_roof_is_neither_scored_nor_clipped() -> None:
    roofs = typed_machine(1e3, {"DRAM": 1e3}, "float32", 1)
    verdict = judged.tried(judged.LOOPS, ceilings=roofs)
    assert (verdict.verdict, verdict.score) == (QUARANTINED, None)
    assert "faster than the machine" in verdict.reason
    assert all(size.score is not None and size.score > 1.05 for size in verdict.sizes)


def test_a_machine_that_is_disturbed_each_time_settles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def noisy(*_: object) -> str:
        asked.append(1)
        return "Something else was running."

    monkeypatch.setattr("accel_core.judge.judging.disturbed", noisy)
    verdict = judged.judged(judged.LOOPS, shapes=((16, 16, 16),))
    assert (verdict.verdict, verdict.score, verdict.disturbed) == (UNSETTLED, None, True)
    assert "At size 16 x 16 x 16: something else was running" in verdict.reason
    assert len(asked) == AGAIN + 1


def test_a_library_may_be_called_in_the_open_division_and_threads_where_there_are_some() -> None:
    accepted = judged.tried(LIBRARY, "open")
    assert accepted.verdict == ACCEPTED and "vector_bits" not in accepted.facts, "nobody looked"
    threaded = judged.LOOPS.replace("in range(a.shape[0])", "in prange(a.shape[0])")
    verdict = judged.tried(f"from numba import prange\n{threaded}", "all")
    assert verdict.verdict == ACCEPTED, verdict.reason
    refused = judged.tried(LIBRARY.replace("    np", "    a[0, 0] = 1\n    np"), "open")
    assert "It raises ValueError: assignment destination is read-only (line 3)" in refused.reason


def test_a_process_that_ends_between_two_calls_is_refused_and_no_fault_of_the_judge() -> None:
    ends = "import os, threading\ndef later():\n    os._exit(3)\n"
    verdict = judged.tried(f"{ends}{LIBRARY}    threading.Timer(0.001, later).start()\n", "open")
    assert verdict.verdict == "refused" and "It ended by itself with status 3" in verdict.reason, verdict.reason


@pytest.mark.parametrize("name", SMALL)
def test_starter_code_is_right(name: str) -> None:
    workload, _, division = name.partition("-")
    verdict = judged.tried(starter(event_called(name)), division, workload=workload, shapes=(SMALL[name],))
    assert verdict.verdict == ACCEPTED, verdict.reason
    assert verdict.facts["lines"] > 3
