"""Answers of which it is known whether they are right: with them an event's check is proved.

Wrong are a result computed in half precision, a step of a sum that was left out, a tile that was not written, a
row of an earlier answer. Right is what a rung makes of the inputs in another order, along each axis whose order
means nothing: the same result by another order of its sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.model import Shape, Workload

Arrays = tuple[NDArray[Any], ...]
Check = Callable[[Workload, Shape, Arrays, NDArray[Any], NDArray[Any]], float]
"""(workload, shape, inputs, out, reference in float64) -> the error as a share of what is allowed: over 1 it is
wrong."""
SEED = 28


@dataclass(frozen=True)
class Posed:
    """A size with its inputs and reference."""

    problem: Workload
    shape: Shape
    dtype: str
    inputs: Arrays
    expected: NDArray[Any]

    @classmethod
    def of(cls, problem: Workload, shape: Shape, dtype: str, seed: int = SEED) -> Posed:
        """A size with inputs of this seed."""
        inputs = problem.make_inputs(shape, dtype, seed)
        return cls(problem, shape, dtype, inputs, problem.reference(*inputs))

    def share(self, check: Check, out: NDArray[Any]) -> float:
        """The error of `out` as a share of what is allowed."""
        return check(self.problem, self.shape, self.inputs, out.astype(self.dtype), self.expected)

    def by_reference(self, inputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """The reference of changed inputs."""
        return np.asarray(self.problem.reference(*inputs))


def _half_result(posed: Posed) -> Iterator[NDArray[Any]]:
    with np.errstate(over="ignore"):
        yield posed.expected.astype(np.float16)


def _half_inputs(posed: Posed) -> Iterator[NDArray[Any]]:
    with np.errstate(over="ignore"):
        yield posed.by_reference([x.astype(np.float16).astype(posed.dtype) for x in posed.inputs])


def _step_left_out(posed: Posed) -> Iterator[NDArray[Any]]:
    """Results without one step along each axis that is summed over, so that the output does not have it."""
    assert posed.problem.output is not None
    for axis in set(posed.problem.axes) - set(posed.problem.output.axes):
        at = posed.shape[posed.problem.axes.index(axis)] // 2
        yield posed.by_reference(
            [
                np.delete(x, at, array.axes.index(axis)) if axis in array.axes else x
                for x, array in zip(posed.inputs, posed.problem.inputs, strict=True)
            ]
        )


def _tile_left_out(posed: Posed) -> Iterator[NDArray[Any]]:
    """A result that has zeros in a tile of four entries, or of what there is."""
    out = posed.expected.copy()
    out[..., -4:][..., -1:, :] = 0
    yield out


def _stale_row(posed: Posed) -> Iterator[NDArray[Any]]:
    """A result with one row of the answer to other inputs, and one that is the answer to other inputs."""
    earlier = Posed.of(posed.problem, posed.shape, posed.dtype, SEED + 1).expected
    out = posed.expected.copy()
    out[..., -1, :] = earlier[..., -1, :]
    yield from (out, earlier)


def _not_written(posed: Posed) -> Iterator[NDArray[Any]]:
    """Results with one entry that is NaN, or infinite."""
    for value in (np.nan, np.inf, -np.inf):
        out = posed.expected.copy()
        out[(-1,) * out.ndim] = value
        yield out


WRONG: Mapping[str, Callable[[Posed], Iterator[NDArray[Any]]]] = {
    "a result in half precision fails": _half_result,
    "inputs in half precision fail": _half_inputs,
    "a step of a sum left out fails": _step_left_out,
    "a tile left out fails": _tile_left_out,
    "a stale row fails": _stale_row,
    "an entry that was not written fails": _not_written,
}


@dataclass(frozen=True)
class Order:
    """The inputs of a size in another order along one axis, and what brings the output back."""

    posed: Posed
    inputs: Arrays
    axis: int | None = None
    """Of the output; None where it has no such axis."""
    back: NDArray[Any] | None = None

    def put_back(self, out: NDArray[Any]) -> NDArray[Any]:
        """The output in the first order."""
        return out if self.axis is None or self.back is None else np.take(out, self.back, self.axis)


def orders_of(posed: Posed) -> Iterator[Order]:
    """The inputs as they are, and shuffled along each axis whose order means nothing to the reference."""
    yield Order(posed, posed.inputs)
    random = np.random.default_rng(SEED)
    assert posed.problem.output is not None
    axes = posed.problem.output.axes
    for axis, length in zip(posed.problem.axes, posed.shape, strict=True):
        if length == 1:
            continue
        order = random.permutation(length)
        shuffled = tuple(
            np.ascontiguousarray(np.take(x, order, array.axes.index(axis))) if axis in array.axes else x
            for x, array in zip(posed.inputs, posed.problem.inputs, strict=True)
        )
        one = Order(posed, shuffled, axes.index(axis) if axis in axes else None, np.argsort(order))
        if np.allclose(one.put_back(posed.by_reference(shuffled)), posed.expected, rtol=1e-9, atol=1e-12):
            yield one
