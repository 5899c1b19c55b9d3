"""What the worker does for each kind of job. Imports are inside: the worker first says that it has started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from accel_core.model import Case, Machine, Peaks

Emit = Callable[[dict[str, Any]], None]
HELD_S = 1.0
"""How long a worker waits for a store that another program holds: the queue waits with it."""
Handler = Callable[[Mapping[str, Any], Machine, Emit], None]


def run_bench(job: Mapping[str, Any], machine: Machine, emit: Emit) -> None:
    """Measure the cases one after the other, and again the roofs that they passed."""
    from accel_core.bench import run_cases
    from accel_core.model import Measurement

    cases = [Case.from_dict(case) for case in job["cases"]]
    results = run_cases(cases, machine, budget_s=job["budget_s"], emit=emit, limit_s=job["limit_s"])
    if (known := _stored_peaks(machine)) is not None:
        from accel_core.peaks import measure_again

        measure_again([r for r in results if isinstance(r, Measurement)], known, machine, emit)


def run_compare(job: Mapping[str, Any], machine: Machine, emit: Emit) -> None:
    """Measure pairs of cases in turns."""
    from accel_core.bench import compare

    pairs = [(Case.from_dict(a), Case.from_dict(b)) for a, b in job["pairs"]]
    compare(pairs, machine, budget_s=job["budget_s"], emit=emit)


def run_peaks(job: Mapping[str, Any], machine: Machine, emit: Emit) -> None:
    """Measure the roofs."""
    from accel_core.peaks import measure_peaks

    measure_peaks(
        machine,
        dtypes=tuple(job["dtypes"]),
        threads=tuple(job["threads"]),
        budget_s=job["budget_s"],
        emit=emit,
    )


def run_calibrate(job: Mapping[str, Any], machine: Machine, emit: Emit) -> None:
    """Hold backends against each other."""
    from accel_core.backends.calibrating import calibrate

    calibrate(
        machine,
        operations=job["operations"],
        dtypes=job["dtypes"],
        lengths=[tuple(one) for one in job["lengths"]] if job["lengths"] else None,
        budget_s=job["budget_s"],
        emit=emit,
    )


def run_simulate(job: Mapping[str, Any], machine: Machine, emit: Emit) -> None:
    """Simulate the caches under the traversals, one after another."""
    from accel_core.bench.events import result_event
    from accel_core.cache import CacheGeometry, Traversal, simulate_each

    caches = [CacheGeometry.from_dict(cache) for cache in job["caches"]]
    traversals = [Traversal.from_dict(traversal) for traversal in job["traversals"]]
    for done in simulate_each(traversals, caches, classify=job["classify"], reuse=job["reuse"], emit=emit):
        emit(result_event(done))


def _stored_peaks(machine: Machine) -> Peaks | None:
    """The roofs known so far; None without any, or without a store that can be read."""
    from accel_core.errors import StoreUnavailable
    from accel_core.store import Store

    try:
        return Store(busy_s=HELD_S).peaks(machine.fingerprint)
    except StoreUnavailable:
        return None


HANDLERS: dict[str, Handler] = {
    "bench": run_bench,
    "compare": run_compare,
    "peaks": run_peaks,
    "calibrate": run_calibrate,
    "simulate": run_simulate,
}


def threads_of(job: Mapping[str, Any]) -> int:
    """The largest thread count in `job`: how many processors the worker keeps for itself."""
    cases = [*job.get("cases", ()), *(case for pair in job.get("pairs", ()) for case in pair)]
    return max([1, *job.get("threads", ()), *(case["threads"] for case in cases)])
