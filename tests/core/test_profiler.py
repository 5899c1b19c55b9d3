"""SimpleProfiler: what each figure means, and that none of them disturbs another."""

from __future__ import annotations

import asyncio
import concurrent.futures
import csv
import functools
import gc
import io
import itertools
import multiprocessing.pool
import os
import re
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accel_core import SimpleProfiler, flop_count, measure_latency, profile_function
from accel_core.bench.clocks import Clocks
from accel_core.errors import BadInput
from accel_core.machine import CpuTimes, detect
from accel_core.profiler import memory

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

    def latency(self, **options: Any) -> float:
        clocks = Clocks(lambda: self.now, lambda: self.cpu, lambda: CpuTimes(self.now, 0.0, 0.0, self.cpu, 1))
        return SimpleProfiler(clocks=clocks).measure_latency(self, None, **options)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile takes a moment: no real time is looked at here."""
    monkeypatch.setitem(SimpleProfiler.__init__.__kwdefaults__, "budget_s", 0.02)


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
    least = 4 if memory._trim() else -4  # without the GNU C library the allocator may use freed memory again
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


# -- garbage -------------------------------------------------------------------------------------------------


class Ring:
    """Garbage that only the collector frees, with a count of how many of it are there at once."""

    alive = most = 0

    def __init__(self, work: Work, end_s: float) -> None:
        self.me, self.work, self.end_s = self, work, end_s
        Ring.alive += 1
        Ring.most = max(Ring.most, Ring.alive)

    def __del__(self) -> None:
        Ring.alive -= 1
        self.work.now += self.end_s


@pytest.fixture
def leaving(monkeypatch: pytest.MonkeyPatch) -> Callable[[Work, float], Work]:
    """Makes each call of a `Work` leave a `Ring`, whose end takes the seconds that are told."""
    monkeypatch.setattr(Ring, "alive", 0)
    monkeypatch.setattr(Ring, "most", 0)

    class Leaves(Work):
        end_s = 0.0

        def __call__(self, *args: Any) -> int:
            Ring(self, self.end_s)
            return super().__call__()

    def make(work: Work, end_s: float) -> Work:
        work.__class__, work.end_s = Leaves, end_s  # type: ignore[assignment, attr-defined]
        return work

    return make


@pytest.mark.parametrize("kept_off", [False, True])
def test_the_garbage_of_one_call_is_gone_before_the_next(
    leaving: Callable[[Work, float], Work], kept_off: bool
) -> None:
    if kept_off:
        gc.disable()
    try:
        figures = leaving(Work(0.02), 0.0).profile(warmup=100)
        milliseconds = leaving(Work(0.02), 0.0).latency(warmup=100, iterations=100)
    finally:
        gc.enable()
    assert figures["n"] >= 6 and milliseconds == pytest.approx(20)
    assert Ring.alive == 0 and Ring.most <= 3


def test_a_sample_of_many_short_calls_leaves_no_more_than_its_own_garbage(
    leaving: Callable[[Work, float], Work],
) -> None:
    figures = leaving(Work(1e-4), 0.0).profile()
    assert figures["n"] * figures["repetitions"] > 500 and Ring.most <= 4 * figures["repetitions"]


def test_the_end_of_garbage_is_in_no_figure(leaving: Callable[[Work, float], Work]) -> None:
    figures = leaving(Work(0.02), 0.1).profile()
    assert figures["wall_time"] == pytest.approx(0.02) and figures["n"] >= 3
    assert leaving(Work(0.02), 100.0).latency() == pytest.approx(20)


def test_garbage_that_was_in_use_at_an_earlier_collection_is_found_later(
    leaving: Callable[[Work, float], Work],
) -> None:
    """Each call keeps what it makes until the next one, so it outlives the collection in between."""
    kept: list[Any] = []

    class Keeps(Work):
        def __call__(self, *args: Any) -> int:
            kept[:] = [Ring(self, 0.0)]
            return super().__call__()

    leaving(Work(1.0), 0.0)
    figures = Keeps(0.02).profile()
    assert figures["n"] >= 6 and Ring.alive <= 2 and Ring.most <= 3


@pytest.mark.parametrize("was_on", [True, False])
@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_the_collector_is_left_as_it_was_whatever_the_function_does(
    was_on: bool, switch: Callable[[], None]
) -> None:
    class Switches(Work):
        def __call__(self, *args: Any) -> int:
            calls = super().__call__()
            switch()
            return calls

    work = Switches(0.02)
    (gc.enable if was_on else gc.disable)()
    try:
        figures = work.profile(warmup=3)
        assert gc.isenabled() is was_on
        assert not any(work.collecting[: 3 + 1 + figures["n"]])  # each starts with the collector off
        work.latency(iterations=3)
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


def test_what_somebody_else_set_aside_for_the_collector_stays_so() -> None:
    before = gc.get_freeze_count()
    profile_function(len, "a")
    assert gc.get_freeze_count() == before
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        profile_function(len, "a")
        assert 0 < gc.get_freeze_count() <= frozen
    finally:
        gc.unfreeze()
        if before:  # as the suite has it
            gc.freeze()


# -- what has not been run -----------------------------------------------------------------------------------


async def waits(*args: Any) -> None:
    await asyncio.sleep(0)


def counts(*args: Any) -> Iterator[int]:
    yield from range(3)


async def counts_and_waits(*args: Any) -> AsyncIterator[int]:
    yield 1


class Calls:
    async def __call__(self, *args: Any) -> None:
        await asyncio.sleep(0)

    async def method(self, *args: Any) -> None:
        await asyncio.sleep(0)

    def generates(self, *args: Any) -> Iterator[int]:
        yield 1


@functools.wraps(waits)
def wrapped(*args: Any) -> Any:
    return waits(*args)


class Countdown:
    def __iter__(self) -> Countdown:
        return self

    def __next__(self) -> int:
        raise StopIteration


@functools.cache
def started() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", ""])


POOL = multiprocessing.pool.ThreadPool(1)


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    POOL.terminate()
    if started.cache_info().currsize:
        started().wait()


UNFINISHED: dict[str, tuple[Callable[..., Any], str]] = {
    "coroutine function": (waits, "asyncio.run"),
    "partial": (functools.partial(waits, 1), "asyncio.run"),
    "partial of partial": (functools.partial(functools.partial(waits), 1), "asyncio.run"),
    "bound method": (Calls().method, "asyncio.run"),
    "asynchronous __call__": (Calls(), "asyncio.run"),
    "decorated": (wrapped, "asyncio.run"),
    "lambda": (lambda *args: waits(), "asyncio.run"),
    "generator function": (counts, "list"),
    "generator method": (Calls().generates, "list"),
    "generator expression": (lambda *args: (x for x in range(3)), "list"),
    "asynchronous generator": (counts_and_waits, "async for"),
    "future": (lambda *args: concurrent.futures.Future(), "result()"),
    "map": (lambda *args: map(abs, [1]), "list"),
    "zip": (lambda *args: zip([1], [2], strict=True), "list"),
    "itertools": (lambda *args: itertools.accumulate([1, 2]), "list"),
    "result of a pool": (lambda *args: POOL.apply_async(abs, (1,)), "get()"),
    "results of a pool": (lambda *args: POOL.imap(abs, [1, 2]), "list"),
    "matches": (lambda *args: re.finditer("a", "aa"), "list"),
    "rows": (lambda *args: csv.reader(["1,2"]), "list"),
    "folder": (lambda *args: os.scandir(Path(__file__).parent), "list"),
    "rows of a database": (lambda *args: sqlite3.connect(":memory:").execute("select 1"), "list"),
    "iterator of a class": (lambda *args: Countdown(), "list"),
    "thread": (lambda *args: threading.Thread(target=abs, args=(1,)), "join()"),
    "program": (lambda *args: started(), "wait()"),
    "list of coroutines": (lambda *args: [waits(), waits()], "[asyncio.run(part) for part in f(...)]"),
    "tuple with a generator": (lambda *args: (3, counts()), "[list(part) for part in f(...)]"),
    "set of futures": (lambda *args: {concurrent.futures.Future()}, "part.result()"),
    "dictionary of generators": (lambda *args: {"a": counts()}, "in f(...).values()]"),
}


@pytest.mark.parametrize(("f", "way_out"), UNFINISHED.values(), ids=UNFINISHED)
@pytest.mark.parametrize("warmup", [0, 2])
def test_what_returns_before_it_has_run_is_refused_in_a_sentence(
    f: Callable[..., Any], way_out: str, warmup: int
) -> None:
    calls: list[int] = []

    def counted(*args: Any) -> Any:
        calls.append(1)
        return f(*args)

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for refused in (profile_function, measure_latency):
            with pytest.raises(BadInput, match=r"^\S+ returns an? [\w ]+, whose work is not done") as caught:
                refused(f, 1, warmup=warmup)
            assert way_out in str(caught.value) and ". " not in str(caught.value)
        with pytest.raises(BadInput):
            profile_function(counted, 1, warmup=warmup)
        gc.collect()
    assert len(calls) == 1 and not warned  # that a coroutine was never awaited


def test_what_runs_to_its_end_inside_is_profiled() -> None:
    assert profile_function(lambda: asyncio.run(waits()))["wall_time"] > 0
    assert profile_function(lambda: list(counts()))["result"] == [0, 1, 2]
    assert profile_function(range, 3)["result"] == range(3)
    assert profile_function(lambda: Path(__file__).open().close())["result"] is None
    assert profile_function(lambda: [*counts()] * 2)["result"] == [0, 1, 2, 0, 1, 2]
    assert list(profile_function(lambda: np.arange(3).flat)["result"]) == [0, 1, 2]
    with profile_function(io.StringIO, "text")["result"] as file:  # open, which is all that was asked
        assert file.read() == "text"


# -- code that was written for the older material ------------------------------------------------------------


def test_code_of_the_older_material_works_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """As in TinyTorch's modules on kernels and competitions: warm-up as a flag, details, capabilities."""
    profiler = SimpleProfiler(track_memory=True, track_cpu=True)
    a = np.ones((20, 30))
    result = profiler.profile(np.matmul, a, a.T, name="Vectorized", warmup=True)
    assert profiler.profile(np.matmul, a, a.T, warmup=False)["name"] == "matmul"
    assert f"{result['wall_time']:.4f}s {result['memory_delta_mb']:.2f} {result['cpu_percent']:.0f}"
    assert result["num_threads"] >= 1 and 0 < result["memory_percent"] < 100
    assert result["cpu_percent"] == pytest.approx(100 * result["cpu_time"] / result["wall_time"], rel=1)
    profiler.print_result(result)
    profiler.print_result(result, show_details=True)
    first, *details = capsys.readouterr().out.splitlines()
    assert first.startswith("Vectorized: ") and details[0] == first
    assert [line.split(":")[0].strip() for line in details[1:]] == ["Memory", "Output", "CPU"]
    assert f"{result['peak_memory_mb']:.2f}MB peak" in details[1] and "(20, 20)" in details[2]
    assert profile_function(np.matmul, a, a.T, name="again", show_details=True)["name"] == "again"
    assert capsys.readouterr().out.startswith("again: ")
    assert profiler.get_capabilities() == {
        "memory_tracking": True,
        "cpu_tracking": True,
        "has_psutil": True,
        "has_tracemalloc": True,
    }
    nothing = SimpleProfiler(False, False).get_capabilities()
    assert (nothing["memory_tracking"], nothing["cpu_tracking"]) == (False, False)


