"""Sentence pieces that figures and readings share: estimates, settings and kernels as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from accel_core.model import (
    DRAM,
    LEVELS,
    CacheLevel,
    Ceiling,
    Environment,
    Estimate,
    Kernel,
    Machine,
    Measurement,
    Peaks,
    Workload,
    chosen,
)
from accel_core.stats import LEAST_SAMPLES
from accel_core.units import format_bytes, format_count, format_number, format_rate, format_ratio, format_time

Thing = TypeVar("Thing")
EVEN, FLAT = 0.05, 1.1
"""Speeds that differ by less than this part are called as fast: a machine's own restlessness is no gain. Curves
whose fastest and slowest point differ by less than this factor are flat."""
NO_INTERVAL = f"no interval under {LEAST_SAMPLES} samples"


def rate_bounds(m: Measurement) -> tuple[float, float] | None:
    """FLOP/s at the ends of the interval of the time: (low, high); None where there is no interval."""
    if m.time_s.low is None or m.time_s.high is None or m.time_s.low <= 0:
        return None
    return m.flop / m.time_s.high, m.flop / m.time_s.low


def rate_ends(m: Measurement) -> tuple[float, float]:
    """FLOP/s at the ends of the interval; the median twice where there is none."""
    return rate_bounds(m) or (m.flop_per_s, m.flop_per_s)


def speed_text(m: Measurement) -> str:
    """ "118 GFLOP/s, 2.27 ms (median)"."""
    return f"{format_rate(m.flop_per_s, 'FLOP/s')}, {format_time(m.time_s.median)} (median)"


def interval(m: Measurement) -> str:
    """ "95 % interval 98 to 103 GFLOP/s, n = 21", or why there is none."""
    low, high = rate_bounds(m) or (None, None)
    ends = ends_text(low, high, lambda rate: format_rate(rate, "FLOP/s"))
    return f"{f'95 % interval {ends}' if ends else NO_INTERVAL}, n = {m.time_s.n}"


def ends_text(low: float | None, high: float | None, show: Callable[[float], str]) -> str:
    """The ends of an interval: "1.90 ns to 1.92 ns"; empty where there is none."""
    return "" if low is None or high is None else f"{show(low)} to {show(high)}"


def estimate_text(value: Estimate, show: Callable[[float], str]) -> str:
    """A median with its interval: "1.91 ns (1.90 ns to 1.92 ns, n = 21)", or with why there is none."""
    median, ends = show(value.median), ends_text(value.low, value.high, show) or NO_INTERVAL
    said = "" if ends == f"{median} to {median}" else f"{ends}, "  # narrower than three digits show
    return f"{median} ({said}n = {value.n})"


def time_text(value: Estimate) -> str:
    """A time with its interval."""
    return estimate_text(value, format_time)


def rate_text(value: Estimate, unit: str) -> str:
    """A rate with its interval."""
    return estimate_text(value, lambda rate: format_rate(rate, unit))


def ceiling_text(ceiling: Ceiling) -> str:
    """The value of a roof with its interval and source."""
    estimate = Estimate(ceiling.value, ceiling.low, ceiling.high, ceiling.n)
    text = rate_text(estimate, roof_unit(ceiling)) if ceiling.n else roof_rate(ceiling)
    return f"{text}, {ceiling.source}"


def roof_unit(ceiling: Ceiling) -> str:
    """The short name of a roof's unit: "B/s" or "FLOP/s"."""
    return "B/s" if ceiling.kind == "memory" else "FLOP/s"


def roof_rate(ceiling: Ceiling) -> str:
    """The value of a roof: "235 GB/s"."""
    return format_rate(ceiling.value, roof_unit(ceiling))


def settings(m: Measurement) -> str:
    """ "N = 512, float32, 1 thread, block = 64"; what a rule derived is left out."""
    parts = [f"N = {m.size}", m.dtype, format_count(m.threads, "thread")]
    return ", ".join(parts + [f"{name} = {value}" for name, value in chosen(m.parameters).items()])


def library_lines(kernel: Kernel | None, m: Measurement) -> list[str]:
    """What ran, for a hover: NumPy's library with its kernels, and what held a library back."""
    held = [f"held back: {m.environment.held_back}"] if m.environment.held_back else []
    blas = m.environment.blas
    if blas is None or kernel is None or kernel.family not in ("numpy", "library"):
        return held
    return [f"NumPy {m.environment.numpy} with {blas.title}", *held]


