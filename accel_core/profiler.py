"""SimpleProfiler: time, CPU and memory of one function, as a dictionary with the names that teaching material
uses.

What is in it, and how it was obtained:

| key | meaning |
|---|---|
| `name` | as given, else the function's own |
| `wall_time` | seconds of one call: median of `n` samples of at least 1 ms |
| `interval` | (low, high) of its 95 % interval; None under six samples |
| `n`, `repetitions` | samples, and calls in each |
| `cpu_time` | CPU seconds of one call, of all threads of this process |
| `cpu_efficiency` | share of all cores it kept busy: CPU time / (wall time x `cores`), 0 to 1 |
| `cores` | that this process may use (affinity and quota) |
| `result` | what the function returned |
| `memory_before_mb`, `memory_after_mb` | resident memory before and after one call whose result is kept |
| `memory_delta_mb` | the difference: what stays, the result included |
| `peak_memory_mb` | greatest extra memory during one call, the result included, of Python and NumPy |
| `result_shape`, `result_dtype`, `result_size_mb`, `result_elements` | of an array, None of anything else |
| `flop`, `flop_per_s` | where a workload or a count was given |

An MB is 2**20 bytes here, as in the material that these names come from.
"""

from __future__ import annotations

import ctypes
import gc
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import psutil

from accel_core import registry
from accel_core.bench.clocks import Clocks
from accel_core.bench.memory import peak_alloc_bytes
from accel_core.bench.sampling import Samples, calibrate, no_garbage_collection, sample, time_calls
from accel_core.errors import BadInput
from accel_core.machine import detect, refuse_to_measure
from accel_core.model import Shape, Workload
from accel_core.stats import median_interval

MB = 1 << 20
LEAST_SAMPLES = 3
"""Even of a function that outlasts the budget: one time alone says nothing about the next."""
Problem = str | tuple[str, Shape]
"""A workload's name, its shape read off the arguments; or (name, shape)."""
Call = Callable[[], Any]