def test_what_is_unknown_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    profiler = SimpleProfiler(track_memory=False, track_cpu=False)
    profiler.print_result(profiler.profile(len, "abc", name="mine"), show_details=True)
    profiler.print_result({"name": "by hand", "wall_time": 0.25}, show_details=True)
    mine, by_hand = capsys.readouterr().out.splitlines()
    assert mine.startswith("mine: ") and by_hand == "by hand: 250 ms"


def test_times_are_printed_with_their_interval_and_rates_with_their_unit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = Work(0.02)
    work.profile()
    figures = work.profile(flop=4_000_000)
    SimpleProfiler().print_result(figures, show_details=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Work: 20.0 ms (20.0 ms to 20.0 ms, n = {figures['n']})"
    assert lines[-1].split() == ["Rate:", "200", "MFLOP/s"]


def test_a_terminal_without_a_character_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    SimpleProfiler().print_result({"name": "größe", "wall_time": 2e-6})
    sys.stdout.flush()
    assert written.getvalue().decode().split() == ["gr??e:", "2.00", "?s"]


@pytest.mark.parametrize("result", [None, "0.1 s", {}, {"name": "a"}, {"wall_time": "fast"}, 3])
def test_what_is_no_profile_is_not_printed(result: Any) -> None:
    with pytest.raises(BadInput, match=r"^result is a \w+ that holds no profile; .*\.$"):
        SimpleProfiler().print_result(result)


# -- latency -------------------------------------------------------------------------------------------------


def test_latency_is_the_median_in_milliseconds_of_so_many_samples_after_so_many_calls() -> None:
    work = Work(9.0, 9.0, 7.0, 0.02, 0.3, 0.03)  # two to warm up, one to tell how long a sample is
    assert work.latency(warmup=2, iterations=3) == pytest.approx(30)
    assert work.calls == 6


def test_a_short_call_is_repeated_until_a_sample_of_its_latency_is_long_enough() -> None:
    work = Work(1e-5)
    assert work.latency(iterations=5) == pytest.approx(1e-2)
    assert work.calls > 5 * 100


def test_a_model_without_a_call_of_its_own_is_asked_forward() -> None:
    class Model:
        def forward(self, x: float) -> float:
            seen.append(x)
            return x

    seen: list[float] = []
    assert measure_latency(Model(), 2.5, 1, 3) > 0 and set(seen) == {2.5}


def test_whole_numbers_of_numpy_count_as_such() -> None:
    work = Work(0.02)
    assert work.latency(warmup=np.int64(2), iterations=np.uint8(3)) == pytest.approx(20) and work.calls == 6
    figures = work.profile(warmup=np.int32(0), flop=np.int64(40))
    assert type(figures["flop"]) is int and figures["flop_per_s"] == pytest.approx(2000)


@pytest.mark.parametrize(
    "options",
    [{"warmup": -1}, {"iterations": 0}, {"iterations": 1.5}, {"warmup": None}, {"iterations": True}],
)
def test_latency_of_no_samples_is_refused_before_the_first_call(options: dict[str, Any]) -> None:
    work = Work(0.02)
    with pytest.raises(BadInput, match=r"^(warmup|iterations) is .*; give a whole number from [01] on\.$"):
        work.latency(**options)
    assert work.calls == 0


@pytest.mark.parametrize("f", [None, 3, "sum", object()])
def test_what_cannot_be_called_is_refused_in_a_sentence(f: Any) -> None:
    for refused in (profile_function, measure_latency):
        with pytest.raises(BadInput, match=r"^f is \w+, which cannot be called; give a function\.$"):
            refused(f, 1)
