"""What a job is promised to take, kind by kind, and how the promise is counted down."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_duration import FAST, record

from accel_core import registry
from accel_core.backends import calibrating
from accel_core.bench import pace
from accel_core.cache import simulate
from accel_core.errors import BadInput
from accel_core.kernels.compiled import compiled
from accel_core.model import Case, Estimate, Machine
from accel_core.model.pace import Pace
from accel_core.operations import OPERATIONS
from accel_core.race import Calibration, Race
from accel_core.runner import compiling, promise
from accel_core.runner.job import Job
from accel_core.runner.kinds import bench as bench_kind
from accel_core.runner.known import Known
from accel_core.runner.promise import Promise, foresee
from accel_core.runner.spec import complete

LADDER = [{"kernel": f"matmul/{kernel.name}", "size": 256} for kernel in registry.workload("matmul").kernels]
SIMULATED = {
    "traversals": [{"shape": [64, 64, 64], "order": "ijk"}],
    "caches": [{"size_bytes": 32768, "ways": 8, "line_bytes": 64}],
}
JOBS: dict[str, dict[str, Any]] = {
    "bench": {"cases": LADDER},
    "compare": {"pairs": [[LADDER[3], LADDER[10]]]},
    "peaks": {"budget_s": 20.0},
    "calibrate": {"operations": ["gelu"], "budget_s": 10.0},
    "simulate": SIMULATED,
}


@pytest.fixture
def host(pretend_host: Callable[[str], Machine]) -> Machine:
    return pretend_host("linux-emerald-rapids-vm")


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that there is to compile is kept on disk."""
    monkeypatch.setattr(compiling, "_is_held", lambda function, dtypes, changed_s: True)


@pytest.mark.parametrize("kind", JOBS)
def test_a_job_of_every_kind_is_promised_a_time_within_its_limit(kind: str, host: Machine) -> None:
    job = {"kind": kind, **JOBS[kind]}
    promised = foresee(job, Known(host))
    assert 0.5 < promised.total_s < complete(job, host).time_limit_s
    assert 0 <= promised.compile_s < promised.total_s


@pytest.mark.usefixtures("warm")
def test_a_job_takes_its_start_and_its_cases(host: Machine) -> None:
    took = record(FAST, 0.01, n=80, took_s=1.2)
    alone = foresee({"kind": "bench", "cases": [FAST.to_dict()], "budget_s": 1.0}, Known(host, [took]))
    assert alone.steps_s == pytest.approx((1.205,)) and alone.compile_s == 0
    both = foresee({"kind": "bench", "cases": 2 * [FAST.to_dict()], "budget_s": 1.0}, Known(host, [took]))
    assert both.total_s - alone.total_s == pytest.approx(1.205)


@pytest.mark.usefixtures("warm")
def test_turns_are_promised_all_of_their_time(host: Machine) -> None:
    took = record(FAST, 0.01, n=80, took_s=1.2)
    job = {"kind": "bench", "cases": 2 * [FAST.to_dict()], "budget_s": 2.0, "in_turns": True}
    assert foresee(job, Known(host, [took])).steps_s == pytest.approx((2.4, 2.4))


@pytest.mark.parametrize("change", [{"size": 256, "shape": None}, {"dtype": "float64"}])
def test_cases_of_two_problems_are_refused_turns_at_once(host: Machine, change: dict[str, Any]) -> None:
    cases = [FAST.to_dict(), {**FAST.to_dict(), **change}]
    with pytest.raises(BadInput, match="one problem"):
        foresee({"kind": "bench", "cases": cases, "in_turns": True}, Known(host))


@pytest.mark.usefixtures("warm")
def test_what_was_learned_of_starting_a_worker_is_promised(
    host: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promise, "_starts", type(promise._starts)(maxlen=3))
    before = foresee({"kind": "peaks"}, Known(host)).start_s
    for took_s in (100.0, 7.0, 8.0, 9.0):
        promise.learn_start(took_s)
    assert foresee({"kind": "peaks"}, Known(host)).start_s == pytest.approx(before - promise.START_S + 8.0)


@pytest.mark.usefixtures("warm")
def test_a_slow_core_is_promised_more_time(host: Machine) -> None:
    job = {"kind": "bench", "cases": LADDER, "budget_s": 0.2}
    assert foresee(job, Known(host, core_pace=Pace(3.0, 3.0))).total_s > 1.5 * foresee(job, Known(host)).total_s


def test_a_job_that_cannot_be_run_is_promised_nothing(host: Machine) -> None:
    with pytest.raises(BadInput):
        foresee({"kind": "bench", "cases": [{"kernel": "matmul/gone", "size": 1}]}, Known(host))


