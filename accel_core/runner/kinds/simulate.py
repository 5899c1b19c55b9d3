"""Simulate the caches under traversals, one after another.

| key | meaning |
|---|---|
| `traversals`, `caches` | lists of `cache.Traversal.to_dict` and `cache.CacheGeometry.to_dict` |
| `classify`, `reuse` | true or false (true and false where left out): see `cache.simulate` |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, quoted
from accel_core.model import Machine
from accel_core.runner.kinds.kind import COMPILE_S, Emit, JobData, JobKind, Parts, entries

if TYPE_CHECKING:
    from accel_core.runner.known import Known

SLOWEST = 12
"""How many times as long as on a core of the registry's pace a slow host with everything against it takes."""


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    from accel_core import cache
    from accel_core.cache.effort import PER_S, WITH_REUSE

    traversals = [cache.Traversal.from_dict(traversal) for traversal in entries(job, "traversals")]
    caches = cache.checked([cache.CacheGeometry.from_dict(level) for level in entries(job, "caches")])
    for traversal in traversals:
        cache.check_length(traversal)
    flags = {"classify": job.get("classify", True), "reuse": job.get("reuse", False)}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise BadInput(f"{name} is {quoted(flag)}: give true or false.")
    slow = PER_S / SLOWEST / (WITH_REUSE if flags["reuse"] else 1)
    lists = {"traversals": [t.to_dict() for t in traversals], "caches": [level.to_dict() for level in caches]}
    return {**lists, **flags}, COMPILE_S + sum(t.accesses for t in traversals) / slow


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.bench.events import result_event
    from accel_core.cache import CacheGeometry, Traversal, simulate_each

    caches = [CacheGeometry.from_dict(cache) for cache in job["caches"]]
    traversals = [Traversal.from_dict(traversal) for traversal in job["traversals"]]
    for done in simulate_each(traversals, caches, classify=job["classify"], reuse=job["reuse"], emit=emit):
        emit(result_event(done))


def _foresee(data: JobData, known: Known) -> Parts:
    from accel_core.cache import Traversal, simulate
    from accel_core.cache.effort import simulation_s
    from accel_core.runner.compiling import compiling_s

    flags = {"classify": data["classify"], "reuse": data["reuse"]}
    took_s = sum(simulation_s(Traversal.from_dict(one), **flags) for one in data["traversals"])
    return [took_s * known.core_pace.compiled], compiling_s([simulate])


KIND = JobKind(
    "simulate", ("traversals", "caches", "classify", "reuse"), _check, _run, _foresee, measures=False
)
