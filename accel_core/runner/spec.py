"""What a job may be: the plain data that pages and commands submit, checked before anything is queued.

| key | for | meaning |
|---|---|---|
| `kind` | all | "bench", "compare", "peaks", "simulate" or "calibrate" |
| `cases` | bench | list of cases (`model.Case.to_dict`) |
| `pairs` | compare | list of [case, case] |
| `dtypes`, `threads` | peaks | which roofs; left out: both dtypes, one and all threads |
| `traversals`, `caches` | simulate | lists of `cache.Traversal.to_dict` and `cache.CacheGeometry.to_dict` |
| `classify`, `reuse` | simulate | true or false (true and false where left out): see `cache.simulate` |
| `operations`, `dtypes` | calibrate | which of the backends' operations; left out: all, and both dtypes |
| `lengths` | calibrate | list of lengths (`contest.LENGTHS`) of one operation instead of the whole grid |
| `budget_s` | all but simulate | measuring time of one case (bench, compare) or of the job (peaks, calibrate) |
| `limit_s` | bench, compare | a call that is predicted to take longer is refused |
| `time_limit_s` | all | end the job after so long; left out: derived from the budget |
| `memory_limit_bytes` | all | end the job above so much resident memory; left out: a share of what is free |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.contest import LENGTHS
from accel_core.errors import BadInput, shown
from accel_core.machine import refuse_to_measure
from accel_core.machine.load import available_memory_bytes
from accel_core.model import DTYPES, Case, Machine

JobData = Mapping[str, Any]

MAX_CASES = 500
MAX_BUDGET_S = 600.0
MAX_TIME_S = 3600.0
"""No job holds the queue for longer, whatever it asks for."""
COMPILE_S = 240.0
"""Allowed for imports and a cold compile cache, and again for every forty cases: two busy cores took 60 s for
the simulator alone."""
SIMULATED_PER_S = 5e6
"""Accesses that the simulator takes on a slow host with everything against it."""
MAX_LENGTH = 1 << 26
MAX_STEPS = (1 << 26, 1 << 35)
"""Of a contest of backends: elements, and for matmul the steps of its loops (3251 cubed)."""
CALLS = 6
"""Calls of a kernel outside its measuring time: to verify, calibrate, see its memory, and one begun late."""
MEMORY_SHARE = 0.8
"""Of the memory that is free when the job starts; the rest is for the server and the browser."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A checked job: the data for the worker, and the limits that the parent process enforces."""

    kind: str
    data: dict[str, Any]
    time_limit_s: float
    memory_limit_bytes: int | None = None
    """As asked for; None stands for MEMORY_SHARE alone."""


def check(job: JobData, machine: Machine) -> Spec:
    """`job` with its defaults filled in; BadInput where it cannot be run on `machine`."""
    spec = complete(job, machine)
    if spec.kind != "simulate":  # alone it asks no clock
        refuse_to_measure(machine)
    return spec


def complete(job: JobData, machine: Machine) -> Spec:
    """The same for a job that is only talked about: on a pretend host too."""
    if not isinstance(job, Mapping):
        raise BadInput(f"A job is a mapping with a kind; given: {shown(job)}.")
    kind = job.get("kind")
    if not isinstance(kind, str) or kind not in _CHECKS:
        raise BadInput(f"The job's kind is {shown(kind)}: use one of {', '.join(_CHECKS)}.")
    keys, check_kind = _CHECKS[kind]
    unknown = set(job) - {"kind", "budget_s", "time_limit_s", "memory_limit_bytes", *keys}
    if unknown:
        raise BadInput(
            f"A {kind} job knows no {', '.join(sorted(map(shown, unknown)))}: "
            f"use {', '.join(keys)}, budget_s, time_limit_s or memory_limit_bytes."
        )
    data, derived_s = check_kind(job, machine)
    asked_s = _seconds(job, "time_limit_s", derived_s, MAX_TIME_S)
    return Spec(kind, {"kind": kind, **data}, min(asked_s, MAX_TIME_S), _memory(job))


def memory_now_bytes(spec: Spec) -> int:
    """The memory limit of a job that starts now: what was asked for, at most MEMORY_SHARE of what is free."""
    free = int(MEMORY_SHARE * available_memory_bytes())
    return free if spec.memory_limit_bytes is None else min(free, spec.memory_limit_bytes)


