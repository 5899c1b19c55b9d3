"""Calibrating: who is fastest at which shape on this machine, measured on the grid of each operation."""

from __future__ import annotations

import itertools
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from accel_core.backends.auto import Array, AutoBackend, route
from accel_core.backends.current import backend_names, find_backend
from accel_core.backends.interface import ComputeBackend
from accel_core.backends.sampling import Call, hold
from accel_core.bench.clocks import Clocks
from accel_core.bench.events import Emit, ignore, result_event, step_event, warning_event
from accel_core.bench.sampling import no_garbage_collection
from accel_core.bench.threads import require_processors
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import refuse_to_measure
from accel_core.model import DTYPES, Machine, Shape
from accel_core.model.limits import CALIBRATION_S
from accel_core.operations import OPERATIONS, PRODUCT, Operation, find_operation
from accel_core.race import Calibration, Race

SLOW_S = 1e-3
"""Past this, Python loops are not run: they lose by far, and would take the time of all others."""
STEP_S = 1e-7
"""About one step of a Python loop, to tell beforehand."""
LEAST_CALLS = 6
"""So many times the call itself takes what no budget shortens: operands, the float64 result, each backend's
checked call and its first sample."""
STILL_S = 0.12
"""Until the library's threads are still after a product that it shared out: OpenBLAS lets them spin for 2^28
ticks of the time stamp counter (its THREAD_TIMEOUT), at two to three billion a second."""
SHARED_STEPS = 1 << 18
"""m k n of about the least product for which it does (OpenBLAS's GEMM_MULTITHREAD_THRESHOLD)."""
STEPS = 60
"""Of the progress that is told: a thousand lines a minute tell nobody more."""
SMALL_S = 0.02
"""What a shape takes at least: some samples of 1 ms of each backend."""


@dataclass(frozen=True, slots=True)
class _Point:
    operation: Operation
    dtype: str
    layout: str
    lengths: Shape

    @property
    def part(self) -> tuple[str, str, str]:
        """What the calibration that it belongs to is of."""
        return self.operation.name, self.dtype, self.layout

    @property
    def steps(self) -> int:
        """Innermost steps of the plain loops."""
        return int(np.prod(self.lengths, dtype=np.int64))

    @property
    def weight_s(self) -> float:
        """About what it takes, for its share of the time."""
        return SMALL_S + 4 * self._call_s

    @property
    def _call_s(self) -> float:
        return self.steps / self.operation.form.steps_per_s

    def least_s(self, threads: int) -> float:
        """What it takes where its share of the time is nothing, on a core of the registry's pace."""
        waits = threads > 1 and self.operation.form is PRODUCT and self.steps >= SHARED_STEPS
        return SMALL_S + LEAST_CALLS * self._call_s + (STILL_S if waits else 0.0)


