"""The measuring harness on a clock that only moves when a kernel works: no test here depends on a timing."""

from __future__ import annotations

import gc
import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import psutil
import pytest

from accel_core import registry
from accel_core.bench import Clocks, limit, measure, threads_needed
from accel_core.bench.levels import Levels
from accel_core.bench.sampling import MOST_SAMPLES, calls_in_a_sample, sample
from accel_core.bench.sentinel import Lookout, Reading
from accel_core.bench.threads import pool_size
from accel_core.errors import BadInput, WrongResult
from accel_core.machine import CpuTimes
from accel_core.model import Case, Cores, Kernel, Machine, Measurement, Parameter, Shape, Simd, Workload

MACHINE = Machine(
    cpu="A processor",
    vendor=None,
    architecture="x86_64",
    system="Linux",
    cores=Cores(2, 2, 2, (0, 1)),
    caches=(),
    simd=Simd(("avx2",), 256),
    memory_bytes=2**34,
    clock_hz=None,
    facts=(),
    fingerprint="fp",
)
Answer = Callable[[np.ndarray, np.ndarray], Any]


@dataclass
class FakeTime:
    """Clocks that stand still between calls; `cost_s` gives the seconds of a call by its shape and number."""

    cost_s: Callable[[Shape, int], float] = lambda shape, call: 1e-3
    cpu_share: float = 1.0
    steal_share: float | None = 0.0
    waited_share: float | None = None
    throttled_share: float = 0.0
    now_s: float = 100.0
    cpu_s: float = 7.0
    steal_s: float = 0.0
    shapes: list[Shape] = field(default_factory=list)
    """The shape of every call so far."""

    def work(self, shape: Shape) -> None:
        self.shapes.append(shape)
        took_s = self.cost_s(shape, len(self.shapes))
        self.now_s += took_s
        self.cpu_s += took_s * self.cpu_share
        self.steal_s += took_s * (self.steal_share or 0.0)

    def host(self) -> CpuTimes:
        steal_s = None if self.steal_share is None else self.steal_s
        threads = None if self.waited_share is None else {1: (self.cpu_s, self.waited_share * self.now_s)}
        stopped = {"/": self.throttled_share * self.now_s}
        return CpuTimes(self.now_s, 0.0, steal_s, self.cpu_s, 1, threads, stopped)

    def clocks(self) -> Clocks:
        return Clocks(lambda: self.now_s, lambda: self.cpu_s, self.host)


def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a + b


def a_kernel(time: FakeTime, name: str = "plain", answer: Answer = add, **changes: Any) -> Kernel:
    def function(a: np.ndarray, b: np.ndarray, **parameters: int) -> Any:
        time.work(a.shape)
        return answer(a, b)

    values: dict[str, Any] = {"family": "numpy", "idea": "Adds.", "explanation": "It adds."}
    return Kernel(name, name, function, **{**values, "typical_flop_per_s": 1e9, **changes})


def a_workload(*kernels: Kernel) -> Workload:
    """Sums of two square matrices."""

    def make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[np.ndarray, ...]:
        random = np.random.default_rng(seed)
        return tuple(random.standard_normal(shape).astype(dtype) for _ in range(2))

    return Workload(
        name="sum",
        title="Sum",
        size_means="side of a square matrix",
        axes=("m", "n"),
        shape=lambda size: (size, size),
        make_inputs=make_inputs,
        reference=lambda a, b: a.astype(float) + b.astype(float),
        flop=lambda shape: shape[0] * shape[1],
        least_bytes=lambda shape, dtype: 3 * shape[0] * shape[1] * np.dtype(dtype).itemsize,
        tolerance=lambda shape, dtype: 1e-6,
        kernels=kernels,
    )


Listed = Callable[..., Workload]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Listed:
    """Puts a workload of these kernels into the registry, alone."""

    def put(*kernels: Kernel) -> Workload:
        workload = a_workload(*kernels)
        monkeypatch.setattr(registry, "WORKLOADS", (workload,))
        return workload

    return put


# -- verify --------------------------------------------------------------------------------------------------


def wrong_where(where: Callable[[Shape], bool], wrong: Answer) -> Answer:
    return lambda a, b: wrong(a, b) if where(a.shape) else add(a, b)


