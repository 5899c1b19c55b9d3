"""SimpleProfiler: what each figure means, and that none of them disturbs another."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel_core import SimpleProfiler, flop_count, profile_function, profiler
from accel_core.bench.clocks import Clocks
from accel_core.errors import BadInput
from accel_core.machine import CpuTimes, detect

FAMILIAR = {
    "name wall_time cpu_time cpu_efficiency result memory_before_mb memory_after_mb memory_delta_mb"
    " peak_memory_mb result_shape result_dtype result_size_mb result_elements"
}
KEYS = {word for words in FAMILIAR for word in words.split()}


class Work:
    """A function whose calls take the seconds it is told, by clocks of its own, on so many cores."""

    def __init__(self, *seconds: float, cores: float = 1.0) -> None:
        self.seconds = list(seconds)
        self.cores = cores
        self.now = self.cpu = 0.0
        self.calls = 0
        self.traced: list[bool] = []
        self.collecting: list[bool] = []

    def __call__(self, *args: Any) -> int:
        took = self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1
        self.now += took
        self.cpu += took * self.cores
        self.traced.append(tracemalloc.is_tracing())
        self.collecting.append(gc.isenabled())
        return self.calls

    def profile(self, budget_s: float = 1.0, **options: Any) -> dict[str, Any]:
        clocks = Clocks(lambda: self.now, lambda: self.cpu, lambda: CpuTimes(self.now, 0.0, 0.0, self.cpu, 1))
        return SimpleProfiler(budget_s=budget_s, clocks=clocks).profile(self, **options)


def test_the_familiar_names_are_all_there() -> None:
    figures = profile_function(np.ones, (3, 5))
    assert figures.keys() >= KEYS
    assert figures["name"] == "ones" and figures["result"].shape == (3, 5)
    assert (figures["result_shape"], figures["result_dtype"], figures["result_elements"]) == (
        (3, 5),
        "float64",
        15,
    )
    assert figures["result_size_mb"] == 120 / 2**20


def test_what_is_no_array_has_no_array_facts() -> None:
    figures = profile_function(len, "abc")
    assert figures["result"] == 3
    assert all(figures[key] is None for key in KEYS if key.startswith("result_"))


def test_time_is_the_median_of_many_calls_and_tells_its_interval() -> None:
    work = Work(0.02)
    figures = work.profile()
    assert figures["wall_time"] == pytest.approx(0.02) and figures["n"] >= 6
    assert figures["interval"] == (pytest.approx(0.02), pytest.approx(0.02))


def test_a_short_function_is_repeated_until_a_sample_is_long_enough() -> None:
    figures = Work(1e-5).profile()
    assert figures["repetitions"] >= 100 and figures["wall_time"] == pytest.approx(1e-5)


def test_a_long_function_is_still_not_timed_only_once() -> None:
    figures = Work(1.0, 5.0, 5.0, 9.0, 6.0, 1.0).profile(budget_s=0.5, warmup=1)
    assert figures["n"] == 3 and figures["wall_time"] == 6.0 and figures["interval"] is None


@pytest.mark.parametrize("warmup", [0, 1, 3])
def test_warming_up_is_in_no_figure(warmup: int) -> None:
    work = Work(*[100.0] * (warmup + 1), 0.02)  # and the first call after it only tells how long a sample is
    figures = work.profile(warmup=warmup)
    assert figures["wall_time"] == figures["cpu_time"] == pytest.approx(0.02)


def test_no_memory_is_traced_and_no_garbage_collected_while_the_clock_runs() -> None:
    work = Work(0.02)
    figures = work.profile(warmup=0)
    timed = slice(0, figures["n"] * figures["repetitions"])
    assert not any(work.traced[timed]) and not any(work.collecting[timed])
    assert work.traced[-1] and not tracemalloc.is_tracing() and gc.isenabled()


def test_efficiency_is_the_share_of_all_cores() -> None:
    cores = detect().cores.allowed
    one, all_of_them = Work(0.02).profile(), Work(0.02, cores=cores).profile()
    assert one["cores"] == cores and one["cpu_efficiency"] == pytest.approx(1 / cores)
    assert all_of_them["cpu_efficiency"] == 1.0
    assert all_of_them["cpu_time"] == pytest.approx(cores * all_of_them["wall_time"])


def test_memory_that_stays_is_told_from_memory_that_was_needed() -> None:
    def keeps() -> np.ndarray:
        dropped = np.ones(1 << 20)  # 8 MB, and what is returned as much
        return dropped * 2.0

    kept, dropped = profile_function(keeps), profile_function(lambda: float(keeps().sum()))
    assert kept["peak_memory_mb"] == pytest.approx(16, rel=0.01)
    assert kept["memory_after_mb"] - kept["memory_before_mb"] == kept["memory_delta_mb"]
    least = 4 if profiler._trim() else -4  # without the GNU C library the allocator may use freed memory again
    assert least <= kept["memory_delta_mb"] <= 12
    assert dropped["memory_delta_mb"] == pytest.approx(0, abs=4) and dropped["peak_memory_mb"] > 15


def test_what_is_not_tracked_is_not_known() -> None:
    work = Work(0.02)
    figures = SimpleProfiler(track_memory=False, track_cpu=False, budget_s=0.01).profile(work)
    assert figures.keys() >= KEYS
    unknown = {key for key in figures if "memory" in key or key.startswith("cpu") or key == "cores"}
    assert all(figures[key] is None for key in unknown) and figures["wall_time"] is not None
    assert figures["result"] == work.calls and not any(work.traced)


def test_an_exception_is_passed_on_as_it_is() -> None:
    error = KeyError("mine")
    calls: list[int] = []

    def fails_at(call: int) -> Callable[[], None]:
        def f() -> None:
            calls.append(1)
            if len(calls) >= call:
                raise error

        return f

    for call in (1, 2, 3, 50):
        calls.clear()
        with pytest.raises(KeyError) as caught:
            profile_function(fails_at(call))
        assert caught.value is error and len(calls) == call
    assert gc.isenabled() and not tracemalloc.is_tracing()


def test_arguments_reach_the_function_and_the_name_can_be_given() -> None:
    figures = profile_function(lambda a, b, *, c: (a, b, c), 1, 2, c=3, name="mine", warmup=0)
    assert figures["result"] == (1, 2, 3) and figures["name"] == "mine"
    assert profile_function(Work(0.02, 0.02))["name"] == "Work"


def test_work_is_counted_for_a_workload_or_as_it_is_given() -> None:
    a, b = np.ones((4, 5)), np.ones((5, 6))
    figures = profile_function(np.matmul, a, b, workload="matmul")
    assert figures["flop"] == 2 * 4 * 5 * 6
    assert figures["flop_per_s"] == figures["flop"] / figures["wall_time"]
    assert profile_function(len, "a", flop=7)["flop"] == 7
    assert profile_function(len, "a")["flop"] is None
    assert flop_count("matmul", np.ones((2, 4, 5)), b) == 2 * 8 * 5 * 6
    assert flop_count(("matmul", (4, 5, 6))) == 240
    assert flop_count("gelu", np.ones((2, 3, 4))) == flop_count(("gelu", (6, 4))) > 0


def test_operands_that_do_not_go_together_have_no_flop() -> None:
    with pytest.raises(BadInput, match="cannot be read off"):
        flop_count("matmul", np.ones((2, 3)), np.ones((9, 4)))


@pytest.mark.parametrize(
    "options",
    [
        {"warmup": -1},
        {"warmup": 1.5},
        {"warmup": True},
        {"flop": -1},
        {"flop": 1, "workload": "matmul"},
        {"workload": "conv"},
        {"workload": "matmul"},
        {"workload": ("matmul", (3, 3))},
        {"workload": ("matmul", (3, 3, -3))},
    ],
)
def test_what_cannot_be_profiled_is_refused_before_the_first_call(options: dict[str, Any]) -> None:
    work = Work(0.02)
    with pytest.raises(BadInput):
        SimpleProfiler().profile(work, 3, **options)
    assert work.calls == 0