def calibrate(
    machine: Machine,
    *,
    operations: Sequence[str] | None = None,
    dtypes: Sequence[str] = DTYPES,
    lengths: Sequence[Shape] | None = None,
    budget_s: float = CALIBRATION_S,
    emit: Emit = ignore,
    clocks: Clocks | None = None,
) -> list[Calibration]:
    """The crossovers of `operations` (all where left out), measured in about `budget_s` seconds. Each part is
    emitted as it is done.

    Every backend that is registered in this process takes part. `lengths` of the one operation (`Form.lengths`)
    replaces the grid. Compiling comes on top of the budget, as does one sample of each backend where the budget
    is too small for that. Raises BadInput for an operation that there is not.
    """
    refuse_to_measure(machine)
    clocks, threads = clocks or Clocks(), machine.cores.allowed
    require_processors(threads)
    parts = _parts(operations or tuple(OPERATIONS), dtypes, lengths)
    every = list(itertools.chain(*parts))
    left_weight_s = sum(point.weight_s for point in every)
    course = _Course(budget_s, sum(point.least_s(threads) for point in every))
    done, results = 0, []
    racing = candidates(emit)
    _compile(parts, racing)
    for points in parts:
        races, before_s = [], course.spent_s
        with no_garbage_collection():
            for point in points:
                if done % max(1, len(every) // STEPS) == 0:
                    emit(step_event(_label(point), done, len(every), course.left_s))
                share_s = max(0.0, budget_s - course.spent_s) * point.weight_s / left_weight_s
                start = clocks.wall()
                races.append(race(point, racing, share_s, emit, clocks))
                course.add(clocks.wall() - start, point.least_s(threads))
                left_weight_s, done = left_weight_s - point.weight_s, done + 1
        results.append(Calibration(*points[0].part, threads, tuple(races), course.spent_s - before_s))
        emit(result_event(results[-1]))
    return results


def expected_s(
    threads: int,
    *,
    operations: Sequence[str],
    dtypes: Sequence[str],
    lengths: Sequence[Shape] | None,
    budget_s: float,
    core_pace: float = 1.0,
    before: Iterable[Calibration] = (),
) -> float:
    """About what `calibrate` takes without compiling: the budget, or more where no budget shortens it.

    Where calibrations of `before` (oldest first) held the same races, that is what they took.
    """
    parts = _parts(operations, dtypes, lengths)
    known = {
        (one.operation, one.dtype, one.layout, len(one.contests)): one.took_s
        for one in before
        if one.took_s is not None
    }
    took_s = [known.get((*points[0].part, len(points))) for points in parts]
    if None not in took_s:
        return sum(filter(None, took_s))
    return max(budget_s, core_pace * sum(point.least_s(threads) for point in itertools.chain(*parts)))


@dataclass
class _Course:
    """What a calibration has spent, and by that what is still to come."""

    budget_s: float
    least_s: float
    """Of all points, as foreseen."""
    spent_s: float = 0.0
    _done_least_s: float = 0.0

    def add(self, took_s: float, least_s: float) -> None:
        """A point is done that took `took_s`."""
        self.spent_s, self._done_least_s = self.spent_s + took_s, self._done_least_s + least_s

    @property
    def left_s(self) -> float:
        """As many times what is foreseen for the rest as it was so far, the whole foresight counting once."""
        foreseen_s = max(self.budget_s, self.least_s) + self.spent_s
        return (self.least_s - self._done_least_s) * foreseen_s / (self.least_s + self._done_least_s)


def _parts(
    operations: Sequence[str], dtypes: Sequence[str], lengths: Sequence[Shape] | None
) -> list[list[_Point]]:
    """The points of each part of a calibration (an operation, dtype and layout), as they are measured.

    Shuffled within a part, so that a slow spell of the machine does not fall on one corner.
    """
    parts = [
        [_Point(one, dtype, layout, tuple(at)) for at in lengths or one.points(layout)]
        for one in map(find_operation, operations)
        for dtype in dtypes
        for layout in (("C",) if lengths else one.measured)
    ]
    for points in parts:
        random.Random(0).shuffle(points)
    return parts


def race(
    point: _Point, candidates: Mapping[str, ComputeBackend], budget_s: float, emit: Emit, clocks: Clocks
) -> Race:
    """The race of one point: each backend is checked, then all are timed in turns."""
    operation, named = point.operation, point.operation.name
    operands = make_operands(operation, point.lengths, point.dtype, point.layout, secrets.randbits(31))
    exact = find_backend("numpy").dispatch(named, *(array.astype(np.float64) for array in operands))
    calls: dict[str, Call] = {}
    for name in _affordable(candidates, point):
        call = call_of(candidates[name], operation, operands)
        try:
            error = max_relative_error(call(), exact)
        except Exception as failure:  # a backend from elsewhere may fail in any way, and the others go on
            emit(warning_event(f"{name} fails for {_label(point)}, so it is not timed: {failure}"))
            continue
        if error <= operation.tolerance(point.lengths, point.dtype):
            calls[name] = call
        else:
            emit(warning_event(f"{name} gives a wrong result for {_label(point)}, so it is not timed."))
    return hold(point.lengths, calls, budget_s, clocks, [name for name in calls if candidates[name].threads])


def candidates(emit: Emit = ignore) -> dict[str, ComputeBackend]:
    """The backends that AutoBackend may choose: all that are registered and can be made, but for such as it."""
    found = {}
    for name in backend_names():
        try:
            if not isinstance(backend := find_backend(name), AutoBackend):
                found[name] = backend
        except Exception as failure:  # as above
            emit(warning_event(f"The backend {name} cannot be made, so it is not timed: {failure}"))
    return found


def _affordable(candidates: Mapping[str, ComputeBackend], point: _Point) -> list[str]:
    """Those of `candidates` that are timed at `point`: not Python's loops where they take too long."""
    is_small = point.steps * STEP_S <= SLOW_S
    return [name for name, backend in candidates.items() if is_small or not backend.interpreted]


def make_operands(
    operation: Operation, lengths: Shape, dtype: str, layout: str, seed: int
) -> tuple[Array, ...]:
    """Random operands of `operation` at `lengths` that lie as `layout` says, another set for each seed.

    Positive, so that a result of one entry does not cancel to almost nothing.
    """
    random = np.random.default_rng(seed)

    def array(shape: Shape, is_turned: bool = False) -> Array:
        gaps = 2 if layout == "strided" else 1
        *lead, last = (*shape[:-2], shape[-1], shape[-2]) if is_turned else shape
        values = random.uniform(0.5, 3.0, (*lead, gaps * last)).astype(dtype)[..., ::gaps]
        return values.swapaxes(-1, -2) if is_turned else values

    *others, last = operation.operand_shapes(lengths)
    return (*map(array, others), array(last, layout == "transposed" and operation.form is PRODUCT))


def call_of(backend: ComputeBackend, operation: Operation, operands: Sequence[Array]) -> Call:
    """The call that AutoBackend would make if it chose `backend` for `operands`."""
    return partial(route(backend, operation, *operands), *operands, *operation.defaults)


def _compile(parts: Sequence[Sequence[_Point]], candidates: Mapping[str, ComputeBackend]) -> None:
    """Call each compiled function once, so that no compiling falls into the budget."""
    for points in parts:
        smallest = min(points, key=lambda point: point.steps)
        operands = make_operands(smallest.operation, smallest.lengths, smallest.dtype, smallest.layout, 0)
        for name in _affordable(candidates, smallest):
            with suppress(Exception):  # a race tells it
                call_of(candidates[name], smallest.operation, operands)()


def _label(point: _Point) -> str:
    return f"{point.operation.name} {' x '.join(map(str, point.lengths))}, {point.dtype}"