def _check_bench(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    cases = [_case(case, machine) for case in _list(job, "cases")]
    return _timed(job, {"cases": cases}, len(cases))


def _check_compare(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    pairs = []
    for pair in _list(job, "pairs"):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise BadInput(f"A pair to compare is a list of two cases; given: {shown(pair)}.")
        pairs.append([_case(case, machine) for case in pair])
    return _timed(job, {"pairs": pairs}, 2 * len(pairs))


def _check_peaks(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    most = machine.cores.allowed
    dtypes = _list(job, "dtypes", DTYPES)
    threads = _list(job, "threads", sorted({1, most}))
    for dtype in dtypes:
        if dtype not in DTYPES:
            raise BadInput(f"The dtype {shown(dtype)} has no roof: use {' or '.join(DTYPES)}.")
    for count in threads:
        if not _is_whole(count) or not 1 <= count <= most:
            raise BadInput(f"{shown(count)} threads cannot be measured: use a whole number from 1 to {most}.")
    budget_s = _seconds(job, "budget_s", 20.0, MAX_BUDGET_S)
    data = {"dtypes": list(dict.fromkeys(dtypes)), "threads": sorted(set(threads)), "budget_s": budget_s}
    return data, COMPILE_S + 5 * budget_s


def _check_simulate(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    from accel_core import cache  # imports Numba

    traversals = [cache.Traversal.from_dict(traversal) for traversal in _list(job, "traversals")]
    caches = cache.checked([cache.CacheGeometry.from_dict(level) for level in _list(job, "caches")])
    for traversal in traversals:
        cache.check_length(traversal)
    flags = {"classify": job.get("classify", True), "reuse": job.get("reuse", False)}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise BadInput(f"{name} is {shown(flag)}: give true or false.")
    slow = SIMULATED_PER_S / (10 if flags["reuse"] else 1)
    lists = {"traversals": [t.to_dict() for t in traversals], "caches": [level.to_dict() for level in caches]}
    return {**lists, **flags}, COMPILE_S + sum(t.accesses for t in traversals) / slow


def _check_calibrate(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    operations = _list(job, "operations", tuple(LENGTHS))
    dtypes = _list(job, "dtypes", DTYPES)
    for operation in operations:
        if operation not in tuple(LENGTHS):  # what is asked for may have no hash
            raise BadInput(f"There is no operation {shown(operation)}: use {', '.join(LENGTHS)}.")
    for dtype in dtypes:
        if dtype not in DTYPES:
            raise BadInput(f"The dtype {shown(dtype)} is not calibrated: use {' or '.join(DTYPES)}.")
    budget_s = _seconds(job, "budget_s", 60.0, MAX_BUDGET_S)
    data: dict[str, Any] = {
        "operations": list(dict.fromkeys(operations)),
        "dtypes": list(dict.fromkeys(dtypes)),
        "lengths": None,
        "budget_s": budget_s,
        "threads": [machine.cores.allowed],
    }
    if job.get("lengths") is not None:
        if len(data["operations"]) != 1:
            raise BadInput("lengths are of one operation: name it in operations, or leave lengths out.")
        data["lengths"] = [_lengths(one, data["operations"][0]) for one in _list(job, "lengths")]
    return data, COMPILE_S + 5 * budget_s


def _lengths(given: Any, operation: str) -> list[int]:
    names = LENGTHS[operation]
    fits = isinstance(given, list | tuple) and len(given) == len(names)
    if not fits or not all(_is_whole(n) and 1 <= n <= MAX_LENGTH for n in given):
        raise BadInput(
            f"{shown(given)} is no shape of {operation}: give {', '.join(names)}, whole numbers from 1 to "
            f"{MAX_LENGTH}."
        )
    if math.prod(given) > MAX_STEPS[operation == "matmul"]:
        raise BadInput(
            f"{shown(given)} is too large to be measured under every backend: choose a smaller shape."
        )
    return list(given)


def _timed(job: JobData, data: dict[str, Any], cases: int) -> tuple[dict[str, Any], float]:
    budget_s = _seconds(job, "budget_s", 2.0, MAX_BUDGET_S)
    limit_s = _seconds(job, "limit_s", 10.0, MAX_BUDGET_S)
    derived_s = COMPILE_S * (1 + cases / 40) + cases * (budget_s + CALLS * limit_s)
    return {**data, "budget_s": budget_s, "limit_s": limit_s}, derived_s


def _case(data: Any, machine: Machine) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise BadInput(f"A case is a mapping with kernel and size; given: {shown(data)}.")
    from accel_core import registry  # imports Numba: the worker says "started" before it pays for that

    try:
        case = Case.from_dict(data)
    except (TypeError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(
            f"A case has names for its parameters and numbers for its shape; given: {shown(data)}."
        ) from None
    return registry.validate(case, machine).to_dict()


def _list(job: JobData, key: str, default: Any = ()) -> list[Any]:
    given = job.get(key)
    items = default if given is None else given
    if not isinstance(items, list | tuple) or not 1 <= len(items) <= MAX_CASES:
        raise BadInput(f"{key} is {shown(items)}: give a list of 1 to {MAX_CASES} entries.")
    return list(items)


def _seconds(job: JobData, key: str, default: float, most: float) -> float:
    given = job.get(key)
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= most:
        raise BadInput(f"{key} is {shown(given)}: give a number of seconds above 0 and at most {most:.0f}.")
    return float(given)


def _memory(job: JobData) -> int | None:
    given = job.get("memory_limit_bytes")
    if given is not None and (not _is_whole(given) or given <= 0):
        raise BadInput(
            f"memory_limit_bytes is {shown(given)}: give a whole number of bytes above 0, or leave it out."
        )
    return given


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_Check = Callable[[JobData, Machine], tuple[dict[str, Any], float]]
_CHECKS: dict[str, tuple[tuple[str, ...], _Check]] = {
    "bench": (("cases", "limit_s"), _check_bench),
    "compare": (("pairs", "limit_s"), _check_compare),
    "peaks": (("dtypes", "threads"), _check_peaks),
    "calibrate": (("operations", "dtypes", "lengths"), _check_calibrate),
    "simulate": (("traversals", "caches", "classify", "reuse"), _check_simulate),
}
"""kind -> its own keys and its check."""
