"""The list of everything that can be run, and what may be said about a case before it runs.

A workload becomes known to every page, command and test by standing in WORKLOADS; nothing registers itself.
"""

from __future__ import annotations

import difflib
import inspect
import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from accel_core.errors import BadInput, quoted, unknown, whole
from accel_core.kernels.attention.workload import ATTENTIONS
from accel_core.kernels.conv2d.workload import CONV2D
from accel_core.kernels.dot.workload import DOT
from accel_core.kernels.gelu.workload import GELU
from accel_core.kernels.layer_norm.workload import LAYER_NORM
from accel_core.kernels.linear.workload import LINEAR
from accel_core.kernels.matmul.workload import MATMUL
from accel_core.kernels.softmax.workload import SOFTMAX
from accel_core.kernels.streaming.workload import ADD, SCALE, TRIAD
from accel_core.machine import available_memory_bytes
from accel_core.machine.simd import lacking, vector_widths
from accel_core.machine.thread_settings import bindings
from accel_core.model import (
    ITEM_BYTES,
    Case,
    Cores,
    Kernel,
    Machine,
    Measurement,
    Shape,
    Workload,
    require_dtype,
)
from accel_core.model.limits import LIMIT_S
from accel_core.model.words import SCALAR_BITS, WIDTH, widths_text
from accel_core.units import format_bytes, format_time

WORKLOADS: tuple[Workload, ...] = (
    *(MATMUL, GELU, ADD, SCALE, TRIAD, DOT, SOFTMAX, LAYER_NORM),
    *(*ATTENTIONS, LINEAR, CONV2D),
)


def workload(name: str) -> Workload:
    """The workload called `name`; BadInput with the nearest name where there is none."""
    for candidate in WORKLOADS:
        if candidate.name == name:
            return candidate
    names = [w.name for w in WORKLOADS]
    raise BadInput(unknown("workload", name, names, f"there are: {', '.join(names)}"))


def kernel(kernel_id: str) -> tuple[Workload, Kernel]:
    """The workload and the kernel called "workload/kernel"; BadInput with the nearest name if there is none."""
    for candidate in WORKLOADS:
        for rung in candidate.kernels:
            if rung.id == kernel_id:
                return candidate, rung
    ids = kernel_ids()
    named = kernel_id.partition("/")[0] if isinstance(kernel_id, str) else ""
    siblings = [known for known in ids if known.startswith(f"{named}/")]
    listed = (
        f"there are: {', '.join(siblings)}"
        if siblings
        else f"kernels are called workload/kernel, and workloads are: {', '.join(w.name for w in WORKLOADS)}"
    )
    raise BadInput(unknown("kernel", kernel_id, ids, listed))


def kernel_ids() -> list[str]:
    """The ids of all kernels, workload by workload in the order of their ladders."""
    return [kernel.id for workload in WORKLOADS for kernel in workload.kernels]


def usual(kernel_id: str) -> dict[str, int]:
    """The parameters that a kernel has where nobody chooses."""
    return kernel(kernel_id)[1].defaults


def source(kernel_id: str) -> str:
    """The Python source of what runs: the loop nest where the kernel names one, else its function."""
    _, rung = kernel(kernel_id)
    return textwrap.dedent(inspect.getsource(rung.core or rung.function))


def source_diff(kernel_id: str) -> str:
    """What changed in the source since the rung it was made from: a unified diff, empty for the first rung."""
    problem, rung = kernel(kernel_id)
    before = problem.before(rung)
    if before is None:
        return ""
    old, new = source(before.id).splitlines(), source(kernel_id).splitlines()
    return "\n".join(difflib.unified_diff(old, new, before.id, kernel_id, n=len(old), lineterm=""))


def predicted_s(case: Case) -> float:
    """Seconds that one call of a valid case takes on a slow core: an order of magnitude, never a result."""
    problem, rung = kernel(case.kernel)
    return _predicted_s(problem, rung, case.shape or problem.shape(case.size), case.parameters)


