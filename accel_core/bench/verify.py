"""Is the result right? Nothing is timed before this says so."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from accel_core import registry
from accel_core.errors import BadInput, WrongResult
from accel_core.kernels.verify import max_relative_error
from accel_core.model import Case, Kernel, Shape, Workload
from accel_core.units import format_number

AWKWARD_SIZES = (1, 7, 33)
"""One element, and odd ones that no vector, tile or unrolled loop divides."""
AWKWARD_AXES = (5, 33, 17, 6, 3, 2)
"""Lengths for the axes of a shape that is not square."""
AFFORDABLE_S = 0.2
"""A check at a larger size than the least is made where one call is predicted to take no longer than this."""


def fresh_inputs(workload: Workload, shape: Shape, dtype: str) -> tuple[Any, ...]:
    """Inputs that no kernel can have seen: the seed is drawn anew each time."""
    return workload.make_inputs(shape, dtype, secrets.randbits(31))


def awkward_shapes(workload: Workload, case: Case) -> Iterator[Shape]:
    """Small shapes that find what is wrong at edges, and one past each parameter (a block's own edge)."""

    def affordable(shape: Shape) -> bool:
        return registry.predicted_s(replace(case, shape=shape)) <= AFFORDABLE_S

    first, *larger = map(workload.shape, AWKWARD_SIZES)
    yield first
    yield from filter(affordable, larger)
    axes = len(workload.axes)
    yield AWKWARD_AXES[:axes]
    for value in sorted(set(case.parameters.values())):
        shape = workload.shape(value + 1)
        if AWKWARD_SIZES[-1] < value < case.size and affordable(shape):
            yield shape


def verify_awkward(workload: Workload, kernel: Kernel, case: Case) -> None:
    """Check `kernel` at the awkward shapes; WrongResult where it fails.

    A shape that the workload itself refuses (BadInput from make_inputs) is no shape of this problem.
    """
    for shape in awkward_shapes(workload, case):
        try:
            inputs = fresh_inputs(workload, shape, case.dtype)
        except BadInput:
            continue
        expected = workload.reference(*inputs)
        result = guarded(case, shape, bound(kernel, case, inputs, expected))
        check(workload, case, shape, result, expected)


def bound(kernel: Kernel, case: Case, inputs: tuple[Any, ...], expected: Any) -> Callable[[], Any]:
    """The call of `kernel` on `inputs`; where it writes its result into an array, that is made here, once.

    The array is filled with NaN: what is left of it in the result was not written. Its pages are then there
    too, so that no call waits for the system to hand them out.
    """
    given: dict[str, Any] = dict(case.parameters)
    if kernel.writes_out:
        given["out"] = np.full(np.shape(expected), np.nan, case.dtype)
    return partial(kernel.function, *inputs, **given)


def guarded(case: Case, shape: Shape, call: Callable[[], Any]) -> Any:
    """The value of `call()`; an error inside a kernel is a WrongResult that names kernel and shape."""
    try:
        return call()
    except (MemoryError, BadInput):
        raise
    except Exception as error:
        raise WrongResult(
            f"{case.kernel} fails at shape {format_shape(shape)} in {case.dtype} with "
            f"{type(error).__name__} ({error}), so it is not timed."
        ) from error


def check(workload: Workload, case: Case, shape: Shape, result: Any, expected: Any) -> float:
    """The relative error of `result` against the float64 `expected`; WrongResult above the tolerance."""
    got, wanted = np.asarray(result), np.asarray(expected)
    where = f"{case.kernel} gives a wrong result at shape {format_shape(shape)} in {case.dtype}"
    if got.shape != wanted.shape:
        raise WrongResult(f"{where}: its shape is {got.shape} instead of {wanted.shape}, so it is not timed.")
    if got.dtype != np.dtype(case.dtype):
        raise WrongResult(f"{where}: its dtype is {got.dtype}, so it is not timed.")
    error = max_relative_error(got, wanted)
    tolerance = workload.tolerance(shape, case.dtype)
    if not error <= tolerance:
        raise WrongResult(
            f"{where}: its relative error {format_small(error)} is above the tolerance "
            f"{format_small(tolerance)}, so it is not timed."
        )
    return error


DIGESTED_BYTES = 1 << 20
"""Of a result, at most: hashing so many takes a millisecond or two."""


def digest(result: Any) -> str:
    """16 hexadecimal digits of BLAKE2b of what a result begins with."""
    flat = np.ravel(np.asarray(result))
    return hashlib.blake2b(flat[: DIGESTED_BYTES // flat.itemsize].tobytes(), digest_size=8).hexdigest()


def format_shape(shape: Shape) -> str:
    """A shape as text: `2000 x 300 x 700`."""
    return " x ".join(map(str, shape))


def format_small(value: float) -> str:
    """A small number with two digits, in powers of ten where it is tiny: 0.012, 1.2e-06."""
    return f"{value:.1e}" if 0 < value < 1e-3 else format_number(value, 2)
