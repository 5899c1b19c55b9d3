"""SimpleProfiler, and its two conveniences as functions."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

import psutil

from accel_core.bench.clocks import Clocks
from accel_core.bench.garbage import collector_kept, garbage_apart
from accel_core.bench.sampling import Samples, calls_in_a_sample, sample, time_calls
from accel_core.errors import BadInput
from accel_core.machine import detect, refuse_to_measure
from accel_core.profiler.memory import array_facts, memory_of
from accel_core.profiler.printing import print_profile
from accel_core.profiler.unfinished import refuse_unfinished
from accel_core.profiler.work import Problem, flop_of, whole_number
from accel_core.stats import median_interval

LEAST_CALLS = 3
"""Even of a function that outlasts the budget: one time alone says nothing about the next."""
CPU_KEYS = ("cpu_time", "cpu_efficiency", "cores", "cpu_percent", "memory_percent", "num_threads")
MEMORY_KEYS = ("memory_before_mb", "memory_after_mb", "memory_delta_mb", "peak_memory_mb")
Call = Callable[[], Any]


class SimpleProfiler:
    """Profiles one function at a time. Nothing traces memory while the clock runs, and the first calls, which
    compile and fill caches, enter no figure. Garbage that only Python's collector frees is collected between
    samples: the time of it is in no figure, and the process does not grow.

    The function is called many times (until `wall_time` is known to 1 % or `budget_s` seconds are over, three
    samples at least), so it must not wear out its arguments.
    """

    def __init__(
        self,
        track_memory: bool = True,
        track_cpu: bool = True,
        *,
        budget_s: float = 1.0,
        clocks: Clocks | None = None,
    ) -> None:
        self.track_memory = track_memory
        self.track_cpu = track_cpu
        self.budget_s = budget_s
        self.clocks = clocks or Clocks()

    def profile(
        self,
        f: Callable[..., Any],
        *args: Any,
        name: str | None = None,
        warmup: int = 1,
        workload: Problem | None = None,
        flop: int | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Profile `f(*args, **kwargs)`; the keys stand in the package's docstring, None where not tracked.

        `warmup` is how many calls come before all figures; True is one and False none. FLOP are counted for a
        `workload`, or given as `flop`. An exception of `f` is passed on as it is. Raises BadInput for a
        `warmup`, `workload` or `flop` that cannot be, and where `f` returns something that has not been run,
        such as a coroutine or a generator.
        """
        refuse_to_measure()
        call, own_name = partial(_function(f), *args, **kwargs), _name(f) if name is None else name
        count = flop_of(workload, flop, args)
        with self._ready(call, warmup, own_name) as (repetitions, collect):
            samples = self._sample(call, repetitions, collect)
        with collector_kept():
            memory = memory_of(call) if self.track_memory else {"result": call()}
        figures: dict[str, Any] = {
            "name": own_name,
            "wall_time": samples.estimate.median,
            "interval": _interval(samples),
            "n": samples.estimate.n,
            "repetitions": samples.repetitions,
            **(_cpu(samples) if self.track_cpu else dict.fromkeys(CPU_KEYS)),
            **dict.fromkeys(MEMORY_KEYS),
            **memory,
            "flop": count,
            "flop_per_s": None if count is None else count / samples.estimate.median,
        }
        return {**figures, **array_facts(figures["result"])}

    def measure_latency(
        self, f: Callable[[Any], Any], x: Any, warmup: int = 10, iterations: int = 100
    ) -> float:
        """Milliseconds of `f(x)`: the median of `iterations` samples, each of at least 1 ms by repetition.

        `f` may be a model without a call of its own, an object whose method `forward` is meant. Raises what
        `profile` raises.
        """
        refuse_to_measure()
        call, samples = partial(_function(f), x), whole_number("iterations", iterations, 1)
        with self._ready(call, warmup, _name(f)) as (repetitions, collect):
            times_s = []
            for _ in range(samples):
                collect()
                times_s.append(time_calls(call, repetitions, self.clocks)[0] / repetitions)
        return 1e3 * statistics.median(times_s)

    def print_result(self, result: Mapping[str, Any], show_details: bool = False) -> None:
        """Print what `profile` returned: name, time and its interval; with details memory, output and CPU too.

        Raises BadInput for anything else.
        """
        print_profile(result, show_details)

    def get_capabilities(self) -> dict[str, bool]:
        """What this profiler tracks, and which of its sources are there."""
        return {
            "memory_tracking": self.track_memory,
            "cpu_tracking": self.track_cpu,
            "has_psutil": True,  # the package requires it
            "has_tracemalloc": True,  # it comes with Python
        }

    @contextmanager
    def _ready(self, call: Call, warmup: int, name: str) -> Iterator[tuple[int, Callable[[], None]]]:
        """(calls in a sample, what collects the garbage) once `call` is warm, and garbage is set apart.

        What these calls return is looked at, that of the last one, which tells how long a sample is, too.
        """
        calls = whole_number("warmup", int(warmup) if isinstance(warmup, bool) else warmup)
        with garbage_apart() as collect:
            for _ in range(calls):
                refuse_unfinished(call(), name)
                collect()
            returned: list[Any] = []
            first_s, _ = time_calls(lambda: returned.append(call()), 1, self.clocks)
            refuse_unfinished(returned.pop(), name)
            yield calls_in_a_sample(call, first_s, self.clocks), collect

    def _sample(self, call: Call, repetitions: int, collect: Callable[[], None]) -> Samples:
        """Samples by the harness that times kernels; calls that outlast the budget are made LEAST_CALLS
        times."""
        samples = sample(call, repetitions, self.budget_s, self.clocks, before_each=collect)
        while samples.estimate.n < LEAST_CALLS:
            collect()
            samples = _with_one_more(samples, *time_calls(call, repetitions, self.clocks))
        return samples