def interpreter_s(case: Case) -> float:
    """How much of that goes to the interpreter besides the operations (`Kernel.waits_s`)."""
    problem, rung = kernel(case.kernel)
    return _interpreter_s(rung, case.shape or problem.shape(case.size), case.parameters)


def require_one_problem(cases: Sequence[Case]) -> None:
    """BadInput unless these valid cases are of one workload, shape and dtype, and of one thread each."""
    if len(problems(cases)) != 1 or cases[0].threads != 1:
        raise BadInput(
            "Cases take turns on one problem: give all the same workload, size and dtype, and one thread."
        )


def problems(cases: Iterable[Case]) -> list[list[Case]]:
    """These valid cases by problem: those of one workload, size, shape, dtype and thread count together."""
    found: dict[tuple[object, ...], list[Case]] = {}
    for c in cases:
        found.setdefault((kernel(c.kernel)[0].name, c.size, c.shape, c.dtype, c.threads), []).append(c)
    return list(found.values())


def needed_bytes(case: Case) -> int:
    """Memory to measure and check a valid case: the arrays twice (a kernel may copy), and once in float64, and
    those that the rung makes between its steps."""
    problem, rung = kernel(case.kernel)
    shape = case.shape or problem.shape(case.size)
    between = rung.arrays * problem.array_elements(shape) * ITEM_BYTES[case.dtype]
    return 2 * problem.least_bytes(shape, case.dtype) + problem.least_bytes(shape, "float64") + between


def extra_arrays(measurement: Measurement) -> float | None:
    """Greatest extra memory of one call, in arrays: in matmul of the size of c, else of the (first) input.

    A result that the call allocates counts; one that it was given does not. None where it was not measured.
    """
    if measurement.peak_alloc_bytes is None:
        return None
    elements = workload(measurement.workload).array_elements(measurement.shape)
    return measurement.peak_alloc_bytes / (max(elements, 1) * ITEM_BYTES[measurement.dtype])


def why_not(
    case: Case, machine: Machine, limit_s: float = LIMIT_S, *, available_bytes: int | None = None
) -> str | None:
    """Why a valid case should not run here, in one sentence, or None.

    `limit_s` bounds one call. `available_bytes` is the memory free for it; left out, the system is asked.
    """
    problem, rung = kernel(case.kernel)
    if missing := lacking(rung.needs, machine.simd, machine.architecture):
        return (
            f"{case.kernel} needs {' and '.join(missing)}, which this processor ({machine.cpu}) does not have."
        )
    bits = case.parameters.get(WIDTH, 0)
    if bits > SCALAR_BITS and bits not in (known := vector_widths(machine.simd, machine.architecture)):
        return f"{case.kernel} has no vectors of {bits} bits here: {WIDTH} may be {widths_text(known)}."
    if predicted_s(case) > limit_s:
        return _too_slow(problem, rung, case, limit_s)
    if available_bytes is None:
        available_bytes = available_memory_bytes()
    if machine.memory_bytes is not None:
        available_bytes = min(available_bytes, machine.memory_bytes)
    if needed_bytes(case) > available_bytes:
        needed, free = format_bytes(needed_bytes(case)), format_bytes(available_bytes)
        return (
            f"{case.kernel} at {_asked(case)} in {case.dtype} needs about {needed} of memory, with the arrays "
            f"that check it, and {free} are free: choose a smaller size."
        )
    return None


def validate(case: Case, machine: Machine) -> Case:
    """`case` with every default filled in and plain integers; BadInput for what is not allowed on `machine`.

    A parameter may exceed the size (a block larger than the size means one tile). Whether it is wise to run the
    case is another question: `why_not`.
    """
    problem, rung = kernel(case.kernel)
    require_dtype(case.dtype)
    return replace(
        case,
        size=_whole("size", case.size, 1, problem.largest_size),
        threads=_threads(case, rung, machine.cores),
        parameters=_parameters(case, rung),
        shape=_shape(case, problem),
    )