@pytest.mark.usefixtures("warm")
def test_free_memory_is_asked_for_once_a_job(host: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(bench_kind, "available_memory_bytes", lambda: asked.append(None) or 2**34)
    monkeypatch.setattr(registry, "available_memory_bytes", lambda: pytest.fail("asked again"))
    foresee({"kind": "bench", "cases": LADDER}, Known(host))
    assert len(asked) == 1


def test_a_case_that_finds_no_memory_takes_no_time(host: Machine) -> None:
    too_large = Case("gelu/fused", 32768, "float64")
    assert registry.needed_bytes(too_large) > (host.memory_bytes or 0)
    assert foresee({"kind": "bench", "cases": [too_large.to_dict()]}, Known(host)).steps_s == (0.0,)


# -- calibrations --------------------------------------------------------------------------------------------


def calibration(operation: str, dtype: str, layout: str, took_s: float | None) -> Calibration:
    times_s = {"numpy": Estimate(1e-3, None, None, 1)}
    races = tuple(Race(lengths, times_s, None) for lengths in OPERATIONS[operation].points(layout))
    return Calibration(operation, dtype, layout, 2, races, took_s)


@pytest.mark.usefixtures("warm")
def test_a_calibration_is_promised_what_it_took_before(host: Machine) -> None:
    parts = [
        ("gelu", dtype, layout) for dtype in ("float32", "float64") for layout in OPERATIONS["gelu"].measured
    ]
    job = {"kind": "calibrate", "operations": ["gelu"], "budget_s": 10.0}
    before = [calibration(*part, took_s=3.0) for part in parts]
    assert foresee(job, Known(host, (), before)).steps_s == pytest.approx((3.0 * len(parts),))
    assert foresee(job, Known(host, (), before[1:])).steps_s == pytest.approx((10.0,))
    unknown = [*before[1:], calibration(*parts[0], took_s=None)]
    assert foresee(job, Known(host, (), unknown)).steps_s == pytest.approx((10.0,))


def test_a_calibration_is_promised_what_no_budget_shortens() -> None:
    asked: dict[str, Any] = {"operations": ["matmul"], "dtypes": ["float32"], "lengths": None, "budget_s": 1.0}
    least_s = calibrating.expected_s(1, **asked)
    assert least_s > 10  # hundreds of shapes, each checked and timed once under each backend
    waiting_s = calibrating.expected_s(2, **asked) - least_s
    assert waiting_s > 10  # and with two threads those of the library come to rest after each larger one
    assert calibrating.expected_s(2, **{**asked, "budget_s": 1000.0}) == 1000.0


def test_the_rest_of_a_calibration_is_judged_by_its_beginning() -> None:
    course = calibrating._Course(budget_s=10.0, least_s=20.0)
    assert course.left_s == pytest.approx(20.0)
    course.add(took_s=20.0, least_s=10.0)  # twice as long as foreseen
    assert 10.0 < course.left_s < 20.0
    course.add(took_s=20.0, least_s=10.0)
    assert course.left_s == pytest.approx(0.0)


# -- compiling -----------------------------------------------------------------------------------------------


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiling, "_cache_folder", lambda: tmp_path)
    return tmp_path


def index_of(function: Any, dtypes: str = "float32") -> Path:
    """An index as Numba writes it, by its name; inside stand the signatures."""
    path = compiling._index(function)
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"array({dtypes}, 2d, C)")
    return path


def root(kernel: str) -> Callable[..., Any]:
    return registry.kernel(kernel)[1].function


def test_what_a_rung_calls_is_found_through_functions_and_modules() -> None:
    names = {one.py_func.__name__ for one in compiling.compiled_functions(root("matmul/packed_threads"))}
    assert {"pack_a", "pack_b", "block_product"} <= names
    assert compiling.compiled_functions(root("matmul/numpy")) == ()


@pytest.mark.parametrize("kernel", registry.kernel_ids())
def test_a_compiled_rung_needs_the_compiler_where_nothing_is_kept_and_no_other_does(
    kernel: str, host: Machine, cache_folder: Path
) -> None:
    promised = foresee({"kind": "bench", "cases": [{"kernel": kernel, "size": 64}]}, Known(host))
    assert (promised.compile_s > 0) == (registry.kernel(kernel)[1].family in ("compiled", "packed"))


def test_what_is_kept_need_not_be_compiled_unless_it_is_older_or_of_another_type(cache_folder: Path) -> None:
    function = root("matmul/compiled_ikj")
    compiled = compiling.compiled_functions(function)
    assert compiling.compiling_s([function], {"float32"})[0] > 0
    paths = [index_of(one) for one in compiled]
    assert compiling.compiling_s([function], {"float32"}) == [0.0]
    assert compiling.compiling_s([function], {"float32", "float64"})[0] > 0
    os.utime(paths[0], (1.0, 1.0))  # the source was changed since
    assert compiling.compiling_s([function], {"float32"})[0] > 0