def off_by_one_entry(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    result = a + b
    result[-1, -1] += 0.01
    return result


@pytest.mark.parametrize("shape", [(1, 1), (7, 7), (33, 33), (5, 33), (64, 64)])
def test_a_result_that_is_wrong_at_one_shape_only_is_never_timed(listed: Listed, shape: Shape) -> None:
    time = FakeTime()
    answer = wrong_where(lambda given: given == shape, off_by_one_entry)
    listed(a_kernel(time, answer=answer))
    with pytest.raises(WrongResult) as caught:
        measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    said = str(caught.value)
    assert "sum/plain" in said and " x ".join(map(str, shape)) in said and "float32" in said
    assert "error" in said and "tolerance 1.0e-06" in said and said.count(".\n") == 0
    assert time.shapes.count((64, 64)) <= 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: np.full_like(a, np.nan), "error inf"),
        (lambda a, b: (a + b)[:, :-1], "shape"),
        (lambda a, b: a.astype(float) + b, "dtype is float64"),
        (lambda a, b: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_no_number_shape_dtype_or_an_exception_is_a_wrong_result(
    listed: Listed, answer: Answer, words: str
) -> None:
    time = FakeTime()
    listed(a_kernel(time, answer=answer))
    with pytest.raises(WrongResult, match=words):
        measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())


def test_a_kernel_is_checked_one_past_its_block(listed: Listed) -> None:
    time = FakeTime()
    answer = wrong_where(lambda given: given == (49, 49), off_by_one_entry)
    listed(a_kernel(time, answer=answer, parameters=(Parameter("block", 48, 1, 99),)))
    with pytest.raises(WrongResult, match="49 x 49"):
        measure(Case("sum/plain", 64, parameters={"block": 48}), MACHINE, clocks=time.clocks())


def test_inputs_differ_from_one_measurement_to_the_next(listed: Listed) -> None:
    time = FakeTime()
    seen: list[bytes] = []

    def remember(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        seen.append(a.tobytes())
        return a + b

    listed(a_kernel(time, answer=wrong_where(lambda given: given == (64, 64), remember)))
    for _ in range(2):
        measure(Case("sum/plain", 64), MACHINE, budget_s=0.001, clocks=time.clocks())
    assert len(set(seen)) == 2  # each time the same within a measurement, another one in the next


def test_the_record_holds_the_error_at_the_shape_that_was_measured(listed: Listed) -> None:
    time = FakeTime()

    def off(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a + b) * a.dtype.type(1 + (4e-7 if a.shape == (64, 64) else 8e-7))

    listed(a_kernel(time, answer=off))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert measurement.verified and 3e-7 < measurement.max_relative_error < 6e-7


# -- compile, count calls, measure ---------------------------------------------------------------------------


def test_compile_time_is_measured_apart_and_enters_no_sample(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 3.0 if call == 1 else 2e-3)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert measurement.compile_s == pytest.approx(2.998)
    assert max(measurement.samples_s) == pytest.approx(2e-3)


def test_a_short_call_is_repeated_until_a_sample_lasts_a_millisecond(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 1e-5)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert 100 <= measurement.repetitions <= 200
    assert measurement.time_s.median == pytest.approx(1e-5)
    assert all(s * measurement.repetitions >= 0.999e-3 for s in measurement.samples_s)


def test_calibration_ends_even_where_the_clock_does_not_move_for_a_while() -> None:
    time = FakeTime(lambda shape, call: 0.0 if call < 50 else 1e-6)
    assert calls_in_a_sample(lambda: time.work(()), 0.0, time.clocks()) >= 1000


def test_sampling_stops_once_the_interval_is_narrow(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 5e-2)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=0.35, clocks=time.clocks())
    assert (measurement.stopped, measurement.time_s.n) == ("interval", 6)
    assert measurement.time_s.low == pytest.approx(0.05) and measurement.time_s.high == pytest.approx(0.05)


@dataclass
class Shared(FakeTime):
    """One of two processors, which somebody else takes for `taken` of the first `until_s` seconds."""

    taken: float = 0.3
    until_s: float = math.inf

    def host(self) -> CpuTimes:
        waited_s = self.taken * min(self.now_s - FakeTime.now_s, self.until_s)
        return replace(super().host(), processors=2, threads={1: (self.now_s, waited_s)})


def test_sampling_goes_on_past_a_burst_of_somebody_elses_work() -> None:
    time = Shared(lambda shape, call: 2e-3, until_s=0.2)
    samples = sample(lambda: time.work(()), 1, 2.2, time.clocks())
    assert samples.stopped == "interval" and 1.9 <= samples.span.wall_s < 2.2  # 60 ms are 3 % of 2 s
    assert not samples.span.disturbed_reason(1)


