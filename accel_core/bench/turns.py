"""Several cases on the same inputs, sampled in turns: what changes on the machine meanwhile meets them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accel_core import registry
from accel_core.bench.cases import out_of_memory
from accel_core.bench.clocks import Clocks, Span
from accel_core.bench.events import Emit, ignore, label, result_event, step_event, warning_event
from accel_core.bench.measuring import Problem, Ready, pose, prepare, summarise
from accel_core.bench.memory import is_seen, peak_alloc_bytes
from accel_core.bench.sampling import (
    MOST_SAMPLES,
    Racer,
    Samples,
    calls_in_a_sample,
    in_turns,
    no_garbage_collection,
    span_since,
)
from accel_core.bench.threads import limit, require_processors
from accel_core.errors import WrongResult
from accel_core.machine import environment, refuse_to_measure
from accel_core.model import Case, Environment, Machine, Measurement, Refusal
from accel_core.model.limits import LIMIT_S
from accel_core.registry import require_one_problem
from accel_core.stats import median_interval


@dataclass(frozen=True)
class _Entry:
    """One case and its samples so far."""

    case: Case
    ready: Ready
    racer: Racer


def run_in_turns(
    cases: Sequence[Case],
    machine: Machine,
    *,
    budget_s: float = 2.0,
    emit: Emit = ignore,
    limit_s: float = LIMIT_S,
    clocks: Clocks | None = None,
) -> list[Measurement | Refusal]:
    """A result for each of `cases`, of one workload, shape, dtype and thread: a sample of each a round.

    The rounds take as many times `budget_s` as there are cases, and who is first moves on. Raises BadInput
    where the cases are not one problem; a case that cannot run, or gives a wrong result, becomes a Refusal.
    """
    refuse_to_measure(machine)
    valid = [registry.validate(case, machine) for case in cases]
    require_one_problem(valid)
    case = valid[0]
    workload = registry.kernel(case.kernel)[0]
    shape = case.shape or workload.shape(case.size)
    traffic = workload.least_bytes(shape, case.dtype)
    clocks = clocks or Clocks.of(machine, case.threads, " and ".join(c.kernel for c in valid), traffic)
    versions, rounds_s = environment(), budget_s * len(valid)
    entries: list[_Entry] = []
    refused: list[Refusal] = []
    with limit(case.threads):
        require_processors(case.threads)
        problem: Problem | None = None
        for done, case in enumerate(valid):
            emit(step_event(label(case), done, len(valid) + 1, rounds_s))
            if (reason := registry.why_not(case, machine, limit_s)) is not None:
                refused.append(Refusal(case, reason))
                continue
            try:
                problem = problem or pose(workload, case)
                kernel = registry.kernel(case.kernel)[1]
                ready = prepare(workload, kernel, case, problem, clocks)
                entries.append(_Entry(case, ready, Racer(ready.call)))
            except WrongResult as error:
                emit(warning_event(str(error)))
                refused.append(Refusal(case, str(error), fault=True))
            except MemoryError:
                refused.append(Refusal(case, out_of_memory(case), fault=True))
        emit(step_event("All in turns", len(valid), len(valid) + 1, rounds_s))
        span = _rounds(entries, rounds_s, clocks)
        made = [_measurement(entry, span, shape, machine, versions, clocks) for entry in entries]
    if entries and not span.disturbed_reason(1):
        clocks.lookout.remember()
    results: list[Measurement | Refusal] = [*made, *refused]
    for result in results:
        emit(result_event(result))
    return results


def _rounds(entries: Sequence[_Entry], budget_s: float, clocks: Clocks) -> Span:
    """Rounds of one sample each, at least one; what passed in all of them."""
    clocks.lookout.begin()
    with no_garbage_collection():
        for entry in entries:
            entry.racer.repetitions = calls_in_a_sample(entry.ready.call, entry.ready.first.wall_s, clocks)
        racers = [entry.racer for entry in entries]
        host, start_s = clocks.host(), clocks.wall()
        for order in in_turns(racers):
            for racer in order:
                racer.run(clocks)
            clocks.lookout.look()
            if clocks.wall() - start_s >= budget_s or len(order[0].times_s) >= MOST_SAMPLES:
                break
        return span_since(host, racers, clocks, 1)


def _measurement(
    entry: _Entry, span: Span, shape: Sequence[int], machine: Machine, versions: Environment, clocks: Clocks
) -> Measurement:
    """The measurement of one; who disturbed the rounds is said in all of them, by the same sums.

    It does not say what all of it took: inputs, reference and rounds were for all.
    """
    racer, case = entry.racer, entry.case
    estimate = median_interval(racer.times_s)
    workload, kernel = registry.kernel(case.kernel)
    samples = Samples(tuple(racer.times_s), racer.repetitions, estimate, span, "turns", tuple(racer.starts_s))
    memory = peak_alloc_bytes(entry.ready.call) if is_seen(kernel, estimate.median) else None
    made = summarise(
        workload, case, tuple(shape), entry.ready, samples, memory, machine, versions, clocks.lookout
    )
    return replace(made, wall_s=racer.wall_s, cpu_s=racer.cpu_s)
