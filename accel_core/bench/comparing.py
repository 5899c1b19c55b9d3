"""Two kernels timed in turns, so that whatever changes on the machine meanwhile meets both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from accel_core import registry
from accel_core.bench.cases import out_of_memory
from accel_core.bench.causes import Cause, told
from accel_core.bench.clocks import Clocks
from accel_core.bench.duration import Experience
from accel_core.bench.events import Emit, ignore, label, result_event, step_event, warning_event
from accel_core.bench.measuring import Ready, pose, prepare
from accel_core.bench.sampling import (
    LEAST_SHARE,
    MOST_SAMPLES,
    Racer,
    Thing,
    calls_in_a_sample,
    in_turns,
    is_narrow,
    no_garbage_collection,
    span_since,
)
from accel_core.bench.sentinel import Lookout
from accel_core.bench.starts import series
from accel_core.bench.threads import limit, require_processors
from accel_core.errors import BadInput, WrongResult
from accel_core.machine import refuse_to_measure
from accel_core.model import Case, Comparison, Machine, Refusal, Series
from accel_core.model.limits import LIMIT_S
from accel_core.stats import LEAST_SAMPLES, ratio_interval

Pair = tuple[Case, Case]


@dataclass(frozen=True, slots=True)
class Turns:
    """Seconds per call of (a, b), one pair a round that counts, and who disturbed them."""

    times_s: tuple[tuple[float, float], ...]
    disturbed_reason: str = ""
    left_out: int = 0
    """Pairs that do not count, because something shared the core."""
    series: tuple[Series, ...] = ()
    """The samples that count, of a and of b."""


def compare(
    pairs: Sequence[Pair],
    machine: Machine,
    *,
    budget_s: float = 2.0,
    emit: Emit = ignore,
    limit_s: float = LIMIT_S,
    clocks: Clocks | None = None,
) -> list[Comparison | Refusal]:
    """The ratio of the two cases of each pair, on the same inputs and in turns (A B, B A, A B ...).

    A pair gets twice `budget_s` seconds, or stops from LEAST_SHARE of that on when the ratio is known to 1 %.
    Turns at which the sentinel saw something on the core are left out where enough others are there (see
    `undisturbed`).
    All pairs are validated first (BadInput); a pair of which one cannot run, or gives a wrong result, becomes
    the Refusal of that one.
    """
    refuse_to_measure(machine)
    valid = [_validate(a, b, machine) for a, b in pairs]
    experience = Experience()
    parts_s = [experience.pair_s(pair, budget_s, limit_s) for pair in valid]
    results: list[Comparison | Refusal] = []
    for done, (a, b) in enumerate(valid):
        emit(step_event(f"{label(a)} and {label(b)}", done, len(valid), sum(parts_s[done:])))
        result = _compare_pair((a, b), machine, 2 * budget_s, limit_s, emit, clocks)
        results.append(result)
        emit(result_event(result))
    return results


def _validate(a: Case, b: Case, machine: Machine) -> Pair:
    """Both cases valid and the same problem, or BadInput."""
    a, b = registry.validate(a, machine), registry.validate(b, machine)
    same = [
        (registry.kernel(case.kernel)[0].name, case.size, case.shape, case.dtype, case.threads)
        for case in (a, b)
    ]
    if same[0] != same[1]:
        raise BadInput(
            f"{label(a)} in {a.dtype} and {label(b)} in {b.dtype} are not the same problem: "
            f"give both the same workload, size, dtype and number of threads."
        )
    return a, b


def _compare_pair(
    pair: Pair, machine: Machine, budget_s: float, limit_s: float, emit: Emit, given: Clocks | None
) -> Comparison | Refusal:
    for case in pair:
        reason = registry.why_not(case, machine, limit_s)
        if reason is not None:
            return Refusal(case, reason)
    case = pair[0]
    workload = registry.kernel(case.kernel)[0]
    traffic = workload.least_bytes(case.shape or workload.shape(case.size), case.dtype)
    clocks = given or Clocks.of(machine, case.threads, f"{pair[0].kernel} and {pair[1].kernel}", traffic)
    try:
        with limit(case.threads):
            require_processors(case.threads)
            problem = pose(workload, case)
            ready: list[Ready] = []
            for case in pair:
                workload, kernel = registry.kernel(case.kernel)
                ready.append(prepare(workload, kernel, case, problem, clocks))
            turns = take_turns(ready[0], ready[1], budget_s, clocks, case.threads)
    except WrongResult as error:
        emit(warning_event(str(error)))
        return Refusal(case, str(error), fault=True)
    except MemoryError:
        return Refusal(case, out_of_memory(case), fault=True)
    return _comparison(pair, turns)


def _comparison(pair: Pair, turns: Turns) -> Comparison:
    a, b = pair
    return Comparison(
        a.kernel,
        b.kernel,
        a.size,
        a.dtype,
        a.threads,
        median(time_a for time_a, _ in turns.times_s),
        median(time_b for _, time_b in turns.times_s),
        ratio_interval(turns.times_s),
        bool(turns.disturbed_reason),
        a.shape,
        turns.disturbed_reason,
        turns.left_out,
        turns.series,
    )


def take_turns(a: Ready, b: Ready, budget_s: float, clocks: Clocks, threads: int = 1) -> Turns:
    """Rounds of one sample each; the checked calls alone where they outlast the budget (see `take_samples`).

    With several threads a turn begins when those of the other one are still, and with a call that does not
    count: a library's threads spin after a call (OpenBLAS 0.3.31: for 0.1 s on a Zen 5 virtual machine), on a
    processor that the other kernel needs, and have to be woken when they have gone to sleep.
    """
    if a.first.wall_s + b.first.wall_s >= budget_s:
        only = ((a.first.wall_s, b.first.wall_s),)
        counted = a.first.joined(b.first).causes(threads)
        sides = tuple(
            series([] if one.began_s is None else [one.began_s], [one.first.wall_s], 1) for one in (a, b)
        )
        return Turns(only, told([*counted, *clocks.lookout.causes()]), series=sides)
    with no_garbage_collection():
        racers = [Racer(ready.call, _repetitions(ready, threads, clocks)) for ready in (a, b)]
        return _rounds(racers, budget_s, clocks, threads)


SHARED_SAMPLE_S = 0.02
"""Length of a sample on several threads: a turn waits longer than that, and the first calls wake them."""
MOST_PAUSES = 100
"""After so many pauses of `PAUSE_S` a comparison goes on, whatever else the process does."""
PAUSE_S = 0.02
"""Five ticks of Linux's scheduler (250 Hz), at which the CPU time of a spinning thread is told."""