def profile_function(
    f: Callable[..., Any], *args: Any, show_details: bool = False, **kwargs: Any
) -> dict[str, Any]:
    """`SimpleProfiler().profile(f, *args, **kwargs)`, with everything tracked; printed with `show_details`."""
    profiler = SimpleProfiler()
    result = profiler.profile(f, *args, **kwargs)
    if show_details:
        profiler.print_result(result, show_details=True)
    return result


def measure_latency(f: Callable[[Any], Any], x: Any, warmup: int = 10, iterations: int = 100) -> float:
    """`SimpleProfiler().measure_latency(f, x, warmup, iterations)`: milliseconds of `f(x)`."""
    return SimpleProfiler().measure_latency(f, x, warmup, iterations)


def _function(f: Any) -> Callable[..., Any]:
    """What is to be called: `f`, or the method `forward` of a model that cannot be called itself."""
    forward = getattr(f, "forward", None)
    if not callable(f) and not callable(forward):
        raise BadInput(f"f is {type(f).__name__}, which cannot be called; give a function.")
    return f if callable(f) else forward  # type: ignore[return-value]


def _name(f: Any) -> str:
    return str(getattr(f, "__name__", type(f).__name__))


def _with_one_more(samples: Samples, wall_s: float, cpu_s: float) -> Samples:
    times_s = (*samples.times_s, wall_s / samples.repetitions)
    span = replace(samples.span, wall_s=samples.span.wall_s + wall_s, cpu_s=samples.span.cpu_s + cpu_s)
    return replace(samples, times_s=times_s, estimate=median_interval(times_s), span=span)


def _interval(samples: Samples) -> tuple[float, float] | None:
    low, high = samples.estimate.low, samples.estimate.high
    return None if low is None or high is None else (low, high)


def _cpu(samples: Samples) -> dict[str, Any]:
    """CPU time a call, and the share of the cores: at most 1, for the two clocks are read a moment apart."""
    cores, process = _cores(), psutil.Process()
    busy = samples.span.cpu_s / samples.span.wall_s if samples.span.wall_s > 0 else 0.0
    return {
        "cpu_time": samples.span.cpu_s / (len(samples.times_s) * samples.repetitions),
        "cpu_efficiency": min(busy / cores, 1.0),
        "cores": cores,
        "cpu_percent": 100 * busy,
        "memory_percent": process.memory_percent(),
        "num_threads": process.num_threads(),
    }


@cache
def _cores() -> int:
    return detect().cores.allowed
