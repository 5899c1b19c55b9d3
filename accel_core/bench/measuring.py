"""One case from its first call to its Measurement."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from numba.core.event import install_recorder

from accel_core import registry
from accel_core.bench.causes import told
from accel_core.bench.clocks import Clocks, Span
from accel_core.bench.events import Emit, ignore, label, step_event
from accel_core.bench.memory import is_seen, peak_alloc_bytes
from accel_core.bench.sampling import (
    Samples,
    calls_in_a_sample,
    no_garbage_collection,
    sample,
    time_calls,
    time_from,
)
from accel_core.bench.sentinel import Lookout
from accel_core.bench.starts import start_and_gaps
from accel_core.bench.threads import limit, require_processors
from accel_core.bench.verify import bound, check, digest, fresh_inputs, guarded, verify_awkward
from accel_core.machine import environment, refuse_to_measure
from accel_core.model import Case, Environment, Estimate, Kernel, Machine, Measurement, Shape, Workload


@dataclass(frozen=True)
class Problem:
    """The inputs at the measured shape, and their result by the reference, from before any kernel saw them."""

    shape: Shape
    inputs: tuple[Any, ...]
    expected: Any


@dataclass(frozen=True)
class Ready:
    """A kernel that was compiled, gave the right results and was called once at the measured shape."""

    call: Callable[[], Any]
    compile_s: float
    max_relative_error: float
    """At the measured shape: the awkward ones are checked, and not recorded."""
    first: Span
    """The call whose result was checked at the measured shape."""
    began_s: float | None = None
    """When that call began; None where nobody kept it."""
    digest: str = ""
    """Of its result."""


def measure(
    case: Case,
    machine: Machine,
    *,
    budget_s: float = 2.0,
    emit: Emit = ignore,
    clocks: Clocks | None = None,
) -> Measurement:
    """The Measurement of one case, verified first: samples until its median is known to 1 % or the time is up.

    The budget is for samples: compiling, checking and the warm-up call come before it. A call that outlasts the
    budget is made once, and is itself the one sample. Raises BadInput (nothing was run) and WrongResult.
    """
    refuse_to_measure(machine)
    case = registry.validate(case, machine)
    workload, kernel = registry.kernel(case.kernel)
    traffic = workload.least_bytes(case.shape or workload.shape(case.size), case.dtype)
    clocks = clocks or Clocks.of(machine, case.threads, case.kernel, traffic)
    began_s = clocks.wall()
    emit(step_event(label(case), 0, 1, budget_s))
    versions = environment()
    with limit(case.threads):
        require_processors(case.threads)
        problem = pose(workload, case)
        ready = prepare(workload, kernel, case, problem, clocks)
        samples = take_samples(ready, budget_s, clocks, case.threads)
        memory = peak_alloc_bytes(ready.call) if is_seen(kernel, samples.estimate.median) else None
    made = summarise(workload, case, problem.shape, ready, samples, memory, machine, versions, clocks.lookout)
    if not samples.span.disturbed_reason(case.threads):
        clocks.lookout.remember()
    return replace(made, took_s=clocks.wall() - began_s)


def pose(workload: Workload, case: Case) -> Problem:
    """Fresh inputs at the case's shape and their float64 reference."""
    shape = case.shape or workload.shape(case.size)
    inputs = fresh_inputs(workload, shape, case.dtype)
    return Problem(shape, inputs, workload.reference(*inputs))


def prepare(workload: Workload, kernel: Kernel, case: Case, problem: Problem, clocks: Clocks) -> Ready:
    """`kernel` ready to be timed: compiled on tiny inputs, checked at awkward shapes and the measured one."""
    compile_s = time_compilation(workload, kernel, case, clocks)
    verify_awkward(workload, kernel, case)
    results: list[Any] = []
    call = bound(kernel, case, problem.inputs, problem.expected)
    began_s = 0.0

    def checked_call() -> Span:
        nonlocal began_s
        clocks.lookout.begin()
        host = clocks.host()
        with no_garbage_collection():
            began_s, wall_s, cpu_s = guarded(
                case, problem.shape, lambda: time_from(lambda: results.append(call()), 1, clocks)
            )
        clocks.lookout.look()
        return Span.between(host, clocks.host(), wall_s, cpu_s, case.threads)

    with install_recorder("numba:compile") as compiled:
        first = checked_call()
    if compiled.buffer:  # a kernel may take another path at this size, which the tiny inputs did not compile
        results.clear()
        again = checked_call()
        compile_s += max(0.0, first.wall_s - again.wall_s)
        first = again
    result = results.pop()
    error = check(workload, case, problem.shape, result, problem.expected)
    return Ready(call, compile_s, error, first, began_s, digest(result))


def time_compilation(workload: Workload, kernel: Kernel, case: Case, clocks: Clocks) -> float:
    """Seconds that the first call on tiny inputs takes beyond the second: compiling, or loading the cache."""
    shape = workload.shape(1)
    inputs = fresh_inputs(workload, shape, case.dtype)
    call = bound(kernel, case, inputs, workload.reference(*inputs))
    first_s, _ = guarded(case, shape, lambda: time_calls(call, 1, clocks))
    second_s, _ = guarded(case, shape, lambda: time_calls(call, 1, clocks))
    return max(0.0, first_s - second_s)


def take_samples(ready: Ready, budget_s: float, clocks: Clocks, threads: int) -> Samples:
    """Samples within the budget; the checked call alone where it was longer than the whole budget.

    For calls of that length a warm-up changes nothing that shows, and would double the wait.
    """
    if ready.first.wall_s >= budget_s:
        only = Estimate(ready.first.wall_s, None, None, 1)
        starts_s = () if ready.began_s is None else (ready.began_s,)
        return Samples((ready.first.wall_s,), 1, only, ready.first, "budget", starts_s)
    with no_garbage_collection():
        repetitions = calls_in_a_sample(ready.call, ready.first.wall_s, clocks)
        return sample(ready.call, repetitions, budget_s, clocks, threads)


def summarise(
    workload: Workload,
    case: Case,
    shape: Shape,
    ready: Ready,
    samples: Samples,
    peak_alloc: int | None,
    machine: Machine,
    versions: Environment,
    lookout: Lookout,
) -> Measurement:
    """The Measurement that all of this makes."""
    reason = told([*samples.span.causes(case.threads), *lookout.causes()])
    start_ns, gaps = start_and_gaps(samples.starts_s, samples.times_s, samples.repetitions)
    return Measurement(
        workload=workload.name,
        kernel=case.kernel,
        size=case.size,
        shape=tuple(shape),
        dtype=case.dtype,
        threads=case.threads,
        parameters=dict(case.parameters),
        time_s=samples.estimate,
        samples_s=samples.times_s,
        repetitions=samples.repetitions,
        stopped=samples.stopped,
        flop=workload.flop(shape),
        least_bytes=workload.least_bytes(shape, case.dtype),
        peak_alloc_bytes=peak_alloc,
        compile_s=ready.compile_s,
        verified=True,
        max_relative_error=ready.max_relative_error,
        cpu_s=samples.span.cpu_s,
        wall_s=samples.span.wall_s,
        steal_fraction=samples.span.steal_fraction,
        disturbed=bool(reason),
        disturbed_reason=reason,
        waited_fraction=samples.span.waited_fraction,
        throttled_s=samples.span.throttled_s,
        sentinel=lookout.report(),
        waiting=samples.span.waiting(case.threads),
        fingerprint=machine.fingerprint,
        environment=versions,
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        id=uuid.uuid4().hex,
        start_ns=start_ns,
        gaps=gaps,
        output_digest=ready.digest,
    )