def _repetitions(ready: Ready, threads: int, clocks: Clocks) -> int:
    """Calls in a sample."""
    repetitions = calls_in_a_sample(ready.call, ready.first.wall_s, clocks)
    return repetitions if threads == 1 else max(repetitions, round(SHARED_SAMPLE_S / ready.first.wall_s))


def settle(clocks: Clocks) -> None:
    """Wait until this process uses less than a tenth of a processor."""
    for _ in range(MOST_PAUSES):
        used_s, start = clocks.cpu(), clocks.wall()
        clocks.sleep(PAUSE_S)
        if clocks.cpu() - used_s <= (clocks.wall() - start) / 10:
            return


def _rounds(racers: Sequence[Racer], budget_s: float, clocks: Clocks, threads: int) -> Turns:
    times: list[tuple[float, float]] = []
    looked: list[int] = []
    look_at = LEAST_SAMPLES
    clocks.lookout.begin()
    host = clocks.host()
    start = clocks.wall()
    for order in in_turns(racers):
        looked.append(len(clocks.lookout.readings))
        for racer in order:
            if threads > 1:
                settle(clocks)
                racer.call()
            racer.run(clocks)
        times.append((racers[0].times_s[-1], racers[1].times_s[-1]))
        clocks.lookout.look()
        spent_s = clocks.wall() - start
        if spent_s >= budget_s or len(times) >= MOST_SAMPLES:
            break
        if len(times) >= look_at and spent_s >= LEAST_SHARE * budget_s:
            crowded = clocks.lookout.crowded()
            kept = undisturbed(times, looked, crowded)
            alone = len(kept) < len(times) or not crowded  # else a neighbour is there, who may go yet
            if alone and is_narrow(ratio_interval(kept)):
                break
            look_at = len(times) + max(1, len(times) // 10)
    counted = span_since(host, racers, clocks, threads).causes(threads)
    return _judged(racers, looked, counted, clocks.lookout)


def _judged(racers: Sequence[Racer], looked: Sequence[int], counted: list[Cause], lookout: Lookout) -> Turns:
    """`counted` is what the counters say. Where pairs are left out, those that stay had nobody beside them."""
    a, b = racers
    kept = undisturbed(range(len(looked)), looked, lookout.crowded())
    left_out = len(looked) - len(kept)
    reason = told([*counted, *lookout.causes(core=not left_out)])
    if not counted:
        lookout.remember()
    sides = tuple(
        series([racer.starts_s[at] for at in kept], [racer.times_s[at] for at in kept], racer.repetitions)
        for racer in racers
    )
    return Turns(tuple((a.times_s[at], b.times_s[at]) for at in kept), reason, left_out, sides)


def undisturbed(pairs: Sequence[Thing], looked: Sequence[int], crowded: Collection[int]) -> Sequence[Thing]:
    """The pairs before and after which the sentinel saw nobody on the core; all where too few would be left.

    Both kernels meet a neighbour, but it does not slow them alike: what takes every slot of a core loses more
    than what waits for memory, so their ratio is another one. `looked` is how often the sentinel had looked
    before each pair, `crowded` the looks at which somebody was there.
    """
    kept = [pair for pair, looks in zip(pairs, looked, strict=True) if not {looks - 1, looks} & set(crowded)]
    return kept if len(kept) >= LEAST_SAMPLES else pairs