def _predicted_s(problem: Workload, rung: Kernel, shape: Shape, given: Mapping[str, int]) -> float:
    return problem.flop(shape) / rung.typical_flop_per_s + _interpreter_s(rung, shape, given)


def _interpreter_s(rung: Kernel, shape: Shape, given: Mapping[str, int]) -> float:
    return 0.0 if rung.waits_s is None else rung.waits_s(shape, rung.defaults | dict(given))


def _too_slow(problem: Workload, rung: Kernel, case: Case, limit_s: float) -> str:
    expected = format_time(predicted_s(case))
    largest = _largest_size(problem, rung, case.parameters, limit_s)
    if largest is None:
        advice = "no size fits, so raise the time limit"
    else:
        advice = f"size {largest} is the largest that fits"
    return (
        f"{case.kernel} would take about {expected} a call at {_asked(case)} on a slow core, "
        f"over the limit of {format_time(limit_s)}: {advice}."
    )


def _asked(case: Case) -> str:
    return f"shape {case.shape}" if case.shape else f"size {case.size}"


def _largest_size(problem: Workload, rung: Kernel, parameters: Mapping[str, int], limit_s: float) -> int | None:
    """The largest size predicted to take no more than `limit_s`, by bisection; None where not even 1 does."""

    def fits(size: int) -> bool:
        return _predicted_s(problem, rung, problem.shape(size), parameters) <= limit_s

    if not fits(1):
        return None
    low, high = 1, problem.largest_size + 1  # fits(low), and `high` is too large or not allowed
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _threads(case: Case, rung: Kernel, cores: Cores) -> int:
    bound = bindings(os.environ) if cores.allowed < (cores.logical or 0) else ""
    note = f" ({bound} is set, which binds threads to processors)" if bound else ""
    threads = _whole("threads", case.threads, 1, cores.allowed, note)
    if threads > 1 and not rung.threaded:
        raise BadInput(f"threads is {threads}, but {case.kernel} runs on one thread only; choose 1.")
    return threads


def _parameters(case: Case, rung: Kernel) -> dict[str, int]:
    if not isinstance(case.parameters, Mapping):
        raise BadInput(f"parameters is {quoted(case.parameters)}; names with whole numbers are allowed.")
    known = {p.name: p for p in rung.parameters}
    for name in case.parameters:
        if name not in known:
            allowed = f"it takes {', '.join(known)}" if known else "it takes none"
            raise BadInput(f"{case.kernel} has no parameter {quoted(name)}; {allowed}.")
    given = rung.defaults | dict(case.parameters)
    values = {name: _whole(name, given[name], p.low, p.high) for name, p in known.items()}
    for name, p in known.items():
        if p.only and values[name] not in p.choices:
            *first, last = map(str, p.choices)
            raise BadInput(f"{name} is {values[name]}; {', '.join(first)} or {last} is allowed.")
    return values


def _shape(case: Case, problem: Workload) -> Shape | None:
    if case.shape is None:
        return None
    if len(case.shape) != len(problem.axes):
        axes = ", ".join(problem.axes)
        raise BadInput(
            f"shape is {quoted(case.shape)}; {problem.name} needs {len(problem.axes)} lengths: {axes}."
        )
    lengths = zip(problem.axes, case.shape, strict=True)
    return tuple(_whole(axis, length, 1, problem.largest_size) for axis, length in lengths)


def _whole(name: str, value: object, low: int, high: int, note: str = "") -> int:
    """`value` as an int in low..high; True, 2.0 and "2" are refused, because a guess would hide a mistake."""
    number = whole(value, low, high)
    if number is None:
        allowed = (
            f"only {low} is allowed here" if low == high else f"a whole number from {low} to {high} is allowed"
        )
        raise BadInput(f"{name} is {quoted(value)}; {allowed}{note}.")
    return number
