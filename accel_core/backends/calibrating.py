"""Calibrating: who is fastest at which shape on this machine, measured on the grid of `grid.py`."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from accel_core.backends import grid, routes
from accel_core.backends.chooser import PREFERRED
from accel_core.backends.current import find_backend
from accel_core.backends.interface import OPERATIONS, operation_arguments
from accel_core.backends.operands import Operands, make_operands, tolerance
from accel_core.backends.sampling import Call, hold
from accel_core.bench.clocks import Clocks
from accel_core.bench.events import Emit, ignore, result_event, step_event, warning_event
from accel_core.bench.sampling import no_garbage_collection
from accel_core.bench.threads import require_processors
from accel_core.contest import Calibration, Contest
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import refuse_to_measure
from accel_core.model import DTYPES, Machine, Shape

CANDIDATES = PREFERRED
"""Whom AutoBackend may choose."""
THREADED = ("compiled_threads",)
"""Those whose own threads start from rest; the library's are woken by itself."""
SLOW_S = 1e-3
"""Past this, Python loops are not run: they lose by far, and would take the time of all others."""
STEP_S = 1e-7
"""About one step of a Python loop, to tell beforehand."""
QUICK_FLOP_PER_S = 2e10
"""About one core's matrix product, to share out the time: large shapes get more."""
STEPS = 60
"""Of the progress that is told: a thousand lines a minute tell nobody more."""
SMALL_S = 0.02
"""What a shape takes at least: some samples of 1 ms of each backend."""


@dataclass(frozen=True, slots=True)
class _Point:
    operation: str
    dtype: str
    layout: str
    lengths: Shape

    @property
    def steps(self) -> int:
        """Innermost steps of the plain loops."""
        return int(np.prod(self.lengths, dtype=np.int64))

    @property
    def weight_s(self) -> float:
        """About what it takes, for its share of the time."""
        return SMALL_S + 4 * self.steps / (QUICK_FLOP_PER_S / (1 if self.operation == "matmul" else 50))


def calibrate(
    machine: Machine,
    *,
    operations: Sequence[str] = tuple(OPERATIONS),
    dtypes: Sequence[str] = DTYPES,
    lengths: Sequence[Shape] | None = None,
    budget_s: float = 60.0,
    emit: Emit = ignore,
    clocks: Clocks | None = None,
) -> list[Calibration]:
    """Measure the crossovers of `operations` in about `budget_s` seconds, and emit each part as it is done.

    `lengths` (contest.LENGTHS of the one operation) replaces the grid. Compiling comes on top of the budget, as
    does one sample of each backend where the budget is too small for that. Raises BadInput for an operation
    that there is not.
    """
    refuse_to_measure(machine)
    clocks, threads = clocks or Clocks(), machine.cores.allowed
    require_processors(threads)
    groups = [
        (operation, dtype, layout, _points(operation, dtype, layout, lengths))
        for operation in operations
        for dtype in dtypes
        for layout in (grid.layouts(operation) if operation_arguments(operation) and not lengths else ("C",))
    ]
    total = sum(len(points) for *_, points in groups)
    left_weight_s = sum(point.weight_s for *_, points in groups for point in points)
    spent_s, done, results = 0.0, 0, []
    _compile(groups)
    for operation, dtype, layout, points in groups:
        contests = []
        with no_garbage_collection():
            for point in points:
                if done % max(1, total // STEPS) == 0:
                    emit(step_event(_label(point), done, total, max(0.0, budget_s - spent_s)))
                share_s = max(0.0, budget_s - spent_s) * point.weight_s / left_weight_s
                start = clocks.wall()
                contests.append(contest(point, share_s, emit, clocks))
                spent_s, left_weight_s = spent_s + clocks.wall() - start, left_weight_s - point.weight_s
                done += 1
        results.append(Calibration(operation, dtype, layout, threads, tuple(contests)))
        emit(result_event(results[-1]))
    return results


def _points(operation: str, dtype: str, layout: str, lengths: Sequence[Shape] | None) -> list[_Point]:
    """The points of one part, shuffled, so that a slow spell of the machine does not fall on one corner."""
    chosen = [tuple(one) for one in lengths] if lengths else list(grid.points(operation, layout))
    random.Random(0).shuffle(chosen)
    return [_Point(operation, dtype, layout, one) for one in chosen]


def contest(point: _Point, budget_s: float, emit: Emit, clocks: Clocks) -> Contest:
    """Hold the contest of one point: each backend is checked, then all are timed in turns."""
    operands = make_operands(point.operation, point.lengths, point.dtype, point.layout, secrets.randbits(31))
    exact = find_backend("numpy").dispatch(point.operation, *(array.astype(np.float64) for array in operands))
    calls: dict[str, Call] = {}
    for name in CANDIDATES:
        if name == "naive" and point.steps * STEP_S > SLOW_S:
            continue
        call = call_of(name, point.operation, operands)
        error = max_relative_error(call(), exact)
        if error <= tolerance(point.operation, point.lengths, point.dtype):
            calls[name] = call
        else:
            emit(warning_event(f"{name} gives a wrong result for {_label(point)}, so it is not timed."))
    return hold(point.lengths, calls, budget_s, clocks, THREADED)


def call_of(name: str, operation: str, operands: Operands) -> Call:
    """The call that AutoBackend would make if it chose the backend `name` for `operands`."""
    backend = find_backend(name)
    if operation == "matmul":
        return partial(routes.route_product(backend, *operands), *operands)
    if operation in ("gelu", "add"):
        return partial(routes.route_elements(backend, operation), *operands)
    run = routes.route_rows(backend, operation, operands[0])
    return partial(run, *operands, *((None, None, 1e-5) if operation == "layer_norm" else ()))


def _compile(groups: Sequence[tuple[str, str, str, list[_Point]]]) -> None:
    """Call each compiled function once, so that no compiling falls into the budget."""
    for operation, dtype, layout, points in groups:
        if points:
            smallest = min(points, key=lambda point: point.steps)
            operands = make_operands(operation, smallest.lengths, dtype, layout, 0)
            for name in CANDIDATES:
                call_of(name, operation, operands)()


def _label(point: _Point) -> str:
    return f"{point.operation} {' x '.join(map(str, point.lengths))}, {point.dtype}"