def test_sampling_ends_with_the_budget_where_somebody_else_goes_on() -> None:
    time = Shared(lambda shape, call: 2e-3)
    samples = sample(lambda: time.work(()), 1, 2.0, time.clocks())
    assert samples.stopped == "budget" and samples.span.wall_s >= 2.0
    assert "Something else was running" in samples.span.disturbed_reason(1)


def test_samples_that_agree_go_on_for_four_fifths_of_the_budget(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 2e-3)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=4.0, clocks=time.clocks())
    assert measurement.stopped == "interval" and 3.2 <= measurement.wall_s < 3.5


def test_sampling_stops_with_the_budget_where_samples_scatter(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 0.01 * (1 + call % 7))
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=2.0, clocks=time.clocks())
    assert measurement.stopped == "budget" and 2.0 <= measurement.wall_s <= 2.08
    assert measurement.time_s.n == len(measurement.samples_s)


def test_under_six_samples_there_is_no_interval(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 0.5)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=2.0, clocks=time.clocks())
    assert (measurement.time_s.n, measurement.time_s.low, measurement.stopped) == (4, None, "budget")


def test_a_call_longer_than_the_budget_is_made_once_and_is_the_sample(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 5.0 if shape == (64, 64) else 1e-3)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=2.0, clocks=time.clocks())
    assert time.shapes.count((64, 64)) == 1
    assert measurement.samples_s == pytest.approx((5.0,)) and measurement.time_s.n == 1
    assert (measurement.stopped, measurement.peak_alloc_bytes) == ("budget", None)


@pytest.mark.parametrize(("family", "seen"), [("compiled", True), ("interpreted", False)])
def test_memory_is_seen_of_a_long_call_that_tracing_does_not_slow(
    listed: Listed, family: str, seen: bool
) -> None:
    time = FakeTime(lambda shape, call: 1.0)
    listed(replace(a_kernel(time), family=family))
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=2.0, clocks=time.clocks())
    assert (measurement.peak_alloc_bytes is not None) == seen


def test_the_number_of_samples_has_an_end() -> None:
    time = FakeTime(lambda shape, call: 1e-3 * (1 + call % 7))
    samples = sample(lambda: time.work(()), 1, 1e9, time.clocks())
    assert len(samples.times_s) <= MOST_SAMPLES


def test_samples_that_agree_end_with_their_number_as_with_the_interval() -> None:
    time = FakeTime(lambda shape, call: 1.25e-3)
    samples = sample(lambda: time.work(()), 1, 60.0, time.clocks())
    assert (len(samples.times_s), samples.stopped) == (MOST_SAMPLES, "interval")


def test_the_garbage_collector_rests_while_samples_are_taken_and_only_then(listed: Listed) -> None:
    time = FakeTime()
    on: list[bool] = []

    def look(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        on.append(gc.isenabled())
        return a + b

    listed(a_kernel(time, answer=look))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert on[-1 - measurement.time_s.n : -1] == [False] * measurement.time_s.n
    assert gc.isenabled()


# -- what is recorded ----------------------------------------------------------------------------------------


def test_a_measurement_says_what_was_measured(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time))
    case = Case("sum/plain", 64, "float64", shape=(3, 50))
    measurement = measure(case, MACHINE, clocks=time.clocks())
    assert (measurement.workload, measurement.kernel, measurement.size) == ("sum", "sum/plain", 64)
    assert (measurement.shape, measurement.dtype, measurement.flop) == ((3, 50), "float64", 150)
    assert measurement.least_bytes == 3 * 150 * 8
    assert measurement.fingerprint == "fp" and measurement.created.endswith("+00:00")
    assert type(measurement).from_dict(measurement.to_dict()) == measurement
    assert measure(case, MACHINE, clocks=time.clocks()).id != measurement.id