def test_code_older_than_how_all_is_compiled_must_be_compiled_again(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulator lies in another folder than `kernels.compiled`, and took 31 s that nobody had promised."""
    for one in compiling.compiled_functions(simulate):
        os.utime(index_of(one), (50.0, 50.0))
    changed_s = {"cache": 10.0, "kernels": 10.0}
    monkeypatch.setattr(compiling, "_changed", lambda folder: changed_s[folder.name])
    assert compiling.compiling_s([simulate]) == [0.0]
    changed_s["kernels"] = 100.0
    assert compiling.compiling_s([simulate])[0] > 0


def test_an_index_is_looked_for_where_numba_writes_it(cache_folder: Path) -> None:
    program = (
        "import numpy as np; from accel_core.kernels.streaming.compiled import add_compiled; "
        "add_compiled(np.ones(3), np.ones(3))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache_folder)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    (function,) = compiling.compiled_functions(root("add/compiled"))
    (made,) = cache_folder.rglob("*.nbi")
    assert made == compiling._index(function)
    assert compiling._dtypes(made) == {"float64"}


def test_an_index_beside_its_source_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.config.CACHE_DIR", "")
    monkeypatch.setattr(compiling, "_cache_folder", lambda: None)
    (function,) = compiling.compiled_functions(root("add/compiled"))
    kept = compiled(function.py_func)._cache._cache_file
    assert compiling._index(function) == Path(kept._index_path)


def test_a_function_that_two_rungs_call_is_compiled_once(cache_folder: Path) -> None:
    first_s, again_s = compiling.compiling_s([root("matmul/packed"), root("matmul/vector_tile")])
    assert first_s > 0 and again_s == 0


def test_what_a_rung_did_not_need_before_it_does_not_need_now(cache_folder: Path) -> None:
    function = root("matmul/packed")
    first, *others = compiling.compiled_functions(function)
    assert others
    assert compiling.compiling_s([function], (), [function])[0] > 0  # nothing is kept: a new checkout
    index_of(first)
    assert compiling.compiling_s([function], ())[0] > 0
    assert compiling.compiling_s([function], (), [function]) == [0.0]


# -- counting down -------------------------------------------------------------------------------------------


def running(promised: Promise | None) -> Job:
    job = Job("1", "me", {"kind": "bench"})
    job.promise = promised
    job.begin()
    return job


def test_before_its_first_step_a_job_has_its_promise_to_go() -> None:
    assert running(None).progress.expected_s is None
    assert running(Promise(1.0, (2.0, 3.0), 0.0)).progress.expected_s == pytest.approx(6.0, abs=0.5)
    waiting = Job("1", "me", {})
    waiting.promise = Promise(1.0, (2.0,), 0.0)
    assert waiting.progress.expected_s is None  # nobody knows when its turn comes


def test_a_step_that_outlasts_its_promise_does_not_eat_up_the_others() -> None:
    promised = Promise(1.0, (2.0, 3.0, 4.0), 0.0)
    assert promised.left_s(1, 1.0) == pytest.approx(2.0 + 4.0)
    assert promised.left_s(1, 60.0) == pytest.approx(4.0)
    assert promised.left_s(3, 1.0) == 0.0


def test_the_steps_of_a_job_are_counted_down_as_promised_not_as_the_worker_guesses() -> None:
    job = running(Promise(1.0, (2.0, 30.0), 0.0))
    job.step({"name": "second", "done": 1, "total": 2, "expected_s": 7.0})
    assert job.progress.expected_s == pytest.approx(30.0, abs=0.5)
    job.step({"name": "round", "done": 1, "total": 96, "expected_s": 7.0})  # these steps are the worker's own
    assert job.progress.expected_s == pytest.approx(7.0, abs=0.5)
    job.step({"name": "compiling", "done": 1, "total": 96, "expected_s": None})
    assert job.progress.expected_s == pytest.approx(33.0, abs=0.5)
    job.finish(None)
    assert job.progress.expected_s == 0.0


# -- the pace ------------------------------------------------------------------------------------------------


def test_the_pace_is_asked_for_once_a_while_and_never_beside_a_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Pace] = []

    def ask() -> Pace:
        asked.append(Pace(2.5, 1.5))
        return asked[-1]

    monkeypatch.setattr(pace, "measure_pace", ask)
    monkeypatch.setattr(promise, "_pace", promise._Pace())
    assert promise.core_pace(ask=False) == (1.0, 1.0) and not asked
    assert [promise.core_pace() for _ in range(3)] == [(2.5, 1.5)] * 3 and len(asked) == 1
    promise._pace.at -= 2 * promise.PACE_KEPT_S
    promise.core_pace(ask=False)
    assert len(asked) == 1
    promise.core_pace()
    assert len(asked) == 2


def test_a_burst_of_a_neighbour_does_not_make_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    paces = iter([Pace(1.0, 1.01), Pace(1.1, 1.0), Pace(2.2, 1.2), Pace(1.0, 1.0)])
    monkeypatch.setattr(pace, "measure_pace", lambda: next(paces))
    monkeypatch.setattr(promise, "_pace", promise._Pace())
    told = []
    for _ in range(4):
        told.append(promise.core_pace())
        promise._pace.at = -math.inf
    assert told == [(1.0, 1.0), (1.1, 1.0), (1.1, 1.0), (1.1, 1.0)]


def test_the_roofs_are_promised_without_the_compiler() -> None:
    program = (
        "import sys; from accel_core.machine import detect; from accel_core.runner import known, promise; "
        "promise.foresee({'kind': 'peaks'}, known.Known(detect())); sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