class SimpleProfiler:
    """Profiles one function at a time. Nothing traces memory while the clock runs, and the first calls, which
    compile and fill caches, enter no figure.

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
        """Profile `f(*args, **kwargs)`; the keys stand in the module's docstring, None where not tracked.

        `warmup` is how many calls come before all figures. FLOP are counted for a `workload`, or given as
        `flop`. An exception of `f` is passed on as it is. Raises BadInput for a `warmup`, `workload` or `flop`
        that cannot be.
        """
        refuse_to_measure()
        call = partial(f, *args, **kwargs)
        count = _flop(workload, flop, args)
        for _ in range(_whole_number("warmup", warmup)):
            call()
        samples = self._time(call)
        memory = _memory(call) if self.track_memory else {"result": call()}
        figures: dict[str, Any] = {
            "name": str(getattr(f, "__name__", type(f).__name__)) if name is None else name,
            "wall_time": samples.estimate.median,
            "interval": _interval(samples),
            "n": samples.estimate.n,
            "repetitions": samples.repetitions,
            **(_cpu(samples) if self.track_cpu else dict.fromkeys(("cpu_time", "cpu_efficiency", "cores"))),
            **dict.fromkeys(("memory_before_mb", "memory_after_mb", "memory_delta_mb", "peak_memory_mb")),
            **memory,
            "flop": count,
            "flop_per_s": None if count is None else count / samples.estimate.median,
        }
        return {**figures, **_array_facts(figures["result"])}

    def _time(self, call: Call) -> Samples:
        """Samples by the harness that times kernels; calls that outlast the budget are made LEAST_SAMPLES
        times."""
        with no_garbage_collection():
            first_s, _ = time_calls(call, 1, self.clocks)
            repetitions = calibrate(call, first_s, self.clocks)
            samples = sample(call, repetitions, self.budget_s, self.clocks)
            while samples.estimate.n < LEAST_SAMPLES:
                samples = _with_one_more(samples, *time_calls(call, repetitions, self.clocks))
            return samples


def _with_one_more(samples: Samples, wall_s: float, cpu_s: float) -> Samples:
    times_s = (*samples.times_s, wall_s / samples.repetitions)
    span = replace(samples.span, wall_s=samples.span.wall_s + wall_s, cpu_s=samples.span.cpu_s + cpu_s)
    return replace(samples, times_s=times_s, estimate=median_interval(times_s), span=span)


def profile_function(f: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """`SimpleProfiler().profile(f, *args, **kwargs)`, with everything tracked."""
    return SimpleProfiler().profile(f, *args, **kwargs)


def flop_count(workload: Problem, *args: Any) -> int:
    """FLOP of one call of a workload: of `(name, shape)`, or of its name at the shape that its arguments have.

    Raises BadInput for an unknown workload and for arguments or a shape that are not of it.
    """
    if isinstance(workload, tuple) and len(workload) == 2:
        problem, shape = registry.workload(workload[0]), tuple(workload[1])
    else:
        problem = registry.workload(workload)
        shape = _shape_of(problem, args)
    if len(shape) != len(problem.axes) or any(length < 0 for length in shape):
        raise BadInput(f"shape is {shape}; {problem.name} needs {', '.join(problem.axes)}.")
    return problem.flop(shape)


def _shape_of(problem: Workload, args: tuple[Any, ...]) -> Shape:
    """The shape of `problem` that these arguments have, leading axes of a stack counted as rows."""
    shapes = [tuple(arg.shape) for arg in args if hasattr(arg, "shape")]
    if problem.axes == ("m", "k", "n"):
        if len(shapes) >= 2 and len(shapes[1]) == 2 and shapes[0][-1:] == shapes[1][:1]:
            return math.prod(shapes[0][:-1]), *shapes[1]
    elif shapes and len(problem.axes) == 1:
        return (math.prod(shapes[0]),)
    elif shapes and shapes[0] and len(problem.axes) == 2:
        return math.prod(shapes[0][:-1]), shapes[0][-1]
    raise BadInput(
        f"The shape of {problem.name} cannot be read off these arguments: "
        f"give workload=({problem.name!r}, ({', '.join(problem.axes)}))."
    )


def _flop(workload: Problem | None, flop: int | None, args: tuple[Any, ...]) -> int | None:
    if workload is None:
        return None if flop is None else _whole_number("flop", flop)
    if flop is not None:
        raise BadInput("Both workload and flop were given: one of them says how many FLOP there are.")
    return flop_count(workload, *args)


def _whole_number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadInput(f"{name} is {value!r}; give a whole number from 0 on.")
    return value


def _interval(samples: Samples) -> tuple[float, float] | None:
    low, high = samples.estimate.low, samples.estimate.high
    return None if low is None or high is None else (low, high)


def _cpu(samples: Samples) -> dict[str, Any]:
    """CPU time a call, and the share of the cores: at most 1, for the two clocks are read a moment apart."""
    cores = _cores()
    share = samples.span.cpu_s / (samples.span.wall_s * cores) if samples.span.wall_s > 0 else 0.0
    calls = len(samples.times_s) * samples.repetitions
    return {"cpu_time": samples.span.cpu_s / calls, "cpu_efficiency": min(share, 1.0), "cores": cores}


@cache
def _cores() -> int:
    return detect().cores.allowed


def _memory(call: Call) -> dict[str, Any]:
    """What one call leaves behind, and in another the most that it takes meanwhile."""
    before = _resident_bytes()
    result = call()
    after = _resident_bytes()
    return {
        "result": result,
        "memory_before_mb": before / MB,
        "memory_after_mb": after / MB,
        "memory_delta_mb": (after - before) / MB,
        "peak_memory_mb": peak_alloc_bytes(call) / MB,
    }


def _resident_bytes() -> int:
    """Resident memory of this process, after what was freed has gone back to the system."""
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)
    return int(psutil.Process().memory_info().rss)


@cache
def _trim() -> Callable[[int], int] | None:
    """The GNU C library's malloc_trim: it keeps freed memory of up to 32 MiB a block, which would hide a
    result."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return trim


def _array_facts(result: Any) -> dict[str, Any]:
    facts = [getattr(result, name, None) for name in ("shape", "dtype", "nbytes", "size")]
    shape, dtype, size_bytes, elements = facts if isinstance(facts[0], tuple) else [None] * 4
    return {
        "result_shape": shape,
        "result_dtype": None if dtype is None else str(dtype),
        "result_size_mb": size_bytes / MB if isinstance(size_bytes, int) else None,
        "result_elements": elements if isinstance(elements, int) else None,
    }