def test_peak_memory_is_the_temporary_and_the_result(listed: Listed) -> None:
    def two_arrays(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        doubled = a * 2  # has a name, so that NumPy does not write the sum into it
        np.subtract(doubled, a, out=doubled)
        return doubled + b

    time = FakeTime()
    listed(a_kernel(time, answer=two_arrays))
    measurement = measure(Case("sum/plain", 512), MACHINE, clocks=time.clocks())
    assert measurement.peak_alloc_bytes == pytest.approx(2 * 512 * 512 * 4, rel=0.01)


def test_a_clean_run_is_not_disturbed(listed: Listed) -> None:
    time = FakeTime(steal_share=None)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert (measurement.disturbed, measurement.disturbed_reason) == (False, "")
    assert measurement.cpu_s == pytest.approx(measurement.wall_s) and measurement.steal_fraction is None


@pytest.mark.parametrize(("cpu_share", "disturbed"), [(0.98, False), (0.96, True)])
def test_a_lost_core_marks_the_record(listed: Listed, cpu_share: float, disturbed: bool) -> None:
    time = FakeTime(cpu_share=cpu_share)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert measurement.disturbed is disturbed
    assert ("something else was running" in measurement.disturbed_reason) is disturbed


@pytest.mark.parametrize(("steal_share", "disturbed"), [(0.009, False), (0.02, True)])
def test_stolen_time_marks_the_record(listed: Listed, steal_share: float, disturbed: bool) -> None:
    time = FakeTime(steal_share=steal_share)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert measurement.disturbed is disturbed
    assert ("steal time" in measurement.disturbed_reason) is disturbed


@pytest.mark.parametrize(("cpu_share", "waits"), [(2.0, False), (1.24, True)])
def test_threads_that_wait_for_one_another_are_noted_in_the_record(
    listed: Listed, cpu_share: float, waits: bool
) -> None:
    time = FakeTime(cpu_share=cpu_share)
    listed(a_kernel(time, threaded=True))
    measurement = measure(Case("sum/plain", 64, threads=2), MACHINE, clocks=time.clocks())
    assert measurement.disturbed is False
    assert ("2 threads worked 0.62 of the time" in measurement.waiting) is waits


@pytest.mark.parametrize(("waited_share", "disturbed"), [(0.02, False), (0.05, True)])
def test_a_thread_that_waited_for_its_processor_marks_the_record(
    listed: Listed, waited_share: float, disturbed: bool
) -> None:
    time = FakeTime(cpu_share=1 - waited_share, waited_share=waited_share)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert measurement.disturbed is disturbed
    assert ("had no processor for 5.0 %" in measurement.disturbed_reason) is disturbed
    assert measurement.waited_fraction == pytest.approx(waited_share)


def test_a_quota_that_throttles_marks_the_record(listed: Listed) -> None:
    time = FakeTime(cpu_share=0.5, throttled_share=0.5)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    assert measurement.disturbed and "quota throttled it" in measurement.disturbed_reason
    assert measurement.throttled_s == pytest.approx(0.5 * measurement.wall_s)


def watched(time: FakeTime, *readings: Reading, levels: Levels | None = None) -> Clocks:
    """Clocks with a sentinel that reads this, again and again, beside what it read of a calm machine."""
    known = levels or Levels(None)
    known.add("core", CALM.core_cycles)
    left = itertools.cycle(readings)
    return replace(time.clocks(), lookout=Lookout(lambda: next(left), known, "core", lambda: time.now_s))


CALM = Reading(core_cycles=0.25, cycle_s=4e-10)
CROWDED = replace(CALM, core_cycles=0.3)


@pytest.mark.parametrize(("reading", "disturbed"), [(CALM, False), (CROWDED, True)])
def test_a_neighbour_that_only_the_sentinel_sees_marks_the_record(
    listed: Listed, reading: Reading, disturbed: bool
) -> None:
    time = FakeTime()
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=watched(time, reading))
    assert measurement.disturbed is disturbed
    assert ("additions took 20 % longer" in measurement.disturbed_reason) is disturbed
    assert measurement.sentinel is not None
    assert measurement.sentinel.core_cycles.median == reading.core_cycles
    assert Measurement.from_dict(json.loads(json.dumps(measurement.to_dict()))) == measurement


@pytest.mark.parametrize(
    ("goes_s", "stopped", "disturbed", "least_s", "most_s"),
    [
        (0.0, "interval", False, 1.6, 1.7),
        (0.9, "interval", False, 1.7, 1.95),  # when it has been away for as long as it was there
        (math.inf, "budget", True, 1.9, 2.1),
    ],
)
def test_sampling_goes_on_beside_a_neighbour_on_the_core_until_it_has_gone(
    listed: Listed, goes_s: float, stopped: str, disturbed: bool, least_s: float, most_s: float
) -> None:
    """Samples of equal length, whose interval is narrow at once."""
    time, levels = FakeTime(), Levels(None)
    levels.add("core", CALM.core_cycles)
    lookout = Lookout(
        lambda: CALM if time.now_s - 100.0 >= goes_s else CROWDED, levels, "core", lambda: time.now_s
    )
    listed(a_kernel(time))
    clocks = replace(time.clocks(), lookout=lookout)
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=2.0, clocks=clocks)
    assert (measurement.stopped, measurement.disturbed) == (stopped, disturbed)
    assert least_s <= measurement.wall_s <= most_s