def held_back_text(measurements: Iterable[Measurement]) -> str:
    """ "Held back: 2 of 12 were measured while NUMBA_OPT=0 was set."; empty where none was."""
    points = list(measurements)
    held = [m.environment.held_back for m in points if m.environment.held_back]
    if not held:
        return ""
    verb = "was" if len(held) == 1 else "were"
    said = " or while ".join(dict.fromkeys(held))
    return f"Held back: {len(held)} of {len(points)} {verb} measured while {said}."


def libraries_text(points: Sequence[Measurement], known: Environment) -> str:
    """ " (OpenBLAS 0.3.31, its Haswell kernels)": each BLAS of `points`, else that of `known`."""
    found = [m.environment.blas for m in sorted(points, key=lambda m: m.created)] or [known.blas]
    titles = dict.fromkeys(blas.title for blas in found if blas)
    return f" ({'; '.join(titles)})" if titles else ""


def find_kernel(workloads: Iterable[Workload], kernel_id: str) -> Kernel | None:
    """The kernel "workload/kernel" out of `workloads`; None where an old record names one that is gone."""
    kernels = (kernel for workload in workloads for kernel in workload.kernels)
    return next((kernel for kernel in kernels if kernel.id == kernel_id), None)


def kernel_title(workloads: Iterable[Workload], kernel_id: str) -> str:
    """A rung's title; its name where no workload has it any more."""
    kernel = find_kernel(workloads, kernel_id)
    return kernel.title if kernel else kernel_id.partition("/")[2] or kernel_id


def steps(workloads: Iterable[Workload], found: Mapping[str, Thing]) -> list[tuple[Thing, Thing]]:
    """What is `found` of each kernel id, after what is found of the kernel that it changes: (before, after)."""
    kernels = ((workload.before(kernel), kernel) for workload in workloads for kernel in workload.kernels)
    return [(found[b.id], found[k.id]) for b, k in kernels if b and b.id in found and k.id in found]


def newest(measurements: Iterable[Measurement]) -> dict[str, Measurement]:
    """The newest measurement of each kernel id."""
    latest: dict[str, Measurement] = {}
    for m in sorted(measurements, key=lambda m: m.created):
        latest[m.kernel] = m
    return latest


def is_even(gain: float) -> bool:
    """Whether speeds with this ratio count as the same."""
    return 1 - EVEN <= gain <= 1 + EVEN


def ratio_text(gain: float) -> str:
    """ "36 times faster than", "1.3 times slower than"; what nobody could repeat is "as fast as"."""
    return "as fast as" if is_even(gain) else f"{format_ratio(gain)} than"


def times(ratio: float) -> str:
    """A ratio above one as said aloud: "36 times"; "1.2 times"."""
    return f"{format_number(ratio, 2 if ratio < 10 else 3)} times"


def share_text(share: float) -> str:
    """A part of a roof as one says it: "0.88", "1/37" under a tenth."""
    return format_number(share, 2) if share >= 0.0995 else f"1/{format_number(1 / share, 2)}"


def load_roof(peaks: Peaks | None, level: str, threads: int = 1) -> Ceiling | None:
    """The best measured load roof of a memory level for `threads` threads."""
    found = [
        c
        for c in (peaks.ceilings if peaks else ())
        if c.kind == "memory" and c.level == level and c.operation == "load" and c.threads == threads
    ]
    return max(found, key=lambda c: c.value, default=None)


def size_text(cache: CacheLevel) -> str:
    """ "32 MiB"; of a cache that was measured to be smaller "about 76 MiB of 300 MiB"."""
    size = format_bytes(cache.size_bytes)
    return f"about {size} of {format_bytes(cache.reported_bytes)}" if cache.reported_bytes else size


def known_levels(machine: Machine) -> Sequence[tuple[str, int | None]]:
    """(level, size) of the caches that exist here, and DRAM, from near to far."""
    caches: list[tuple[str, int | None]] = [
        (level, cache.size_bytes) for level in LEVELS if (cache := machine.cache(level))
    ]
    return [*caches, (DRAM, machine.memory_bytes)]


def roof_title(roof: Ceiling) -> str:
    """ "L2 load", "FMA 256-bit", "FMA scalar"."""
    if roof.kind == "memory":
        return f"{roof.level} {roof.operation}"
    width = "" if roof.width_bits is None else f"{roof.width_bits}-bit"
    if roof.width_bits is not None and roof.width_bits <= 64:
        width = "scalar"
    return f"{roof.operation.upper() if roof.operation == 'fma' else roof.operation} {width}".strip()
