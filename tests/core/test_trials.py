"""Mistakes made on purpose: each is timed beside the right way, and neither where its result is wrong."""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accel_core import runner
from accel_core.bench import trials
from accel_core.bench.clocks import Clocks
from accel_core.bench.events import RESULT_TYPES, result_event
from accel_core.bench.trials import both_ways, cold, crowded, denormal
from accel_core.errors import BadInput, WrongResult
from accel_core.machine import detect
from accel_core.model import Trial
from accel_core.runner.kinds.trial import MOST_THREADS, NAMES
from accel_core.runner.spec import complete
from accel_core.store import Stored

QUICK_S = 0.02


def test_a_name_is_a_file_and_a_file_a_name() -> None:
    files = {path.stem for path in Path(*trials.__path__).glob("*.py")} - {"__init__", "both_ways"}
    assert files == set(NAMES)
    assert all(callable(import_module(f"accel_core.bench.trials.{name}").trial) for name in NAMES)


def test_all_trials_run_as_one_job_and_are_not_stored() -> None:
    jobs = [{"kind": "trial", "names": list(NAMES), "budget_s": QUICK_S}]
    found = runner.run({"kind": "sequence", "jobs": jobs}, "trials")
    assert [one.name for one in found] == list(NAMES)
    for one in found:
        assert one.right != one.wrong and one.right_s and one.wrong_s
        assert all(time_s > 0 for time_s in (*one.right_s, *one.wrong_s))
        for series, times_s in zip(one.series, (one.right_s, one.wrong_s), strict=True):
            assert series.call_s() == pytest.approx(times_s, rel=1e-5)
            began, took = series.starts_ns(), series.took_ns()
            assert len(began) == len(took) and began[0] > 0
            assert all(b >= a + ns - 1 for (a, b), ns in zip(pairwise(began), took, strict=False))
        assert not isinstance(one, Stored)
        told = result_event(one)
        assert RESULT_TYPES[told["type"]].from_dict(told["data"]) == one


def test_a_result_that_is_off_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[object] = []
    for module in (cold, crowded, denormal):
        monkeypatch.setattr(module, "samples_of", lambda *a, **k: timed.append(a))
    monkeypatch.setattr(cold, "_total", lambda x: 1.0)
    monkeypatch.setattr(cold.numba, "njit", lambda function: function)
    monkeypatch.setattr(np, "matmul", lambda a, b, out: out.fill(1))
    monkeypatch.setattr(np, "multiply", lambda x, by, out: out.fill(1))
    for name in NAMES:
        with pytest.raises(WrongResult, match=f"The trial {name} gives a wrong result"):
            import_module(f"accel_core.bench.trials.{name}").trial(QUICK_S, 1, Clocks())
    assert not timed


def test_a_processor_that_flushes_to_zero_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def flushing(x: Any, by: Any, out: Any) -> None:
        product = x.astype(np.float64) * by
        out[...] = np.where(product < 2.0**-126, 0, product)

    monkeypatch.setattr(np, "multiply", flushing)
    with pytest.raises(WrongResult, match="denormal"):
        denormal.trial(QUICK_S, 1, Clocks())


def test_all_numbers_of_the_trial_are_denormal_before_and_after() -> None:
    tiny = float(np.finfo(np.float32).tiny)
    largest = 1.5 * denormal.TINY
    assert largest < tiny and 0 < denormal.TINY * denormal.FACTOR < tiny


def test_each_first_call_meets_a_function_that_was_never_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def compiler(function: Any) -> Any:
        made.append(function)
        return function

    monkeypatch.setattr(cold.numba, "njit", compiler)
    monkeypatch.setattr(cold, "ELEMENTS", 100)
    done = cold.trial(QUICK_S, 1, Clocks())
    assert len(made) == len(done.wrong_s) == cold.FRESH


def test_threads_are_counted_by_the_processors_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowded, "allowed_cpus", lambda: (7,))
    done = crowded.trial(QUICK_S, 4, Clocks())
    assert (done.right, done.wrong) == ("1 thread on 1 processor", "4 threads on 1 processor")
    assert isinstance(done, Trial)


@pytest.mark.parametrize("names", [["warm"], [3], [["cold"]], [], "cold", None])
def test_a_mistake_that_is_unknown_is_refused(names: Any) -> None:
    with pytest.raises(BadInput):
        complete({"kind": "trial", "names": names}, detect())


def test_a_mistake_named_twice_is_made_once_on_a_few_processors() -> None:
    data = complete({"kind": "trial", "names": ["cold", "cold"]}, detect()).data
    assert data["names"] == ["cold"] and 1 <= data["threads"][0] <= MOST_THREADS


def test_an_error_above_the_tolerance_is_wrong_and_one_below_is_not() -> None:
    both_ways.require("any", 1.0, 1.0 + 1e-12, 1e-9)
    with pytest.raises(WrongResult):
        both_ways.require("any", 1.0, 1.0 + 1e-6, 1e-9)
    with pytest.raises(WrongResult):
        both_ways.require("any", float("nan"), 1.0, 1e-9)