def test_the_sentinel_looks_around_a_call_that_is_the_only_sample(listed: Listed) -> None:
    time = FakeTime(lambda shape, call: 3.0 if shape == (64, 64) else 1e-3)
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=watched(time, CROWDED))
    assert measurement.time_s.n == 1 and "shared its core" in measurement.disturbed_reason


def test_what_a_counter_explains_is_said_and_is_no_level_of_the_machine(listed: Listed) -> None:
    time, levels = FakeTime(steal_share=0.5), Levels(None)
    listed(a_kernel(time))
    faster = replace(CALM, core_cycles=0.2)
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=watched(time, faster, levels=levels))
    assert "steal time" in measurement.disturbed_reason and measurement.sentinel is not None
    assert levels.undisturbed("core") == CALM.core_cycles


def test_a_neighbour_that_costs_more_than_what_is_counted_is_named_before_it(listed: Listed) -> None:
    time = FakeTime(steal_share=0.02)
    listed(a_kernel(time))
    said = measure(Case("sum/plain", 64), MACHINE, clocks=watched(time, CROWDED)).disturbed_reason
    assert said.startswith("Something that no counter shows shared its core") and "20 % longer" in said
    assert "; the hypervisor gave 2.0 %" in said


def test_records_from_before_the_sentinel_still_load(listed: Listed) -> None:
    time = FakeTime()
    listed(a_kernel(time))
    measurement = measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())
    old = measurement.to_dict()
    for later in ("waited_fraction", "throttled_s", "sentinel", "waiting"):
        del old[later]
    loaded = Measurement.from_dict(old)
    assert (loaded.waited_fraction, loaded.throttled_s, loaded.sentinel, loaded.waiting) == (
        None,
        None,
        None,
        "",
    )
    assert loaded.time_s == measurement.time_s


def test_counters_that_may_not_be_read_stop_no_measurement(
    listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(percpu: bool = False) -> None:
        raise PermissionError(13, "Permission denied", "/proc/stat")

    monkeypatch.setattr(psutil, "cpu_times", refuse)
    listed(a_kernel(FakeTime()))
    measurement = measure(Case("sum/plain", 64), MACHINE, budget_s=0.01)
    assert measurement.steal_fraction is None


# -- a result that is given ----------------------------------------------------------------------------------


def test_a_rung_that_writes_out_is_given_one_array_of_nan_for_all_calls(listed: Listed) -> None:
    time = FakeTime()
    given: dict[Shape, set[int]] = {}
    fresh: list[bool] = []

    def function(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        time.work(a.shape)
        seen = given.setdefault(a.shape, set())
        if a.shape == (64, 64):
            fresh.append(bool(np.isnan(out).all()))
            seen.add(id(out))
        return np.add(a, b, out=out)

    listed(replace(a_kernel(time), function=function, writes_out=True))
    measurement = measure(Case("sum/plain", 64, "float64"), MACHINE, clocks=time.clocks())
    assert len(given[64, 64]) == 1 and fresh[0] and not any(fresh[1:])
    assert measurement.peak_alloc_bytes is not None and measurement.peak_alloc_bytes < 64 * 64 * 8


def test_a_given_array_that_is_not_written_whole_is_a_wrong_result(listed: Listed) -> None:
    def function(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        out[:-1] = a[:-1] + b[:-1]
        return out

    time = FakeTime()
    listed(replace(a_kernel(time), function=function, writes_out=True))
    with pytest.raises(WrongResult):
        measure(Case("sum/plain", 64), MACHINE, clocks=time.clocks())


# -- threads -------------------------------------------------------------------------------------------------


def test_limit_sets_blas_and_numba_and_gives_both_back() -> None:
    import numba
    from threadpoolctl import threadpool_info

    def now() -> tuple[int, list[int]]:
        return numba.get_num_threads(), [pool["num_threads"] for pool in threadpool_info()]

    before = now()
    with pytest.raises(RuntimeError, match="stop"), limit(1):
        assert now() == (1, [1] * len(before[1]))
        with limit(pool_size() + 5):
            assert numba.get_num_threads() == pool_size()
        assert now()[0] == 1
        raise RuntimeError("stop")
    assert now() == before


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True, None])
def test_a_number_of_threads_that_is_none_is_bad_input(threads: Any) -> None:
    with pytest.raises(BadInput, match="whole number"), limit(threads):
        pass


def test_a_job_is_pinned_for_its_widest_case() -> None:
    assert threads_needed([Case("a/b", 1), Case("a/b", 1, threads=3)]) == 3
    assert threads_needed([]) == 1
