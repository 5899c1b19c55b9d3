"""The proofs of an event: that its check tells wrong answers from right ones, and that its sizes can be judged.

All at the printed sizes and at both ends of the drawn ones, cut short along those axes on which the tolerance
does not depend. Nothing here measures: no time is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core import registry
from accel_core.arena.answers import WRONG, Check, Order, Posed, orders_of
from accel_core.arena.drawing import ends
from accel_core.arena.event import ALL_THREADS, Event
from accel_core.arena.example import example
from accel_core.arena.starter import arrays_of, problem_of, starter
from accel_core.bench.verify import AWKWARD_AXES, format_shape, format_small
from accel_core.codec import PlainData
from accel_core.model import ITEM_BYTES, Case, Shape, Workload
from accel_core.units import format_bytes, format_time

MOST_BYTES = 200 * 10**6
"""Of the arrays of one size and its reference."""
PEAK_FLOP_PER_S, BANDWIDTH_BYTE_PER_S = 240e9, 15e9
"""An ordinary core with wide vectors, and its memory."""
LEAST_ROOF_S = 0.9e-3
"""What these allow a size at the least: a hundred round trips of an empty kernel, which takes 6 to 10 µs."""
LEAST_NAIVE_S = 5e-3
"""What naive compiled loops take at the least."""
SHORT = 24
"""Where an axis is cut."""


@dataclass(frozen=True, slots=True)
class Proof(PlainData):
    """One thing that has to hold of an event."""

    name: str
    ok: bool
    detail: str


def proofs(event: Event, checks: Sequence[Check]) -> Iterator[Proof]:
    """All proofs of an event, one after the other. Each of `checks`, by which calls are judged, has to hold."""
    problem = problem_of(event)
    yield _memory(event, problem)
    yield _length(event, problem)
    yield _example(event, problem)
    yield _starter(event, problem, checks)
    posed = [Posed.of(problem, shape, event.dtype) for shape in _shapes(event, problem)]
    for name, wrong in WRONG.items():
        yield _all_wrong(name, wrong, posed, checks)
    orders = [order for one in posed for order in orders_of(one)]
    for rung in _rungs(event, problem):
        yield _all_right(rung, orders, checks)


def _sizes(event: Event) -> list[Shape]:
    """The printed sizes, and the smallest and largest of each band."""
    drawn = [tuple(end[at] for end in ends(band)) for band in event.drawn for at in (0, 1)]
    return [*event.shapes, *drawn]


# -- what a size needs ---------------------------------------------------------------------------------------


def _memory(event: Event, problem: Workload) -> Proof:
    def needed(shape: Shape) -> int:
        arrays = sum(int(np.prod(problem.lengths(array, shape))) for array in arrays_of(problem))
        assert problem.output is not None
        reference = int(np.prod(problem.lengths(problem.output, shape)))
        return arrays * ITEM_BYTES[event.dtype] + reference * ITEM_BYTES["float64"]

    most = max(_sizes(event), key=needed)
    detail = (
        f"Size {format_shape(most)} takes most, {format_bytes(needed(most))} with its reference; "
        f"{format_bytes(MOST_BYTES)} are allowed."
    )
    return Proof("memory", needed(most) <= MOST_BYTES, detail)


def _length(event: Event, problem: Workload) -> Proof:
    """Whether no size is too short to be ranked on an ordinary core, or for naive loops."""

    def roof_s(shape: Shape) -> float:
        compute_s = problem.flop(shape) / PEAK_FLOP_PER_S
        return max(compute_s, problem.least_bytes(shape, event.dtype) / BANDWIDTH_BYTE_PER_S)

    shortest = min(_sizes(event), key=roof_s)
    told = (
        f"Size {format_shape(shortest)} takes {format_time(roof_s(shortest))} under roofs of 240 GFLOP/s and "
        f"15 GB/s; {format_time(LEAST_ROOF_S)} are needed"
    )
    naive = next((rung.id for rung in problem.kernels if rung.family == "compiled"), None)
    if naive is None:
        return Proof("length of a call", roof_s(shortest) >= LEAST_ROOF_S, f"{told}.")
    naive_s = min(registry.predicted_s(Case(naive, 0, event.dtype, shape=shape)) for shape in _sizes(event))
    return Proof(
        "length of a call",
        roof_s(shortest) >= LEAST_ROOF_S and naive_s >= LEAST_NAIVE_S,
        f"{told}. {naive} takes {format_time(naive_s)} or longer on a slow core, by estimate; "
        f"{format_time(LEAST_NAIVE_S)} are needed.",
    )


# -- what a submission starts from ---------------------------------------------------------------------------


def _example(event: Event, problem: Workload) -> Proof:
    found = example(event)
    inputs = [x for _, x in found.inputs]
    fits = [x.shape for x in inputs] == [problem.lengths(array, found.shape) for array in problem.inputs]
    assert problem.output is not None
    fits &= found.expected.shape == problem.lengths(problem.output, found.shape)
    finite = all(np.isfinite(x).all() for x in (*inputs, found.expected))
    return Proof("worked example", bool(fits and finite), f"It has the shape {format_shape(found.shape)}.")


def _starter(event: Event, problem: Workload, checks: Sequence[Check]) -> Proof:
    """Whether the starter code compiles, and is right at shapes that find what is wrong at edges."""
    import numba  # the other proofs need no compiler

    axes = len(problem.axes)
    shapes = [(1,) * axes, example(event).shape, AWKWARD_AXES[:axes], AWKWARD_AXES[:axes][::-1]]
    made: dict[str, Any] = {}
    exec(compile(starter(event), f"<starter of {event.name}>", "exec"), made)  # it is made of our own text
    function = made[problem.name]
    if not hasattr(function, "py_func"):
        function = numba.njit(parallel=event.division == ALL_THREADS)(function)
    worst = 0.0
    for shape in shapes:
        posed = Posed.of(problem, shape, event.dtype)
        out = np.full(posed.expected.shape, np.nan, event.dtype)
        function(*posed.inputs, out)
        worst = max(worst, *(posed.share(check, out) for check in checks))
    return Proof("starter code", worst <= 1, f"Its largest error is {format_small(worst)} of what is allowed.")


# -- what the check tells apart ------------------------------------------------------------------------------


def _shapes(event: Event, problem: Workload) -> list[Shape]:
    """The sizes, each axis cut short where the tolerance stays the same; each once."""

    def short(shape: Shape) -> Shape:
        allowed = problem.tolerance(shape, event.dtype)
        cut = [(*shape[:at], min(n, SHORT), *shape[at + 1 :]) for at, n in enumerate(shape)]
        kept = [problem.tolerance(one, event.dtype) != allowed for one in cut]
        return tuple(n if keep else min(n, SHORT) for n, keep in zip(shape, kept, strict=True))

    return list(dict.fromkeys(map(short, _sizes(event))))


def _all_wrong(
    name: str,
    wrong: Callable[[Posed], Iterator[NDArray[Any]]],
    posed: Sequence[Posed],
    checks: Sequence[Check],
) -> Proof:
    """Whether every check finds all of them wrong."""
    shares = [(one.share(check, out), one.shape) for one in posed for out in wrong(one) for check in checks]
    if not shares:
        return Proof(name, True, "The output has all axes, so that there is none.")
    least, shape = min(shares)
    told = f"{format_small(least)} times" if np.isfinite(least) else "infinitely many times"
    return Proof(
        name, least > 1, f"Its error is {told} what is allowed or more, the least at {format_shape(shape)}."
    )


# -- what is right ---------------------------------------------------------------------------------------------


def _rungs(event: Event, problem: Workload) -> list[str]:
    """The baselines, else the last rung by NumPy or the library."""
    others = [rung.id for rung in problem.kernels if rung.family in ("numpy", "library")]
    return list(event.baselines) or others[-1:]


def _all_right(rung: str, orders: Sequence[Order], checks: Sequence[Check]) -> Proof:
    """Whether every check lets a rung pass, whatever the order of its sums."""
    function = registry.kernel(rung)[1].function
    shares = []
    for one in orders:
        out = one.put_back(np.asarray(function(*one.inputs)))
        shares += [(one.posed.share(check, out), one.posed.shape) for check in checks]
    most, shape = max(shares)
    detail = f"Its error is {format_small(most)} of what is allowed at most, at {format_shape(shape)}."
    return Proof(f"{rung} passes in another order", most <= 1, detail)
